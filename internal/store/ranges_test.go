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
	l.must(w.Plan(l.t.Context(), id, l.now(), []dsr.Part{{RequestID: id, Source: "bot", Want: dsr.Reach{Start: 1, End: 9}}}, nil))
	return w, id
}

func (l *life) beginMessages(w *Work, id string, start int64) dsr.Range {
	l.t.Helper()
	g, err := w.BeginRange(l.t.Context(), dsr.Range{Source: "bot", Endpoint: dsr.Messages, ConversationID: "c", PerPage: 1,
		Reach: dsr.Reach{Start: start, End: start + 1}, Requests: []string{id}})
	l.must(err)
	return g
}

// endMessages commits the last page of a range, with which the range is deleted.
func (l *life) endMessages(w *Work, g dsr.Range) {
	l.t.Helper()
	_, err := w.CommitPage(l.t.Context(), dsr.PageRead{RangeID: g.ID, Source: "bot", Endpoint: dsr.Messages, End: true})
	l.must(err)
}
