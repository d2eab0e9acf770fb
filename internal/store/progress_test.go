package store

import (
	"strings"
	"testing"
)

// TestProgressReadsNoMoreThanWhatWasAskedFor: a list of fifty must not grow with the records of
// all requests.
func TestProgressReadsNoMoreThanWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	rows, err := l.s.r.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+progressOf, `["x"]`)
	l.must(err)
	defer rows.Close()
	steps := 0
	for rows.Next() {
		var id, parent, unused int
		var step string
		l.must(rows.Scan(&id, &parent, &unused, &step))
		if steps++; strings.HasPrefix(step, "SCAN") && !strings.HasPrefix(step, "SCAN asked") && !strings.HasPrefix(step, "SCAN json_each") {
			t.Errorf("reads a whole table: %s", step)
		}
	}
	if l.must(rows.Err()); steps < 5 {
		t.Errorf("a plan of %d steps", steps)
	}
}
