package chaos

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/fake/vendor"
)

const testKey = "test-key"

// noon is when every server's clock stands still.
func noon() time.Time { return time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC) }

// client is a real HTTP client of one server.
type client struct {
	t    *testing.T
	http *http.Client
	url  string
}

func dial(t *testing.T, s http.Handler) *client {
	t.Helper()
	ts := httptest.NewServer(s)
	t.Cleanup(ts.Close)
	c := ts.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client{t, c, ts.URL}
}

// serve starts a server of n conversations and m messages without a limit.
func serve(t *testing.T, n, m int, onCall func(vendor.Call)) (*Server, *client) {
	t.Helper()
	var conversations, messages []json.RawMessage
	for i := range n {
		last := time.Unix(int64(1010+i), 0).UTC().Format("2006-01-02T15:04:05")
		conversations = append(conversations, fmt.Appendf(nil, `{"_id":"c%03d","startTime":%d,"lastActionAt":%q,"metadata":{}}`, i, 1000+i, last))
	}
	for i := range m {
		messages = append(messages, fmt.Appendf(nil, `{"_id":"m%03d","time":%.1f,"type":"UserInput","userInput":"x","conversationId":"c%03d"}`,
			i, 1000+float64(i)/2, i%3))
	}
	data, err := vendor.NewData(conversations, messages)
	if err != nil {
		t.Fatal(err)
	}
	s := New(data, vendor.Options{Keys: []string{testKey}, RateWindow: vendor.Off, Now: noon, OnCall: onCall})
	return s, dial(t, s)
}

// serveAvaamo starts a platform with n entries, one each second from entriesBegin on.
func serveAvaamo(t *testing.T, n int) (*Avaamo, *client) {
	t.Helper()
	var r vendor.AvaamoRecords
	for i := range n {
		r.Entries = append(r.Entries, fmt.Appendf(nil, `{"message_uuid":"m%03d","content":"text %d","created_at":%d.0,"user":{"layer_id":"u%d"}}`,
			i, i, entriesBegin+i, i%3))
	}
	data, err := vendor.NewAvaamoData(r)
	if err != nil {
		t.Fatal(err)
	}
	s := NewAvaamo(data, vendor.AvaamoOptions{UserTokens: []string{testKey}, RateWindow: vendor.Off, Now: noon})
	return s, dial(t, s)
}

const entriesBegin = 1748736000 // 2025-06-01

// answered is a response that was read to its end, or why it could not be.
type answered struct {
	status int
	header http.Header
	body   string
	err    error
}

func (c *client) request(path string, params url.Values) *http.Request {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.url+path+"?"+params.Encode(), nil)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", testKey)
	r.Header.Set("Access-Token", testKey)
	r.Body = io.NopCloser(strings.NewReader("")) // so that net/http does not call twice by itself
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
	return c.do(c.request(map[string]string{vendor.Conversations: vendor.ConversationsPath, vendor.Messages: vendor.MessagesPath}[endpoint], params))
}

// entries asks Avaamo for a page of five of all entries.
func (c *client) entries(page int) answered {
	c.t.Helper()
	return c.do(c.request("/bots/analytics/"+vendor.DefaultAgent+"/messages.json", url.Values{
		"from_timetoken": {fmt.Sprint(entriesBegin)}, "to_timetoken": {fmt.Sprint(entriesBegin + 1000)},
		"per_page": {"5"}, "page": {fmt.Sprint(page)},
	}))
}

// ask is a query for every record of the default bot; changes are name, value, name, value.
func ask(changes ...string) url.Values {
	v := url.Values{"start_time": {"0"}, "end_time": {"4000000000"}, "bot_name": {vendor.DefaultBot}}
	for i := 0; i+1 < len(changes); i += 2 {
		v.Set(changes[i], changes[i+1])
	}
	return v
}

// parsed is a page as a client of either vendor decodes it.
type parsed struct {
	Cursor        *string
	Data, Entries []struct {
		ID   string `json:"_id"`
		UUID string `json:"message_uuid"`
	}
}

// ids are those of the page's records, in order; nil also if it is no page.
func (a answered) ids() (ids []string, cursor *string) {
	var p parsed
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		return nil, nil
	}
	for _, r := range append(p.Data, p.Entries...) {
		ids = append(ids, r.ID+r.UUID)
	}
	return ids, p.Cursor
}
