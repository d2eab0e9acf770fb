package vendor

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const testKey = "test-key"

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock {
	return &clock{now: time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// client is a real HTTP client of one server.
type client struct {
	t    *testing.T
	http *http.Client
	url  string
	key  string
}

// serve starts a server that tests call without a limit unless o sets a window.
func serve(t *testing.T, d *Data, o Options) (*Server, *client) {
	t.Helper()
	if o.Keys == nil && o.KeyBots == nil {
		o.Keys = []string{testKey}
	}
	if o.Rate == 0 {
		o.RateWindow = Off
	}
	s := New(d, o)
	ts := httptest.NewServer(s)
	t.Cleanup(ts.Close)
	c := ts.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return s, &client{t: t, http: c, url: ts.URL, key: testKey}
}

// answered is a response that was read to its end, or why it could not be.
type answered struct {
	status int
	header http.Header
	body   string
	err    error
}

func (c *client) request(method, path string, params url.Values) *http.Request {
	c.t.Helper()
	target := c.url + path
	if params != nil {
		target += "?" + params.Encode()
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, target, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.key != "" {
		r.Header.Set("x-api-key", c.key)
	}
	return r
}

func (c *client) do(r *http.Request) answered {
	resp, err := c.http.Do(r)
	if err != nil {
		return answered{err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answered{resp.StatusCode, resp.Header, string(body), err}
}

func (c *client) get(endpoint string, params url.Values) answered {
	c.t.Helper()
	path := ConversationsPath
	if endpoint == Messages {
		path = MessagesPath
	}
	return c.do(c.request(http.MethodGet, path, params))
}

// ask is a query for every conversation of the default bot; changes are name, value, name, value.
func ask(changes ...string) url.Values {
	v := url.Values{"start_time": {"0"}, "end_time": {"4000000000"}, "bot_name": {DefaultBot}}
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i+1] == "-" {
			v.Del(changes[i])
		} else {
			v.Set(changes[i], changes[i+1])
		}
	}
	return v
}

// envelope is a page as a client decodes it.
type envelope struct {
	Data   []json.RawMessage `json:"data"`
	Cursor *string           `json:"cursor"`
}

func (c *client) page(endpoint string, params url.Values) envelope {
	c.t.Helper()
	a := c.get(endpoint, params)
	if a.err != nil || a.status != http.StatusOK {
		c.t.Fatalf("%s: got status %d, error %v, body %.200s", params.Encode(), a.status, a.err, a.body)
	}
	var e envelope
	if err := json.Unmarshal([]byte(a.body), &e); err != nil {
		c.t.Fatalf("page does not parse: %v", err)
	}
	return e
}

// scan follows the cursors to the end and returns the ids in order and the size of each page.
func (c *client) scan(endpoint string, params url.Values) (got []string, sizes []int) {
	c.t.Helper()
	for range 1000 {
		e := c.page(endpoint, params)
		got, sizes = append(got, ids(c.t, e.Data)...), append(sizes, len(e.Data))
		if e.Cursor == nil || *e.Cursor == "" {
			return got, sizes
		}
		params.Set("cursor", *e.Cursor)
	}
	c.t.Fatal("the scan does not end")
	return nil, nil
}

func ids(t *testing.T, records []json.RawMessage) []string {
	t.Helper()
	out := []string{}
	for _, raw := range records {
		var r struct {
			ID string `json:"_id"`
		}
		if err := json.Unmarshal(raw, &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r.ID)
	}
	return out
}

// conversations makes n of them, c000 first, one second apart from second 1000 on; each is
// active for ten seconds.
func conversations(n int) []json.RawMessage {
	out := make([]json.RawMessage, n)
	for i := range out {
		last := time.Unix(int64(1010+i), 0).UTC().Format("2006-01-02T15:04:05")
		out[i] = fmt.Appendf(nil, `{"_id":"c%03d","startTime":%d,"lastActionAt":%q,"metadata":{}}`, i, 1000+i, last)
	}
	return out
}

// messages makes n of them, m000 first, two per second, of conversations c000, c001, c002
// in turn.
func messages(n int) []json.RawMessage {
	out := make([]json.RawMessage, n)
	for i := range out {
		out[i] = fmt.Appendf(nil, `{"_id":"m%03d","time":%.1f,"type":"UserInput","userInput":"x","conversationId":"c%03d"}`,
			i, 1000+float64(i)/2, i%3)
	}
	return out
}

func data(t *testing.T, nc, nm int) *Data {
	t.Helper()
	d, err := NewData(conversations(nc), messages(nm))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// named lists ids from c000 or m000 on: named("c", 2, 4) is c002 c003.
func named(prefix string, from, to int) []string {
	out := []string{}
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprintf("%s%03d", prefix, i))
	}
	return out
}

func wantIDs(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %s, want %s", strings.Join(got, " "), strings.Join(want, " "))
	}
}
