package export

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// maxBody caps one decoded page: a thousand records of 256 KiB each. More is
// reported as Unparsable, so that smaller pages are asked for.
const maxBody = 256 << 20

// ConverseConfig is what a DeepConverse or AgentX Support export needs.
type ConverseConfig struct {
	BaseURL string        // without trailing slash
	BotName string        // name or id, opaque
	APIKey  string        // sent as x-api-key
	Timeout time.Duration // for one whole call
	Agent   string        // User-Agent
}

// Converse is the Export API of DeepConverse, which AgentX Support documents too.
type Converse struct {
	cfg    ConverseConfig
	client *http.Client
}

// NewConverse makes no call. Close its idle connections with Close.
func NewConverse(cfg ConverseConfig) *Converse {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	return &Converse{cfg: cfg, client: &http.Client{
		Transport: transport,
		// The key must not follow a redirect to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close drops idle connections.
func (c *Converse) Close() { c.client.CloseIdleConnections() }

// Facts implements Source.
func (c *Converse) Facts(e dsr.Endpoint, record json.RawMessage) Facts {
	if e == dsr.Messages {
		return messageFacts(record)
	}
	return conversationFacts(record)
}

// Fetch implements Source.
func (c *Converse) Fetch(ctx context.Context, q Query) (Page, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	req, err := c.request(ctx, q)
	if err != nil {
		return Page{}, err
	}
	begun := time.Now()
	resp, err := c.client.Do(req)
	if err != nil {
		return Page{}, connectionError(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return Page{}, statusError(resp, q.Cursor != "")
	}
	page, err := readPage(resp)
	page.Latency = time.Since(begun)
	return page, err
}

func (c *Converse) request(ctx context.Context, q Query) (*http.Request, error) {
	params := url.Values{
		"start_time": {strconv.FormatInt(q.Start, 10)},
		"end_time":   {strconv.FormatInt(q.End, 10)},
		"bot_name":   {c.cfg.BotName},
		"per_page":   {strconv.Itoa(q.PerPage)},
	}
	if q.ConversationID != "" {
		params.Set("conversation_id", q.ConversationID)
	}
	if q.Cursor != "" {
		params.Set("cursor", q.Cursor)
	}
	address := c.cfg.BaseURL + "/conversations/export/v1/" + string(q.Endpoint) + "?" + params.Encode()
	// net/http repeats a GET by itself when a reused connection was reset, which
	// the pacer would not see; it cannot repeat one whose body it cannot get again.
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, io.NopCloser(strings.NewReader("")))
	if err != nil {
		return nil, &Error{Failure: Refused, Detail: "the request cannot be built; check base_url"}
	}
	req.Header.Set("x-api-key", c.cfg.APIKey)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.cfg.Agent)
	return req, nil
}

// connectionError drops the URL, which may name a conversation.
func connectionError(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Failure: Transient, Detail: "no answer within the time-out"}
	}
	return &Error{Failure: Transient, Detail: "no answer: " + err.Error()}
}

func statusError(resp *http.Response, withCursor bool) error {
	e := &Error{Status: resp.StatusCode, Detail: http.StatusText(resp.StatusCode)}
	e.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
	e.Failure = classify(resp.StatusCode, withCursor)
	// Reading a little of the body lets the connection be used again.
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
	return e
}

func classify(status int, withCursor bool) Failure {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return KeyRefused
	case status == http.StatusTooManyRequests:
		return Throttled
	case status == http.StatusRequestTimeout:
		return Transient
	case status >= 400 && status < 500 && withCursor:
		return CursorRefused
	case !withCursor && (status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge || status == http.StatusGatewayTimeout):
		return TooWide
	case status >= 500 || status < 300:
		return Transient
	}
	return Refused
}

// retryAfter reads both forms of RFC 9110, 10.2.3; what it cannot read is 0.
func retryAfter(value string, now time.Time) time.Duration {
	if n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 32); err == nil {
		return time.Duration(max(n, 0)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// readPage reads the body to its end before it parses: a cut gzip or chunked body
// can parse without error when the cut falls behind the last brace.
func readPage(resp *http.Response) (Page, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return Page{}, &Error{Failure: Transient, Status: resp.StatusCode, Detail: "the body was cut or did not arrive in time"}
	}
	if len(body) > maxBody {
		return Page{}, &Error{Failure: Unparsable, Status: resp.StatusCode, Detail: fmt.Sprintf("the body is larger than %d MiB", maxBody>>20)}
	}
	e, err := parsePage(body)
	if err != nil {
		return Page{}, &Error{Failure: bodyFailure(body, err), Status: resp.StatusCode, Detail: err.Error()}
	}
	page := Page{Records: e.records, SHA256: sha256.Sum256(body)}
	page.Cursor, page.Suspect = e.cursor, e.state != cursorNull && e.cursor == ""
	page.Date, _ = http.ParseTime(resp.Header.Get("Date"))
	return page, nil
}

// bodyFailure tells a page with a fault in it from an answer that is no page at
// all: a login page, an error object.
func bodyFailure(body []byte, err error) Failure {
	trimmed := strings.TrimLeft(string(body[:min(len(body), 64)]), "\ufeff \t\r\n")
	if errors.Is(err, errNotExport) || !strings.HasPrefix(trimmed, "{") {
		return Transient
	}
	return Unparsable
}
