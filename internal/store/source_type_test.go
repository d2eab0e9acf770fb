package store

import (
	"testing"

	"dsr-server/internal/dsr"
)

// TestASearchKnowsWhatTypeItsSourceHad, also when it is planned again after the source was
// taken out of the configuration.
func TestASearchKnowsWhatTypeItsSourceHad(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	id := l.submit("a")
	for _, sourceType := range []string{"avaamo", ""} {
		l.must(l.work().Plan(t.Context(), id, l.now(), []dsr.SearchPlan{{RequestID: id, Source: "bot", Type: sourceType, Interval: dsr.Interval{Start: 1, End: 2}}}, nil))
		snap, err := l.s.Snapshot(t.Context(), id)
		l.must(err)
		if len(snap.Searches) != 1 || snap.Searches[0].Type != "avaamo" {
			t.Errorf("planned as %q: %+v", sourceType, snap.Searches)
		}
	}
}
