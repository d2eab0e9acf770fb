package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

// following is a request whose one source lists entries.
type following struct {
	*life
	w    *Work
	id   string
	scan dsr.Unit
}

func newFollowing(t *testing.T, asks ...dsr.MessageQuery) *following {
	t.Helper()
	f := &following{life: newLife(t, nil)}
	f.w, f.id = f.work(), f.submit("R-1")
	ctx := t.Context()
	f.must(f.w.Plan(ctx, f.id, f.now(), []dsr.SearchPlan{{RequestID: f.id, Source: "bot", PageSize: 10, Interval: dsr.Interval{Start: 1, End: 9}, Asks: asks}}, nil))
	f.scan = f.begin(dsr.Unit{Kind: dsr.Pages, Endpoint: dsr.Conversations})
	return f
}

func (f *following) begin(g dsr.Unit) dsr.Unit {
	f.t.Helper()
	g.Source, g.PerPage, g.Requests, g.Interval = "bot", 10, []string{f.id}, dsr.Interval{Start: 1, End: 9}
	g, err := f.w.Begin(f.t.Context(), g)
	f.must(err)
	return g
}

func (f *following) commit(g dsr.Unit, p dsr.Commit) {
	f.t.Helper()
	position, state := p.Unit.Position, p.Unit.State
	p.Unit = g
	if p.Unit.Position = position; state != "" {
		p.Unit.State = state
	}
	p.PageSize = 10
	_, err := f.w.Commit(f.t.Context(), p)
	f.must(err)
}

// entry is a find of entry n in the group of a user, found for a reason.
func (f *following) entry(n int, user, path string) dsr.Find {
	group := dsr.Record{Source: "bot", Kind: dsr.Conversation, ID: "unknown " + user, Raw: []byte(dsr.DerivedMark + `"user":"` + user + `"}`),
		Why: []dsr.Why{{Path: path}}}
	return dsr.Find{RequestID: f.id, Group: &group, Record: dsr.Record{
		Source: "bot", Kind: dsr.Message, ID: fmt.Sprintf("entry %d", n), ConversationID: group.ID, Time: time.Unix(int64(n), 0).UTC(),
		Raw: fmt.Appendf(nil, `{"n":%d}`, n), Why: []dsr.Why{{Path: path}},
	}}
}

// found lists the conversations as "id: messages (reasons)".
func (f *following) found() (out []string) {
	f.t.Helper()
	c := f.s.Contents(f.id)
	for r, err := range c.Conversations(f.t.Context(), "bot") {
		f.must(err)
		var ids, paths []string
		for m, err := range c.Messages(f.t.Context(), "bot", r.ID) {
			f.must(err)
			ids = append(ids, m.ID)
		}
		for _, why := range r.Why {
			paths = append(paths, why.Path)
		}
		out = append(out, r.ID+": "+strings.Join(ids, ", ")+" ("+strings.Join(paths, ", ")+")")
	}
	return out
}

func (f *following) want(lines ...string) {
	f.t.Helper()
	if got := f.found(); !slices.Equal(got, lines) {
		f.t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(lines, "\n"))
	}
}

func (f *following) waiting() (ids []string) {
	f.t.Helper()
	b, err := f.w.OpenWork(f.t.Context(), []string{"bot"})
	f.must(err)
	for _, g := range b.Units {
		if g.State == dsr.UnitWaiting {
			ids = append(ids, g.Query.ID)
		}
	}
	return ids
}

func (f *following) anomalies() map[string]int64 {
	f.t.Helper()
	snap, err := f.s.Snapshot(f.t.Context(), f.id)
	f.must(err)
	return snap.Searches[0].Tally.Anomalies
}

func TestGroupGathersItsEntriesAndTheirReasons(t *testing.T) {
	t.Parallel()
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}} {
		f := newFollowing(t)
		finds := []dsr.Find{f.entry(1, "u", "b"), f.entry(2, "u", "a"), f.entry(3, "v", "a")}
		finds[1].Weak = true
		for _, i := range order {
			f.commit(f.scan, dsr.Commit{Unit: dsr.Unit{Position: dsr.Position{Cursor: "x"}}, Finds: finds[i : i+1]})
		}
		f.commit(f.scan, dsr.Commit{Unit: dsr.Unit{Position: dsr.Position{Cursor: "y"}}, Finds: finds}) // read again
		f.want("unknown u: entry 1, entry 2 (a, b)", "unknown v: entry 3 (a)")
		if got := f.anomalies(); got[dsr.WeakMatch] != 1 || got["Q7"] != 0 {
			t.Errorf("got %v, want the weak match counted once", got)
		}
	}
}

func TestEntryMovesToItsConversation(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	one, two := f.entry(1, "u", "b"), f.entry(2, "u", "a")
	one.Next = []dsr.MessageQuery{{Kind: dsr.ByUtterance, ID: "lead 1", Interval: dsr.Interval{Start: 1, End: 2}}}
	f.commit(f.scan, dsr.Commit{Unit: dsr.Unit{Position: dsr.Position{Cursor: "x"}}, Finds: []dsr.Find{one, two}})
	f.commit(f.scan, dsr.Commit{Unit: dsr.Unit{Position: dsr.Position{Cursor: "x"}}, Finds: []dsr.Find{one, two}})
	if got := f.waiting(); !slices.Equal(got, []string{"lead 1"}) {
		t.Errorf("waiting: %q, want the lead once", got)
	}
	provisional := dsr.Find{RequestID: f.id, Record: dsr.Record{Source: "bot", Kind: dsr.Conversation, ID: "c", Raw: []byte(dsr.DerivedMark + `"c":1}`)},
		Next: []dsr.MessageQuery{{Kind: dsr.ByConversation, ID: "c", Interval: dsr.Interval{Start: 1, End: 2}}}}
	lead := f.begin(dsr.Unit{Kind: dsr.Pages, Endpoint: dsr.Messages, Query: dsr.MessageQuery{Kind: dsr.ByUtterance, ID: "lead 1"}})
	f.commit(lead, dsr.Commit{Unit: dsr.Unit{State: dsr.UnitDone}, Finds: []dsr.Find{provisional}, Moves: []dsr.Move{{RequestID: f.id, MessageID: "entry 1", ConversationID: "c"}}})
	f.want("c: entry 1 (b)", "unknown u: entry 2 (a, b)")
	again := f.begin(dsr.Unit{Kind: dsr.Pages, Endpoint: dsr.Messages, Query: dsr.MessageQuery{Kind: dsr.ByUtterance, ID: "lead 2"}})
	f.commit(again, dsr.Commit{Unit: dsr.Unit{State: dsr.UnitDone}, Finds: []dsr.Find{provisional}, Moves: []dsr.Move{{RequestID: f.id, MessageID: "entry 2", ConversationID: "c"}, {RequestID: f.id, MessageID: "nobody's", ConversationID: "c"}}})
	f.want("c: entry 1, entry 2 (a, b)") // and the group that it leaves is gone
	if got := f.waiting(); !slices.Equal(got, []string{"lead 1", "c"}) {
		t.Errorf("waiting: %q, want the conversation once", got)
	}
	f.commit(f.scan, dsr.Commit{Unit: dsr.Unit{Position: dsr.Position{Cursor: "z"}}, Finds: []dsr.Find{one, two}}) // the range is read again
	f.want("c: entry 1, entry 2 (a, b)")

	real := dsr.Record{Source: "bot", Kind: dsr.Conversation, ID: "c", Start: time.Unix(1, 0), Raw: []byte(`{"uuid":"c"}`)}
	whole := f.begin(dsr.Unit{Kind: dsr.Pages, Endpoint: dsr.Messages, Query: dsr.MessageQuery{Kind: dsr.ByConversation, ID: "c"}})
	f.commit(whole, dsr.Commit{Unit: dsr.Unit{Position: dsr.Position{Cursor: "1"}}, Finds: []dsr.Find{{RequestID: f.id, Record: real}}})
	f.commit(whole, dsr.Commit{Unit: dsr.Unit{Position: dsr.Position{Cursor: "2"}}, Finds: []dsr.Find{provisional}})
	f.want("c: entry 1, entry 2 (a, b)")
	for r, err := range f.s.Contents(f.id).Conversations(t.Context(), "bot") {
		f.must(err)
		if string(r.Raw) != string(real.Raw) || !r.Start.Equal(real.Start) {
			t.Errorf("got %s at %v, want the vendor's own record", r.Raw, r.Start)
		}
	}
	if got := f.anomalies(); got["Q7"] != 0 {
		t.Errorf("got %v: a record made up was taken for an older version", got)
	}
}

func TestWhatCanBeAskedForIsAskedOnce(t *testing.T) {
	t.Parallel()
	f := newFollowing(t, dsr.MessageQuery{Kind: dsr.ByConversation, ID: "c", Interval: dsr.Interval{Start: 1, End: 2}}, dsr.MessageQuery{Kind: dsr.ByConversation, ID: "d", Interval: dsr.Interval{Start: 1, End: 2}})
	if got := f.waiting(); !slices.Equal(got, []string{"c", "d"}) {
		t.Errorf("waiting: %q", got)
	}
}
