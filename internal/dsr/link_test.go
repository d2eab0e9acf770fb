package dsr

import (
	"testing"
	"time"
)

// TestATimeThatCannotBeRightExcludesNothing: messages of a conversation that nobody lists
// may be of any window then.
func TestATimeThatCannotBeRightExcludesNothing(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	june := Window{Start: time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)}
	inJune, before, after := june.Start.AddDate(0, 0, 3), june.Start.AddDate(0, 0, -3), june.End.AddDate(0, 0, 3)
	for name, c := range map[string]struct {
		times []time.Time
		want  bool
	}{
		"inside":             {[]time.Time{inJune}, true},
		"before":             {[]time.Time{before}, false},
		"after":              {[]time.Time{after}, false},
		"on both sides":      {[]time.Time{before, after}, true},
		"unreadable":         {[]time.Time{before, {}}, true},
		"the year 9999":      {[]time.Time{time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)}, true},
		"tomorrow":           {[]time.Time{now.AddDate(0, 0, 1)}, true},
		"a clock that is on": {[]time.Time{now.Add(time.Minute)}, false},
		"the epoch":          {[]time.Time{time.Unix(1, 0)}, true},
		"before all of them": {[]time.Time{before, time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)}, true},
	} {
		var trace Trace
		for _, at := range c.times {
			trace.Take(at)
		}
		if got := trace.Meets(june, now); got != c.want {
			t.Errorf("%s: may be of the window: %t, want %t", name, got, c.want)
		}
	}
}
