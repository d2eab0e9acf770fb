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
	ctx, w, id := t.Context(), l.work(), l.submit("R-1")
	l.must(w.Plan(ctx, id, l.now(), []dsr.Part{{RequestID: id, Source: "bot", Want: dsr.Reach{Start: 1, End: 9}}}, nil))
	seen := map[int64]bool{}
	for n := range int64(4) {
		g, err := w.BeginRange(ctx, dsr.Range{Source: "bot", Endpoint: dsr.Messages, ConversationID: "c", PerPage: 1,
			Reach: dsr.Reach{Start: n, End: n + 1}, Requests: []string{id}})
		l.must(err)
		if seen[g.ID] {
			t.Errorf("range %d has the number %d of one that was read to its end", n, g.ID)
		}
		seen[g.ID] = true
		_, err = w.CommitPage(ctx, dsr.PageRead{RangeID: g.ID, Source: "bot", Endpoint: dsr.Messages, End: true})
		l.must(err)
	}
}
