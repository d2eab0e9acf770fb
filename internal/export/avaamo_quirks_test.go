package export

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

// The tests here carry the numbers of docs/quirks.md.

// duringPage changes the fake's data when the n-th call is about to be answered.
func duringPage(t *testing.T, n int, change func(*chaos.Avaamo) error) (*agent, func()) {
	t.Helper()
	var a *agent
	calls, on := 0, true
	a = newAgent(t, agentData(t, 30), vendor.AvaamoOptions{OnCall: func(vendor.Call) {
		if calls++; on && calls == n {
			if err := change(a.fake); err != nil {
				t.Error(err)
			}
		}
	}})
	return a, func() { on = false }
}

func TestQ24_ListThatMovesUnderThePagesIsNoticed(t *testing.T) {
	t.Parallel()
	insert := func(at int64) func(*chaos.Avaamo) error {
		return func(s *chaos.Avaamo) error {
			return s.Insert(vendor.AvaamoRecords{Entries: []json.RawMessage{entry(900, at)}})
		}
	}
	remove := func(id string) func(*chaos.Avaamo) error {
		return func(s *chaos.Avaamo) error { s.Delete(id); return nil }
	}
	both := func(s *chaos.Avaamo) error {
		s.Delete("m003")
		return insert(40)(s)
	}
	for name, change := range map[string]func(*chaos.Avaamo) error{
		"insert before": insert(40), "insert behind": insert(2), "delete before": remove("m025"), "delete behind": remove("m003"),
		"delete one and insert another": both,
	} {
		for n := 2; n <= 3; n++ {
			t.Run(fmt.Sprintf("%s, call %d", name, n), func(t *testing.T) {
				t.Parallel()
				a, calm := duringPage(t, n, change)
				q := scan(0, 100)
				q.PerPage = 10
				if c := a.mustRead(q); !c.moved {
					t.Errorf("nothing noticed: got %d records", len(c.records))
				}
				calm()
				c := a.mustRead(q)
				if want := names(a.fake.Data().Entries()); c.moved || !slices.Equal(names(c.records), want) {
					t.Errorf("read again: got %v, want %v", names(c.records), want)
				}
			})
		}
	}
}

func TestQ24_TiesThatChangePlacesAreNoticed(t *testing.T) {
	t.Parallel()
	var r vendor.AvaamoRecords
	for i := range 30 {
		r.Entries = append(r.Entries, entry(i, 5))
	}
	d, err := vendor.NewAvaamoData(r)
	if err != nil {
		t.Fatal(err)
	}
	a := newAgent(t, d, vendor.AvaamoOptions{Choices: vendor.AvaamoChoices{UnstableTies: true}})
	for _, perPage := range []int{10, 100} {
		q := scan(0, 100)
		q.PerPage = perPage
		c := a.mustRead(q)
		distinct := len(slices.Compact(names(c.records)))
		if c.moved != (distinct < 30) || perPage == 100 && c.moved {
			t.Errorf("%d per page: %d of 30 seen, moved %v", perPage, distinct, c.moved)
		}
	}
}

func TestQ24_MoveIsNoticedAfterATakenUpChain(t *testing.T) {
	t.Parallel()
	a, _ := duringPage(t, 3, func(s *chaos.Avaamo) error { s.Delete("m025"); return nil })
	q := scan(0, 100)
	q.PerPage = 10
	if c := a.mustRead(q); !c.moved || slices.Contains(names(c.records), "m009") {
		t.Errorf("moved %v; m009 should have slipped through", c.moved)
	}
}

func TestQ24_UpperBoundStaysForTheWholeRange(t *testing.T) {
	t.Parallel()
	a := newAgent(t, agentData(t, 30), vendor.AvaamoOptions{})
	q := scan(0, 100)
	q.PerPage = 10
	a.mustRead(q)
	for _, c := range a.fake.Calls() {
		if got := c.Params.Get("to_timetoken"); got != fmt.Sprint(q.End) {
			t.Errorf("page %s: got to_timetoken %s", c.Params.Get("page"), got)
		}
	}
}

func TestQ25_TotalsAreAHintAndTheEmptyPageIsTheEnd(t *testing.T) {
	t.Parallel()
	for _, choices := range []vendor.AvaamoChoices{
		{}, {EmptyIsOnePage: true}, {Equation: true}, {Equation: true, EmptyIsOnePage: true},
	} {
		for _, n := range []int{0, 1, 9, 10, 11, 20, 25} {
			a := newAgent(t, agentData(t, n), vendor.AvaamoOptions{Choices: choices})
			q := scan(0, 100)
			q.PerPage = 10
			c := a.mustRead(q)
			if c.moved || len(c.records) != n {
				t.Errorf("%+v, %d entries: got %d, moved %v", choices, n, len(c.records), c.moved)
			}
		}
	}
}

func TestQ25_RoundedTotalDoesNotHideAMissingEntry(t *testing.T) {
	t.Parallel()
	for _, n := range []int{11, 20} {
		a := newAgent(t, agentData(t, n), vendor.AvaamoOptions{Choices: vendor.AvaamoChoices{Equation: true}})
		a.fake.Fault(chaos.Fault{Kind: chaos.DropRecord, Record: "m005"})
		q := scan(0, 100)
		q.PerPage = 10
		if c := a.mustRead(q); !c.moved {
			t.Errorf("%d entries: one is missing and nothing was noticed", n)
		}
	}
}

func TestQ25_EmptyPageInTheMiddleIsNoEnd(t *testing.T) {
	t.Parallel()
	a := newAgent(t, agentData(t, 30), vendor.AvaamoOptions{})
	a.fake.Fault(chaos.Fault{Kind: chaos.EmptyPage, Page: 2})
	q := scan(0, 100)
	q.PerPage = 10
	c := a.mustRead(q)
	if len(c.records) != 20 || !c.moved {
		t.Errorf("got %d records, moved %v: what the empty page held back is missing", len(c.records), c.moved)
	}
}

func TestQ26_IgnoredWindowIsNoticed(t *testing.T) {
	t.Parallel()
	a := newAgent(t, agentData(t, 30), vendor.AvaamoOptions{
		Now: began.AddDate(0, 0, 1).UTC, Choices: vendor.AvaamoChoices{WindowIgnored: true},
	})
	if c := a.mustRead(scan(10, 20)); c.outside != 17 { // 11 lie within, and a second on each side is allowed
		t.Errorf("got %d records outside of what was asked for, want 17", c.outside)
	}
}

func TestQ26_OnlyTodaysNamesAreSent(t *testing.T) {
	t.Parallel()
	a := newAgent(t, agentData(t, 3), vendor.AvaamoOptions{Choices: vendor.AvaamoChoices{OldNames: vendor.OldRefused}})
	a.mustRead(scan(0, 100))
	want := []string{"from_timetoken", "page", "per_page", "to_timetoken"}
	for _, c := range a.fake.Calls() {
		if got := slices.Sorted(keys(c.Params)); !slices.Equal(got, want) {
			t.Errorf("got parameters %v, want %v", got, want)
		}
	}
}

func keys(v url.Values) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range v {
			if !yield(k) {
				return
			}
		}
	}
}

func TestQ27_BothBoundsAreAlwaysSent(t *testing.T) {
	t.Parallel()
	for _, generation := range []vendor.TalkNames{vendor.SinceMicroseconds, vendor.FromSeconds} {
		a := newAgent(t, agentData(t, 60), vendor.AvaamoOptions{Choices: vendor.AvaamoChoices{TalkNames: generation}})
		a.mustRead(scan(0, 100))
		if c := a.mustRead(Query{Endpoint: dsr.Messages, ConversationID: "c0", Start: 1, End: monthLater().Unix()}); len(c.records) != 41 {
			t.Errorf("got %d records of the conversation, want it and its 40 messages", len(c.records))
		}
		c := a.mustRead(Query{Endpoint: dsr.Messages, Utterance: "m030", Start: began.Unix() + 28, End: began.Unix() + 33})
		if got := names(c.records); !slices.Equal(got, []string{"m030"}) {
			t.Errorf("the message of an entry: got %v", got)
		}
		pairs := map[string][]string{
			vendor.AvaamoEntries:    {"from_timetoken", "to_timetoken"},
			vendor.AvaamoTranscript: {"since_timetoken", "timetoken"},
			vendor.AvaamoTalk:       {"since_timetoken", "timetoken", "from_timetoken", "to_timetoken"},
		}
		for _, call := range a.fake.Calls() {
			for _, name := range pairs[call.Endpoint] {
				if !call.Params.Has(name) {
					t.Errorf("%s without %s", call.Endpoint, name)
				}
			}
		}
	}
}

func TestQ28_EntryIsKeptUnderItsUserWithTheConversationUnknown(t *testing.T) {
	t.Parallel()
	a := NewAvaamo(AvaamoConfig{AccessToken: userToken})
	raw := entry(4, 4)
	trail := leadsTo(a, raw)
	if len(trail.Next)+len(trail.Moves) != 0 || len(trail.Keep) != 1 || trail.Group == nil {
		t.Fatalf("got %+v", trail)
	}
	said, group := trail.Keep[0], *trail.Group
	if said.Kind != dsr.Message || string(said.Raw) != string(raw) || said.ConversationID != group.ID || !said.Time.Equal(began.Add(4e9)) {
		t.Errorf("got entry %+v", said)
	}
	want := `{"derived":true,"_id":"conversation unknown, user u1","conversation":"unknown","user":{"layer_id":"u1"}}`
	if group.Kind != dsr.Conversation || string(group.Raw) != want || !group.Derived() || !group.Start.IsZero() {
		t.Errorf("got group %s", group.Raw)
	}
	other := leadsTo(a, entry(7, 5000)).Group
	if string(other.Raw) != string(group.Raw) || other.ID != group.ID {
		t.Errorf("one user has two groups: %s and %s", group.Raw, other.Raw)
	}
}

func TestQ28_EntryLeadsToItsConversation(t *testing.T) {
	t.Parallel()
	a := newAgent(t, agentData(t, 30), vendor.AvaamoOptions{})
	trail := leadsTo(a, entry(4, 4))
	if len(trail.Keep) != 1 || len(trail.Next) != 1 || trail.Group.ID != "conversation unknown, user u1" {
		t.Fatalf("got %+v", trail)
	}
	follow := trail.Next[0]
	q := Query{Endpoint: dsr.Messages, Utterance: follow.ID, Start: follow.Interval.Start, End: follow.Interval.End, PerPage: 100}
	page, err := a.fetch(t.Context(), q.query())
	if err != nil {
		t.Fatal(err)
	}
	found := followed(t, a.Avaamo, q, page.records)
	if len(found.Moves) != 1 || found.Moves[0] != (Move{trail.Keep[0].ID, "c1"}) {
		t.Errorf("got moves %v", found.Moves)
	}
	if len(found.Next) != 1 || found.Next[0] != whole("c1") {
		t.Errorf("got next %v", found.Next)
	}
	if len(found.Keep) != 1 || !found.Keep[0].Derived() || found.Keep[0].ID != "c1" {
		t.Errorf("got %v", found.Keep)
	}
}

func TestQ28_TranscriptGathersItsEntries(t *testing.T) {
	t.Parallel()
	a := newAgent(t, agentData(t, 9), vendor.AvaamoOptions{})
	q := Query{Endpoint: dsr.Messages, ConversationID: "c1", Cursor: listPosition{page: 1}.String(), Start: 1, End: monthLater().Unix(), PerPage: 100}
	page, err := a.fetch(t.Context(), q.query())
	if err != nil {
		t.Fatal(err)
	}
	page.records = append(page.records, json.RawMessage(`{"uuid":"m000","conversation":{"uuid":"c0"}}`)) // not of this one
	trail := followed(t, a.Avaamo, q, page.records)
	for _, want := range []string{"m001", "m004", "m007"} {
		if !slices.Contains(trail.Moves, Move{entryID(want), "c1"}) {
			t.Errorf("the entry of %s does not move: %v", want, trail.Moves)
		}
	}
	if len(trail.Keep) != 6 || len(trail.Moves) != 6 {
		t.Errorf("got %d records and %d moves, want those of the three questions and their answers", len(trail.Keep), len(trail.Moves))
	}
}

func TestQ28_EntryWithoutAMessageStaysUnknown(t *testing.T) {
	t.Parallel()
	a := newAgent(t, agentData(t, 30), vendor.AvaamoOptions{})
	trail := leadsTo(a, json.RawMessage(fmt.Sprintf(`{"message_uuid":"gone","created_at":%d,"user":{"layer_id":"u9"}}`, began.Unix()+4)))
	follow := trail.Next[0]
	q := Query{Endpoint: dsr.Messages, Utterance: follow.ID, Start: follow.Interval.Start, End: follow.Interval.End, PerPage: 3}
	var found Expansion
	for {
		page, err := a.fetch(t.Context(), q.query())
		if err != nil {
			t.Fatal(err)
		}
		found = followed(t, a.Avaamo, q, page.records)
		if q.Cursor = page.cursor; q.Cursor == "" {
			break
		}
		if len(found.Keep)+len(found.Moves)+len(found.Next) > 0 {
			t.Errorf("got %+v before the end", found)
		}
	}
	if len(found.Keep)+len(found.Moves)+len(found.Next) > 0 || trail.Group.ID != "conversation unknown, user u9" {
		t.Errorf("got %+v", found)
	}
}

func TestQ29_UserIsReadAsAnything(t *testing.T) {
	t.Parallel()
	a := NewAvaamo(AvaamoConfig{})
	for user, want := range map[string]struct {
		group string
		odd   bool
	}{
		`{"first_name":"You","layer_id":"u1"}`:  {"conversation unknown, user u1", false},
		`{"first_name":"****","layer_id":"u1"}`: {"conversation unknown, user u1", false},
		`{"first_name":17,"layer_id":"u1"}`:     {"conversation unknown, user u1", true},
		`{"first_name":null,"layer_id":"u1"}`:   {"conversation unknown, user u1", true},
		`{"layer_id":"u1"}`:                     {"conversation unknown, user u1", true},
		`{"first_name":"Ana","layer_id":368}`:   {"conversation unknown, user 368", false},
		`{"first_name":"Ana"}`:                  {"conversation unknown, user unknown", true},
		`{"first_name":"Ana","layer_id":null}`:  {"conversation unknown, user unknown", true},
		`{"first_name":"Ana","layer_id":{}}`:    {"conversation unknown, user unknown", true},
		`null`:                                  {"conversation unknown, user unknown", true},
		`"Ana"`:                                 {"conversation unknown, user unknown", true},
		`[]`:                                    {"conversation unknown, user unknown", true},
	} {
		raw := json.RawMessage(`{"message_uuid":"m","created_at":1716811065.0,"user":` + user + `}`)
		if got := leadsTo(a, raw); got.Group.ID != want.group || got.Keep[0].Time.Unix() != 1716811065 {
			t.Errorf("%s: got group %q", user, got.Group.ID)
		}
		if odd := slices.Contains(avaamoEntry.Facts(raw).Anomalies, "Q29"); odd != want.odd {
			t.Errorf("%s: counted as odd: %v", user, odd)
		}
	}
	if f := avaamoEntry.Facts([]byte(`{}`)); f.ID != "" || !f.Time.IsZero() || len(f.Anomalies) != 3 {
		t.Errorf("an empty entry: got %+v", f)
	}
}

func TestQ29_FirstNameIsWeak(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{"user.first_name": true, "user.layer_id": false, "content": false, "channel_name": false, "first_name": false} {
		if weak([]dsr.Why{{Path: path}}) != want {
			t.Errorf("%s: weak is %v", path, !want)
		}
	}
	if weak([]dsr.Why{{Path: "user.first_name"}, {Path: "content"}}) {
		t.Error("a match on more than a first name is weak")
	}
	if all := fmt.Sprint(NewAvaamo(AvaamoConfig{}).Assumes(Searched{})); !strings.Contains(all, "the answers of the bot and of live agents are missing") {
		t.Errorf("got %s", all)
	}
	if all := fmt.Sprint(NewAvaamo(AvaamoConfig{AgentToken: "x"}).Assumes(Searched{})); strings.Contains(all, "missing") {
		t.Errorf("got %s", all)
	}
}
