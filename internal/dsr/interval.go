package dsr

import (
	"cmp"
	"slices"
)

// Interval is a closed interval of a source's timeline in Unix seconds, as vendors are
// asked for it. One that ends before it starts is empty: Nothing.
type Interval struct{ Start, End int64 }

// Nothing is the interval of a search that reads no timeline.
var Nothing = Interval{Start: 0, End: -1}

// Empty reports whether there is nothing in r.
func (r Interval) Empty() bool { return r.End < r.Start }

// Contains reports whether b lies within r.
func (r Interval) Contains(b Interval) bool { return r.Start <= b.Start && b.End <= r.End }

// Meets reports whether r and b have a moment in common.
func (r Interval) Meets(b Interval) bool { return r.Start <= b.End && b.Start <= r.End }

// Without returns the parts of r that no interval in have covers, in order.
// Intervals are closed: neighbours share their edge, because it is not documented
// whether a vendor's ends are inclusive.
func (r Interval) Without(have []Interval) (gaps []Interval) {
	sorted := slices.SortedFunc(slices.Values(have), func(a, b Interval) int { return cmp.Compare(a.Start, b.Start) })
	if slices.ContainsFunc(sorted, func(h Interval) bool { return h.Contains(r) }) {
		return nil
	}
	at := r.Start
	for _, h := range sorted {
		if h.Start > r.End {
			break
		}
		if h.Start > at {
			gaps = append(gaps, Interval{Start: at, End: h.Start})
		}
		at = max(at, h.End)
	}
	if at < r.End || r.Start == r.End {
		gaps = append(gaps, Interval{Start: min(at, r.End), End: r.End})
	}
	return gaps
}
