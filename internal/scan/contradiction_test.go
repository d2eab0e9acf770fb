package scan

import (
	"fmt"
	"math/rand/v2"
	"slices"
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
		"exported twice":                  {[]page{{1, 7}, {2, 0}, {1, 9}, {2, 0}}, false},
		"exported twice, one end is gone": {[]page{{1, 7}, {2, 0}, {1, 9}}, true},
		"exported twice, no end":          {[]page{{1, 7}, {2, 8}, {1, 9}, {2, 10}}, true},
		"exported twice, an empty end":    {[]page{{1, 7}, {0, 0}, {1, 9}, {0, 0}}, false},
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

// TestAsManyPagesAsTheyStateMustBeThere, different ones.
func TestAsManyPagesAsTheyStateMustBeThere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		held  []int64
		pages int64
		want  bool
	}{
		"nothing is stated": {[]int64{1, 2}, 0, false},
		"all":               {[]int64{1, 2, 3}, 3, false},
		"more than all":     {[]int64{1, 2, 3, 4}, 3, false},
		"one is missing":    {[]int64{1, 2}, 3, true},
		"a copy":            {[]int64{1, 2, 2}, 3, true},
	} {
		var units []dsr.Unit
		for i, held := range c.held {
			u := aPage(i, held, 0)
			u.Shown.Pages = c.pages
			units = append(units, u)
		}
		if why := moreFollows(units); (len(why) > 0) != c.want || len(why) > 0 && why[0].Code != dsr.ReasonMoreFollows {
			t.Errorf("%s: got %v", name, why)
		}
	}
}

// soundPages are exports of the same records, one after another: some are cut into pages of
// another size, end with an empty page or have empty pages in between, hold records that came
// meanwhile, or were copied. Each has cursors of its own.
func soundPages(rng *rand.Rand) (exports [][]dsr.Unit) {
	records, size, cursor := 1+rng.Int64N(40), 1+rng.Int64N(8), int64(0)
	for range 1 + rng.IntN(3) {
		var pages []dsr.Unit
		add := func(held int64, last bool) {
			cursor++
			next := cursor
			if last {
				next = 0
			}
			pages = append(pages, aPage(len(pages), held, next))
		}
		for at := int64(0); at < records; at += size {
			last := at+size >= records
			emptyEnd := last && rng.IntN(4) == 0
			add(1+at*1000+min(at+size, records), last && !emptyEnd)
			if emptyEnd || !last && rng.IntN(6) == 0 {
				add(0, last)
			}
		}
		exports = append(exports, pages)
		if rng.IntN(3) == 0 {
			size = 1 + rng.Int64N(8)
		}
		if rng.IntN(3) == 0 {
			records += rng.Int64N(10)
		}
	}
	return exports
}

// TestSoundPagesAreEnough, in whatever way they were exported; and without the end of the
// only export they are not.
func TestSoundPagesAreEnough(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3_000 {
		exports := soundPages(rng)
		units := slices.Concat(exports...)
		if rng.IntN(3) == 0 {
			units = append(units, units[rng.IntN(len(units))])
		}
		rng.Shuffle(len(units), func(i, j int) { units[i], units[j] = units[j], units[i] })
		if why := moreFollows(units); len(why) > 0 {
			t.Fatalf("%v of %v", why, shown(units))
		}
		one := exports[0][:len(exports[0])-1]
		if len(one) > 0 && len(moreFollows(one)) == 0 {
			t.Fatalf("nothing is missing of %v", shown(one))
		}
	}
}

func shown(units []dsr.Unit) (s [][2]int64) {
	for _, u := range units {
		s = append(s, [2]int64{u.Shown.Held, u.Shown.Next})
	}
	return s
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
