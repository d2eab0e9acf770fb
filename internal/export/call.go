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

// caller makes single calls over HTTP: never twice, never after a redirect.
type caller struct {
	client  *http.Client
	timeout time.Duration // for one whole call
	agent   string        // User-Agent
	budget  *Budget       // of the bytes of all answers
}

// newCaller makes calls to the host of baseURL.
func newCaller(baseURL string, timeout time.Duration, agent string, budget *Budget) caller {
	return caller{timeout: timeout, agent: agent, budget: budget.orDefault(), client: &http.Client{
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
	share   *Share // of a whole body
	marked  bool   // a byte order mark stood before the body
	latency time.Duration
}

// get calls an address with a header of its own.
func (c caller) get(ctx context.Context, address string, header map[string]string) (answer, error) {
	return c.send(ctx, http.MethodGet, address, header, nil)
}

// send makes one call. An answer with any status is no error; no answer, and a 200 whose body
// was cut or is too large, is an *Error.
func (c caller) send(ctx context.Context, method, address string, header map[string]string, body []byte) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	// net/http repeats a GET by itself when a reused connection was reset, which
	// the pacer would not see; it cannot repeat one whose body it cannot get again.
	req, err := http.NewRequestWithContext(ctx, method, address, io.NopCloser(bytes.NewReader(body)))
	if err != nil {
		return answer{}, &Error{Failure: Refused, Detail: "the request cannot be built; check base_url"}
	}
	req.ContentLength = int64(len(body)) // 0 is taken for one that is not known
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
	// The body is read to its end before anybody parses it: a cut gzip or chunked body can
	// parse without error when the cut falls after the last brace.
	a.share = c.budget.Share()
	if a.body, err = readBody(ctx, resp.Body, a.share); err != nil {
		a.share.Close()
		return answer{}, cutError(err, a.status)
	}
	a.latency = time.Since(begun)
	begin, marks := marksEnd(a.body, 0)
	a.body, a.marked = a.body[begin:], marks > 0
	return a, nil
}

// cutError is a body that could not be read whole. A smaller page may fit.
func cutError(err error, status int) *Error {
	if large, ok := errors.AsType[*TooLarge](err); ok {
		return &Error{Failure: Unparsable, Status: status, Detail: "the body is " + large.Error()}
	}
	return &Error{Failure: Transient, Status: status, Detail: bodyDetail(err)}
}

// hand passes what the body is held by on to the page that was made of it.
func (a answer) hand(p page, err error) (page, error) {
	if err != nil {
		a.share.Close()
		return page{}, err
	}
	p.share = a.share
	return p, nil
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
	e := &Error{Status: a.status, Detail: http.StatusText(a.status), Failure: classify(a.status, chained)}
	if e.RetryAfter = retryAfter(a.header.Get("Retry-After"), a.clock()); e.RetryAfter > longestWait {
		e.Detail += fmt.Sprintf(" (Retry-After is more than %v and taken for that)", longestWait)
		e.RetryAfter = longestWait
	}
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

// longestWait is the longest Retry-After that is honoured. Beyond it a source is tried
// again at this distance.
const longestWait = time.Hour

// tenYears is taken for every Retry-After beyond it.
const tenYears = 10 * 365 * 24 * time.Hour

// retryAfter reads both forms of RFC 9110, 10.2.3; what it cannot read is 0.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case err == nil && n > int64(tenYears/time.Second): // a moment, not a time to wait; in milliseconds perhaps
		at := time.Unix(n, 0)
		if n > 1e11 {
			at = time.UnixMilli(n)
		}
		if at.After(now.Add(tenYears)) {
			return 0 // makes no sense as either
		}
		return max(at.Sub(now), 0)
	case err == nil:
		return time.Duration(max(n, 0)) * time.Second
	case errors.Is(err, strconv.ErrRange):
		return 0
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
