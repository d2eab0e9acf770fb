package dsr

import (
	"fmt"
	"strings"
	"testing"
)

// TestTheFirstFaultsOfAUnitAreNamed: beyond a number they are only counted.
func TestTheFirstFaultsOfAUnitAreNamed(t *testing.T) {
	t.Parallel()
	for name, u := range map[string]Unit{
		"conversations.ndjson":                         {Kind: File, File: FileInfo{Name: "conversations.ndjson"}},
		"1970-01-01T00:00:01Z to 1970-01-01T00:00:09Z": {Kind: Pages, Interval: Interval{Start: 1, End: 9}},
	} {
		for i := range MaxFaults {
			u.AddFault(Reason{Code: ReasonUnreadable, Detail: fmt.Sprintf("record %d", i+1)})
		}
		if got := u.Reasons(); len(got) != MaxFaults {
			t.Errorf("%s: %d reasons, want %d", name, len(got), MaxFaults)
		}
		u.AddFault(Reason{Code: ReasonUnreadable, Detail: "one more"})
		got := u.Reasons()
		if last := got[len(got)-1].Detail; len(got) != MaxFaults+1 || !strings.Contains(last, name) || !strings.Contains(last, "21 records") {
			t.Errorf("%s: %d reasons, the last is %q", name, len(got), last)
		}
	}
}
