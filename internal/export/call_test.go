package export

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

const onePage = `{"data":[{"_id":"a"}],"cursor":null}`

func converseAt(t *testing.T, address string) *Converse {
	t.Helper()
	c := NewConverse(ConverseConfig{BaseURL: address, BotName: "r3 218&210", APIKey: "the-key", Timeout: 5 * time.Second, Agent: "dsr-server/test"})
	t.Cleanup(c.Close)
	return c
}

func fetch(t *testing.T, c *Converse, q Query) (page, *Error) {
	t.Helper()
	if q.Endpoint == "" {
		q.Endpoint = dsr.Conversations
	}
	page, err := c.fetch(t.Context(), q.query())
	failure, ok := errors.AsType[*Error](err)
	if err != nil && !ok {
		t.Fatalf("got %v, want an *Error", err)
	}
	return page, failure
}

func TestRequestSaysAllAndEscapesIt(t *testing.T) {
	t.Parallel()
	var got *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r; _, _ = io.WriteString(w, onePage) }))
	t.Cleanup(server.Close)
	c := converseAt(t, server.URL)
	if _, failure := fetch(t, c, Query{Endpoint: dsr.Messages, Start: 5, End: 9, ConversationID: "a/b c&d", PerPage: 7, Cursor: "x+y/z=="}); failure != nil {
		t.Fatal(failure)
	}
	want := "/conversations/export/v1/messages?bot_name=r3+218%26210&conversation_id=a%2Fb+c%26d&cursor=x%2By%2Fz%3D%3D&end_time=9&per_page=7&start_time=5"
	if got.RequestURI != want || got.Header.Get("X-Api-Key") != "the-key" || got.ContentLength != 0 || len(got.TransferEncoding) > 0 {
		t.Errorf("got %s, length %d, encoding %v", got.RequestURI, got.ContentLength, got.TransferEncoding)
	}
	if _, failure := fetch(t, c, Query{}); failure != nil || got.URL.Query().Has("cursor") || got.URL.Query().Has("conversation_id") {
		t.Errorf("the first page is asked for with %s (%v)", got.RequestURI, failure)
	}
}

// resetting answers the first request of a connection and cuts it at the second, after
// so much of it has been read; it counts the requests.
func resetting(t *testing.T) (address string, requests *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	requests = &atomic.Int64{}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for nth := 1; ; nth++ {
					if _, err := http.ReadRequest(in); err != nil {
						return
					}
					requests.Add(1)
					if nth > 1 {
						_ = conn.(*net.TCPConn).SetLinger(0)
						return
					}
					_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(onePage), onePage)
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String(), requests
}

// TestResetConnectionIsNotTriedAgainInSilence: one call of fetch is one request, whatever net/http
// thinks of a connection that was reused. The control shows that it would repeat it.
func TestResetConnectionIsNotTriedAgainInSilence(t *testing.T) {
	t.Parallel()
	address, requests := resetting(t)
	c := converseAt(t, address)
	if _, failure := fetch(t, c, Query{}); failure != nil {
		t.Fatal(failure)
	}
	if _, failure := fetch(t, c, Query{}); failure == nil || failure.Failure != Transient || failure.Status != 0 {
		t.Errorf("got %v, want a transient failure without an answer", failure)
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("two calls made %d requests", n)
	}

	address, requests = resetting(t)
	plain := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(plain.CloseIdleConnections)
	for range 2 {
		resp, err := plain.Get(address) //nolint:noctx // a control of net/http as it is
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	if n := requests.Load(); n != 3 {
		t.Errorf("the control made %d requests, want 3: net/http has changed, and this test shows nothing", n)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var strayed atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
	t.Cleanup(elsewhere.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, to := range []string{elsewhere.URL, "/login"} {
			calls := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				calls++
				w.Header().Set("Location", to)
				w.WriteHeader(status)
			}))
			if _, failure := fetch(t, converseAt(t, server.URL), Query{}); failure == nil || failure.Failure != Refused || failure.Status != status || calls != 1 {
				t.Errorf("%d to %s: got %v after %d calls, want it refused after one", status, to, failure, calls)
			}
			server.Close()
		}
	}
	if strayed.Load() != 0 {
		t.Error("a call, and the key with it, went to another host")
	}
}

// TestBodyIsCapped sends more than a page may have, plain and as a gzip bomb.
func TestBodyIsCapped(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	packer, _ := gzip.NewWriterLevel(&bomb, gzip.BestCompression)
	zeros := make([]byte, 1<<20)
	for range 64 {
		_, _ = packer.Write(zeros)
	}
	_ = packer.Close()
	for name, packed := range map[string]bool{"plain": false, "a bomb": true} {
		var sent atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if packed {
				w.Header().Set("Content-Encoding", "gzip")
				_, _ = w.Write(bomb.Bytes())
				return
			}
			for range 64 {
				n, err := w.Write(zeros)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		}))
		c := converseAt(t, server.URL)
		c.budget = NewBudget(16 << 20)
		_, failure := fetch(t, c, Query{})
		server.Close()
		if failure == nil || failure.Failure != Unparsable || !strings.Contains(failure.Detail, "2 MiB") {
			t.Errorf("%s: got %v, want it refused, with the limit", name, failure)
		}
		if sent.Load() == 64<<20 {
			t.Errorf("%s: all of the body was taken", name)
		}
	}
	if c := converseAt(t, "http://127.0.0.1:1"); c.budget.LargestAnswer() != 32<<20 {
		t.Errorf("the limit is %d", c.budget.LargestAnswer())
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status         int
		first, chained Failure
	}{
		{400, TooWide, CursorRefused}, {401, KeyRefused, KeyRefused}, {403, KeyRefused, KeyRefused}, {404, Refused, CursorRefused}, {408, Transient, Transient},
		{409, Refused, CursorRefused}, {410, Refused, CursorRefused}, {413, TooWide, CursorRefused}, {422, Refused, CursorRefused}, {429, Throttled, Throttled},
		{500, Transient, Transient}, {502, Transient, Transient}, {503, Transient, Transient}, {504, TooWide, Transient}, {520, Transient, Transient}, {599, Transient, Transient},
		{204, Transient, Transient}, {206, Transient, Transient}, {301, Refused, Refused}, {302, Refused, Refused}, {307, Refused, Refused},
	} {
		if got := classify(tc.status, false); got != tc.first {
			t.Errorf("%d to a first page: got %s, want %s", tc.status, got, tc.first)
		}
		if got := classify(tc.status, true); got != tc.chained {
			t.Errorf("%d to a further page: got %s, want %s", tc.status, got, tc.chained)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 4, 14, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "1": time.Second, " 30 ": 30 * time.Second, "86400": 24 * time.Hour, "-5": 0, "soon": 0, "1.5": 0,
		"99999999999999999999999": 0, "9223372036854775807": 0, "-99999999999999999999999": 0, "1744632030": 30 * time.Second, "1744632030000": 30 * time.Second, "1744631000": 0,
		"Mon, 14 Apr 2025 12:00:10 GMT": 10 * time.Second, "Mon, 14 Apr 2025 11:00:00 GMT": 0,
		"Monday, 14-Apr-25 12:00:10 GMT": 10 * time.Second, "Mon Apr 14 12:00:10 2025": 10 * time.Second,
	} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("%q: got %v, want %v", value, got, want)
		}
	}
}

// TestRetryAfterIsMeantByTheVendorsClock: an hour of skew is no hour of waiting.
func TestRetryAfterIsMeantByTheVendorsClock(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-time.Hour, 0, time.Hour} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			now := time.Now().Add(skew)
			w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
			w.Header().Set("Retry-After", now.Add(20*time.Second).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusTooManyRequests)
		}))
		if _, failure := fetch(t, converseAt(t, server.URL), Query{}); failure == nil || failure.Failure != Throttled || failure.RetryAfter.Round(2*time.Second) != 20*time.Second {
			t.Errorf("clock %v ahead: got %+v, want 20 s", skew, failure)
		}
		server.Close()
	}
}

func TestErrorsHoldNeitherURLNorKey(t *testing.T) {
	t.Parallel()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + gone.Addr().String()
	_ = gone.Close()
	for _, base := range []string{address, "http://127.0.0.1:1\x7f"} {
		_, failure := fetch(t, converseAt(t, base), Query{Endpoint: dsr.Messages, ConversationID: "secret-conversation"})
		if failure == nil {
			t.Fatal("no failure")
		}
		for _, secret := range []string{"secret-conversation", "the-key", "conversation_id", "/export/"} {
			if strings.Contains(failure.Error(), secret) {
				t.Errorf("%q is in %q", secret, failure)
			}
		}
	}
}

func TestByteOrderMarkIsNoted(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string]bool{"": false, "\xef\xbb\xbf": true, "\uFEFF\uFEFF": true} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, prefix+onePage) }))
		page, failure := fetch(t, converseAt(t, server.URL), Query{})
		server.Close()
		if failure != nil || page.Marked != want || len(page.records) != 1 || string(page.records[0]) != `{"_id":"a"}` {
			t.Errorf("%q: got %+v, %v", prefix, page, failure)
		}
	}
}

func TestBackoffIsJitteredAndBounded(t *testing.T) {
	t.Parallel()
	for failures := 1; failures < 200; failures++ {
		bound := backoffMost
		if failures < 8 {
			bound = backoffFirst << (failures - 1)
		}
		seen := map[time.Duration]bool{}
		for range 20 {
			d := Backoff(failures)
			if d < 0 || d >= bound {
				t.Fatalf("after %d failures: %v, want less than %v", failures, d, bound)
			}
			seen[d] = true
		}
		if len(seen) < 2 {
			t.Errorf("after %d failures: always the same pause", failures)
		}
	}
}
