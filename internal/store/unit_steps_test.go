package store

import (
	"testing"

	"dsr-server/internal/dsr"
)

// A lane knows its readers by the range's number: one that was used again would pass
// for a range that is being read already.
func TestTheNumberOfARangeIsNeverUsedAgain(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	w, id := l.planned()
	seen := map[int64]bool{}
	for n := range int64(4) {
		g := l.beginMessages(w, id, n)
		if seen[g.ID] {
			t.Errorf("range %d has the number %d of one that was read to its end", n, g.ID)
		}
		seen[g.ID] = true
		l.endMessages(w, g)
	}
}

// The readers of a lane that goes on after a restart have ranges from before it.
func TestTheNumberOfARangeFromBeforeARestartIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	w, id := l.planned()
	before := l.beginMessages(w, id, 0)
	l.must(l.reopen())
	w = l.work()
	l.endMessages(w, before)
	if g := l.beginMessages(w, id, 1); g.ID == before.ID {
		t.Errorf("a new range has the number %d of one that was read to its end", g.ID)
	}
}

// planned is a request for one source that is being worked on.
func (l *life) planned() (w *Work, id string) {
	l.t.Helper()
	w, id = l.work(), l.submit("R-1")
	l.must(w.Plan(l.t.Context(), id, l.now(), []dsr.SearchPlan{{RequestID: id, Source: "bot", PageSize: 10, Interval: dsr.Interval{Start: 1, End: 9}}}, nil))
	return w, id
}

func (l *life) beginMessages(w *Work, id string, start int64) dsr.Unit {
	l.t.Helper()
	g, err := w.Begin(l.t.Context(), dsr.Unit{Source: "bot", Kind: dsr.Pages, Endpoint: dsr.Messages, Query: dsr.MessageQuery{Kind: dsr.ByConversation, ID: "c"}, PerPage: 1,
		Interval: dsr.Interval{Start: start, End: start + 1}, Requests: []string{id}})
	l.must(err)
	return g
}

// endMessages commits the last page of a range, with which the range is deleted.
func (l *life) endMessages(w *Work, g dsr.Unit) {
	l.t.Helper()
	g.State = dsr.UnitDone
	_, err := w.Commit(l.t.Context(), dsr.Commit{Unit: g})
	l.must(err)
}
