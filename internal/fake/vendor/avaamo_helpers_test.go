package vendor

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
)

const (
	userToken  = "user-token-1"
	agentToken = "agent-token-1"
	entryPath  = "/bots/analytics/" + DefaultAgent + "/messages.json"
	talkPath   = "/v1/messages.json"
)

// avaamoEpoch is when the test entries begin; the clock of newClock is 30 days later.
var avaamoEpoch = time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)

// serveAvaamo starts a server that tests call without a limit unless o sets a rate.
func serveAvaamo(t *testing.T, d *AvaamoData, o AvaamoOptions) (*Avaamo, *client) {
	t.Helper()
	if o.UserTokens == nil {
		o.UserTokens = []string{userToken}
	}
	if o.AgentTokens == nil {
		o.AgentTokens = []string{agentToken}
	}
	if o.Rate == 0 {
		o.RateWindow = Off
	}
	if o.Now == nil {
		o.Now = newClock().Now
	}
	s := NewAvaamo(d, o)
	ts := httptest.NewServer(s)
	t.Cleanup(ts.Close)
	c := ts.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return s, &client{t: t, http: c, url: ts.URL}
}

// ask calls a path with a token; params are name, value, name, value.
func (c *client) ask(path, token string, params ...string) answered {
	c.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		v.Add(params[i], params[i+1])
	}
	r := c.request(http.MethodGet, path, v)
	if token != "" {
		r.Header.Set("Access-Token", token)
	}
	r.Header.Set("Device-Id", "1")
	r.Body = io.NopCloser(strings.NewReader("")) // so that net/http does not call twice by itself
	return c.do(r)
}

// numbered is a page as a client of Avaamo decodes it.
type numbered struct {
	CurrentPage  int                `json:"current_page"`
	PerPage      int                `json:"per_page"`
	TotalEntries int                `json:"total_entries"`
	TotalPages   int                `json:"total_pages"`
	TimeToken    float64            `json:"time_token"`
	Entries      *[]json.RawMessage `json:"entries"`
	Queries      *[]json.RawMessage `json:"queries"`
	Storage      *[]json.RawMessage `json:"storage"`
	Conversation map[string]any     `json:"conversation"`
	UserInfo     []map[string]any   `json:"user_info"`
}

func (c *client) numbered(path, token string, params ...string) numbered {
	c.t.Helper()
	a := c.ask(path, token, params...)
	if a.err != nil || a.status != http.StatusOK {
		c.t.Fatalf("%s %v: got status %d, error %v, body %.200s", path, params, a.status, a.err, a.body)
	}
	var p numbered
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		c.t.Fatalf("%s: %v", path, err)
	}
	return p
}

// uuids are the ids of a page's entries, in order.
func uuids(t *testing.T, p numbered) []string {
	t.Helper()
	if p.Entries == nil {
		t.Fatal("the page has no entries")
	}
	out := []string{}
	for _, raw := range *p.Entries {
		var r struct {
			Message string `json:"message_uuid"`
			UUID    string `json:"uuid"`
		}
		if err := json.Unmarshal(raw, &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r.Message+r.UUID)
	}
	return out
}

// span asks for the test entries from the first n seconds to the last, both within.
func span(from, to int) []string {
	return []string{"from_timetoken", fmt.Sprint(avaamoEpoch.Unix() + int64(from)), "to_timetoken", fmt.Sprint(avaamoEpoch.Unix() + int64(to))}
}

// entryRow is m000, m001, … of user u0, u1, u2 in turn, said at second i.
func entryRow(i, second int) json.RawMessage {
	return fmt.Appendf(nil, `{"message_uuid":"m%03d","score":1,"content":"text %d","intent_type":"JS::INTENT","channel_name":"web",`+
		`"created_at":%d.0,"user":{"first_name":"You","layer_id":"u%d"},"intent_name":"x"}`, i, i, avaamoEpoch.Unix()+int64(second), i%3)
}

// talkOf are the message of an entry and the answer to it, in conversation c0, c1, c2 in turn.
func talkOf(i, second int) []json.RawMessage {
	at := float64(avaamoEpoch.Unix()+int64(second)) + 0.25
	return []json.RawMessage{
		fmt.Appendf(nil, `{"uuid":"m%03d","content":"text %d","created_at":%.6f,"user":{"layer_id":"u%d"},"request_message_uuid":null,"conversation":{"uuid":"c%d"}}`, i, i, at, i%3, i%3),
		fmt.Appendf(nil, `{"uuid":"b%03d","content":"answer %d","created_at":%.6f,"user":{"layer_id":"bot"},"request_message_uuid":"m%03d","conversation":{"uuid":"c%d"}}`, i, i, at+0.5, i, i%3),
	}
}

// agentData is n entries, one each second, with what was said around them.
func agentData(t *testing.T, n int) *AvaamoData {
	t.Helper()
	var r AvaamoRecords
	for i := range n {
		r.Entries = append(r.Entries, entryRow(i, i))
		r.Talk = append(r.Talk, talkOf(i, i)...)
	}
	for i := range min(n, 3) {
		r.Conversations = append(r.Conversations, fmt.Appendf(nil, `{"uuid":"c%d","receivers":[]}`, i))
	}
	r.Storage = []json.RawMessage{json.RawMessage(`{"user_id":"u0","value":"kept"}`)}
	d, err := NewAvaamoData(r)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
