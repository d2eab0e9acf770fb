package export

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxBody caps one decoded page: a thousand records of 256 KiB each. More is
// reported as Unparsable, so that smaller pages are asked for.
const maxBody = 256 << 20

// caller makes single calls over HTTP: never twice, never after a redirect.
type caller struct {
	client  *http.Client
	timeout time.Duration // for one whole call
	agent   string        // User-Agent
	most    int64         // bytes of one decoded body
}

// newCaller makes calls to the host of baseURL.
func newCaller(baseURL string, timeout time.Duration, agent string) caller {
	return caller{timeout: timeout, agent: agent, most: maxBody, client: &http.Client{
		Transport: vendorTransport(baseURL),
		// The key must not follow a redirect to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close drops idle connections.
func (c caller) Close() { c.client.CloseIdleConnections() }

// answer is what a call brought: its whole body when the status is 200, else a little of it.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	marked  bool // a byte order mark stood before the body
	latency time.Duration
}

// mark is a byte order mark in UTF-8, which RFC 8259, 8.1 lets a reader ignore.
var mark = []byte("\xef\xbb\xbf")

// get calls an address with a header of its own. An answer with any status is no
// error; no answer, and a 200 whose body was cut or is too large, is an *Error.
func (c caller) get(ctx context.Context, address string, header map[string]string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	// net/http repeats a GET by itself when a reused connection was reset, which
	// the pacer would not see; it cannot repeat one whose body it cannot get again.
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, io.NopCloser(strings.NewReader("")))
	if err != nil {
		return answer{}, &Error{Failure: Refused, Detail: "the request cannot be built; check base_url"}
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.agent)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	begun := time.Now()
	resp, err := c.client.Do(req)
	if err != nil {
		return answer{}, connectionError(err)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if a.status != http.StatusOK {
		// Reading a little of the body lets the connection be used again.
		a.body, _ = io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		return a, nil
	}
	a.body, err = readBody(resp, c.most)
	a.latency = time.Since(begun)
	a.body, a.marked = bytes.CutPrefix(a.body, mark)
	return a, err
}

// readBody reads the body to its end before anybody parses it: a cut gzip or chunked
// body can parse without error when the cut falls behind the last brace.
func readBody(resp *http.Response, most int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return nil, &Error{Failure: Transient, Status: resp.StatusCode, Detail: bodyDetail(err)}
	}
	if int64(len(body)) > most {
		return nil, &Error{Failure: Unparsable, Status: resp.StatusCode, Detail: fmt.Sprintf("the body is larger than %d MiB", most>>20)}
	}
	return body, nil
}

// date is the vendor's clock; zero when it sent none.
func (a answer) date() time.Time {
	t, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t
}

// clock is what time it is where the answer comes from, by its own Date if it has one:
// a moment that the vendor names is meant by the vendor's clock.
func (a answer) clock() time.Time {
	if date := a.date(); !date.IsZero() {
		return date
	}
	return time.Now()
}

// statusError is an answer that is not 200; chained says whether the call went on
// from a page before.
func statusError(a answer, chained bool) *Error {
	return &Error{
		Status: a.status, Detail: http.StatusText(a.status), Failure: classify(a.status, chained),
		RetryAfter: retryAfter(a.header.Get("Retry-After"), a.clock()),
	}
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

// longestWait stands for every Retry-After beyond it: ten years.
const longestWait = 10 * 365 * 24 * time.Hour

// retryAfter reads both forms of RFC 9110, 10.2.3; what it cannot read is 0.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	n, err := strconv.ParseInt(value, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) { // then n is the nearest number there is
		return time.Duration(min(max(n, 0), int64(longestWait/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// bodyError tells a page with a fault in it from an answer that is no page at all: a
// login page, an error object.
func bodyError(body []byte, err error) *Error {
	trimmed := strings.TrimLeft(string(body[:min(len(body), 64)]), "\ufeff \t\r\n")
	failure := Unparsable
	if errors.Is(err, errNotExport) || !strings.HasPrefix(trimmed, "{") {
		failure = Transient
	}
	return &Error{Failure: failure, Status: http.StatusOK, Detail: err.Error()}
}
