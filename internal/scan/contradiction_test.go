package scan

import (
	"fmt"
	"testing"

	"dsr-server/internal/dsr"
)

// aPage is a file with a page whose records and whose name of the next page are told by numbers;
// next 0: none, and -1: it says that more follows without a name.
func aPage(n int, held, next int64) dsr.Unit {
	u := dsr.Unit{Kind: dsr.File, Endpoint: dsr.Conversations, State: dsr.UnitDone, File: dsr.FileInfo{Name: fmt.Sprintf("conversations-%d.json", n)}}
	u.Shown = dsr.Shown{Held: held, Next: max(next, 0), More: next != 0}
	return u
}

// TestOfNPagesAllButOneMayBeNamed, and a page and its copy are one.
func TestOfNPagesAllButOneMayBeNamed(t *testing.T) {
	t.Parallel()
	type page struct{ held, next int64 }
	for name, c := range map[string]struct {
		pages []page
		want  bool
	}{
		"none":                            {nil, false},
		"one":                             {[]page{{1, 0}}, false},
		"one that names another":          {[]page{{1, 7}}, true},
		"a chain":                         {[]page{{1, 7}, {2, 8}, {3, 0}}, false},
		"a chain without its end":         {[]page{{1, 7}, {2, 8}}, true},
		"apart":                           {[]page{{1, 0}, {2, 0}, {3, 0}}, false},
		"a chain with a copy":             {[]page{{1, 7}, {1, 7}, {2, 0}}, false},
		"a copy for the end":              {[]page{{1, 7}, {2, 8}, {2, 0}}, true},
		"a copy of the only one":          {[]page{{1, 7}, {1, 0}}, true},
		"empty pages in a chain":          {[]page{{1, 7}, {0, 8}, {0, 0}}, false},
		"an empty page for the end":       {[]page{{1, 7}, {0, 0}}, false},
		"an empty page names another":     {[]page{{1, 7}, {0, 8}}, true},
		"more without a name":             {[]page{{1, -1}, {2, 0}}, false},
		"more without a name, and no end": {[]page{{1, -1}, {2, -1}}, true},
		"one name on every page":          {[]page{{1, 7}, {2, 7}}, false},
	} {
		var units []dsr.Unit
		for i, p := range c.pages {
			units = append(units, aPage(i, p.held, p.next))
		}
		why := moreFollows(units)
		if (len(why) > 0) != c.want || len(why) > 0 && why[0].Code != dsr.ReasonMoreFollows {
			t.Errorf("%s: got %v", name, why)
		}
	}
}

// TestTheVendorsCountIsOfDifferentRecords: one that came three times is one.
func TestTheVendorsCountIsOfDifferentRecords(t *testing.T) {
	t.Parallel()
	for repeated, want := range map[int64]int{0: 0, 2: 1} {
		u := dsr.Unit{Kind: dsr.Pages, Endpoint: dsr.Conversations, State: dsr.UnitDone, Records: 3, Shown: dsr.Shown{Total: 3, Repeated: repeated}}
		if settleUnit(&u); len(u.Faults) != want {
			t.Errorf("%d repeated: got %v", repeated, u.Faults)
		}
	}
}
