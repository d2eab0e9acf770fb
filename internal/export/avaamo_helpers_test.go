package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
	"dsr-server/internal/match"
)

const (
	userToken  = "user-token-7f3a"
	agentToken = "agent-token-91bc"
)

// began is the second of the first test entry; the fake's clock is a month later.
var began = time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)

func monthLater() time.Time { return began.AddDate(0, 1, 0) }

// agent is a source and the fake it reads.
type agent struct {
	*Avaamo
	t    *testing.T
	fake *chaos.Avaamo
	cfg  AvaamoConfig
}

func newAgent(t *testing.T, data *vendor.AvaamoData, o vendor.AvaamoOptions) *agent {
	t.Helper()
	o.UserTokens, o.AgentTokens = []string{userToken}, []string{agentToken}
	if o.Now == nil {
		o.Now = monthLater
	}
	if o.Rate == 0 {
		o.RateWindow = vendor.Off
	}
	fake := chaos.NewAvaamo(data, o)
	server := httptest.NewServer(fake)
	a := &agent{t: t, fake: fake, cfg: AvaamoConfig{
		BaseURL: server.URL, AgentID: vendor.DefaultAgent, AccessToken: userToken, AgentToken: agentToken, Unit: Seconds, Timeout: 10 * time.Second,
	}}
	a.Avaamo = NewAvaamo(a.cfg)
	t.Cleanup(func() {
		a.Close()
		server.Close()
		for _, v := range fake.Violations() {
			if !strings.Contains(v, "more than") { // what is not paced here exceeds a limit that a test sets
				t.Errorf("the vendor complains: %s", v)
			}
		}
	})
	return a
}

// chain is what reading a chain to its end brought.
type chain struct {
	records []json.RawMessage
	pages   int
	moved   bool
	outside int
}

// read follows the cursors to the end; every page is asked for by a source that knows
// nothing of the one before but its cursor.
func (a *agent) read(q Query) (c chain, err error) {
	a.t.Helper()
	if q.PerPage == 0 {
		q.PerPage = 100
	}
	for {
		fresh := NewAvaamo(a.cfg)
		page, err := fresh.fetch(a.t.Context(), q.query())
		fresh.Close()
		if err != nil {
			return c, err
		}
		c.pages++
		c.records = append(c.records, page.records...)
		c.outside += page.Outside
		c.moved = page.Moved
		if q.Cursor = page.cursor; q.Cursor == "" {
			return c, nil
		}
		if c.pages > 500 {
			a.t.Fatal("the chain does not end")
		}
	}
}

func (a *agent) mustRead(q Query) chain {
	a.t.Helper()
	c, err := a.read(q)
	if err != nil {
		a.t.Fatal(err)
	}
	return c
}

// scan asks for the test entries from one second to another.
func scan(from, to int64) Query {
	return Query{Endpoint: dsr.Conversations, Start: began.Unix() + from, End: began.Unix() + to}
}

// entry is a row of the test data: message m<i> of user u<i%3> at second at.
func entry(i int, at int64) json.RawMessage {
	return fmt.Appendf(nil, `{"message_uuid":"m%03d","score":1,"content":"text %d","channel_name":"web","created_at":%d.0,"user":{"first_name":"You","layer_id":"u%d"}}`,
		i, i, began.Unix()+at, i%3)
}

// agentData is n entries, one each second, the conversation c<i%3> of each, and an answer to it.
func agentData(t *testing.T, n int) *vendor.AvaamoData {
	t.Helper()
	var r vendor.AvaamoRecords
	for i := range n {
		r.Entries = append(r.Entries, entry(i, int64(i)))
		at := float64(began.Unix()+int64(i)) + 0.5
		r.Talk = append(r.Talk,
			fmt.Appendf(nil, `{"uuid":"m%03d","content":"text %d","created_at":%f,"user":{"layer_id":"u%d"},"request_message_uuid":null,"conversation":{"uuid":"c%d"}}`, i, i, at, i%3, i%3),
			fmt.Appendf(nil, `{"uuid":"b%03d","content":"answer %d","created_at":%f,"user":{"layer_id":"bot"},"request_message_uuid":"m%03d","conversation":{"uuid":"c%d"}}`, i, i, at+0.25, i, i%3))
	}
	for i := range 3 {
		r.Conversations = append(r.Conversations, fmt.Appendf(nil, `{"uuid":"c%d","created_at":%d,"receivers":[{"layer_id":"u%d"}]}`, i, began.Unix(), i))
	}
	d, err := vendor.NewAvaamoData(r)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// names are the ids of records, sorted, each as often as it came.
func names(records []json.RawMessage) []string {
	out := []string{}
	for _, r := range records {
		out = append(out, anyID(r))
	}
	slices.Sort(out)
	return out
}

func wantNames(t *testing.T, what string, got []json.RawMessage, want []string) {
	t.Helper()
	slices.Sort(want)
	if g := slices.Compact(names(got)); !slices.Equal(g, want) {
		t.Errorf("%s: got %v, want %v", what, g, want)
	}
}

// messages names m<from> to m<to-1>.
func messages(from, to int) (out []string) {
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprintf("m%03d", i))
	}
	return out
}

func failureOf(t *testing.T, err error) *Error {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("got %v, want an *Error", err)
	}
	return e
}

// Query is a query in short.
type Query struct {
	Endpoint                  dsr.Endpoint
	Start, End                int64
	ConversationID, Utterance string
	PerPage                   int
	Cursor                    string
}

func (q Query) ask() dsr.MessageQuery {
	switch {
	case q.Utterance != "":
		return dsr.MessageQuery{Kind: dsr.ByUtterance, ID: q.Utterance}
	case q.ConversationID != "":
		return dsr.MessageQuery{Kind: dsr.ByConversation, ID: q.ConversationID}
	}
	return dsr.MessageQuery{}
}

func (q Query) query() query {
	return query{endpoint: q.Endpoint, interval: dsr.Interval{Start: q.Start, End: q.End}, ask: q.ask(), perPage: q.PerPage, cursor: q.Cursor}
}

// leadsTo is what an entry leads to.
func leadsTo(a Source, entry json.RawMessage) Expansion {
	return a.Expand(dsr.MessageQuery{}, Record{Kind: dsr.Message, Raw: entry, Facts: avaamoEntry.Facts(entry)}, nil)
}

// followed is what the records of a page lead to, all together.
func followed(t *testing.T, a *Avaamo, q Query, records []json.RawMessage) (all Expansion) {
	t.Helper()
	for _, raw := range records {
		m, err := match.Compile(nil, avaamoTalk)
		if err != nil {
			t.Fatal(err)
		}
		r, err := a.judge(q.query(), raw, Wanted{Matcher: m})
		if err != nil {
			t.Fatal(err)
		}
		x := a.Expand(q.ask(), r, nil)
		all.Keep, all.Moves, all.Next = append(all.Keep, x.Keep...), append(all.Moves, x.Moves...), append(all.Next, x.Next...)
	}
	return all
}
