package app

import (
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

// TestChecksOfASourceTakeAPartOfTheTime: one at a time, and after so much in a row they
// wait; quick ones hardly count.
func TestChecksOfASourceTakeAPartOfTheTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c := newChecks(func() time.Time { return now })
	takes := func(source string, d time.Duration) dsr.Kind {
		end, err := c.begin(source)
		if err == nil {
			now = now.Add(d)
			end()
		}
		return dsr.KindOf(err)
	}
	end, err := c.begin("bot")
	if err != nil {
		t.Fatal(err)
	}
	if kind := takes("bot", 0); kind != dsr.Conflict {
		t.Errorf("while one runs: got %q", kind)
	}
	if kind := takes("desk", 0); kind != "" {
		t.Errorf("another source: got %q", kind)
	}
	end()
	for range 50 {
		if kind := takes("bot", time.Millisecond); kind != "" {
			t.Fatalf("a quick one: got %q", kind)
		}
	}
	begun, busy := now, time.Duration(0)
	for now.Sub(begun) < time.Hour {
		if takes("bot", 20*time.Second) == "" {
			busy += 20 * time.Second
		} else {
			now = now.Add(time.Second)
		}
	}
	if busy > time.Hour/4+2*checksInRow {
		t.Errorf("tests took %v of an hour", busy)
	}
}
