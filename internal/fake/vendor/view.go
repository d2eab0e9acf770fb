package vendor

import (
	"cmp"
	"iter"
	"slices"
	"sort"
)

// view is a list in the order in which a server serves it.
type view struct {
	list
	order Order
	seed  uint64
	perm  []int32 // of Shuffled: serving rank → index
}

// position is a record's place in the serving order; it says where the next page begins,
// also when records before it have come or gone.
type position struct {
	key, seq int64
}

func newView(l list, order Order, seed uint64) view {
	v := view{list: l, order: order, seed: seed}
	if order != Shuffled {
		return v
	}
	v.perm = make([]int32, l.len())
	for i := range v.perm {
		v.perm[i] = int32(i)
	}
	slices.SortFunc(v.perm, func(a, b int32) int {
		return v.position(int(a)).compare(v.position(int(b)))
	})
	return v
}

// at is the index of the record at a serving rank.
func (v view) at(rank int) int {
	switch v.order {
	case NewestFirst:
		return v.len() - 1 - rank
	case Shuffled:
		return int(v.perm[rank])
	default:
		return rank
	}
}

// position of record i, such that positions ascend in serving order.
func (v view) position(i int) position {
	p := position{v.key(i), v.seq(i)}
	switch v.order {
	case NewestFirst:
		return position{^p.key, ^p.seq} // descending; -MinInt64 would overflow
	case Shuffled:
		return position{int64(mix(v.seed, uint64(p.seq)) >> 1), p.seq} //nolint:gosec // only a rank
	default:
		return p
	}
}

func (p position) compare(o position) int {
	return cmp.Or(cmp.Compare(p.key, o.key), cmp.Compare(p.seq, o.seq))
}

// each yields the indexes of the selected records in serving order, from the one that follows after.
func (v view) each(sel selection, after *position) iter.Seq[int] {
	first := 0
	if after != nil {
		first = sort.Search(v.len(), func(rank int) bool {
			return v.position(v.at(rank)).compare(*after) > 0
		})
	}
	return func(yield func(int) bool) {
		for _, span := range v.spans(sel) {
			for rank := max(first, span[0]); rank < span[1]; rank++ {
				i := v.at(rank)
				if sel.holds(v.key(i), v.last(i)) && !yield(i) {
					return
				}
			}
		}
	}
}

// spans are the ranks outside of which nothing is selected. Records in order of the time
// they are selected by are found by bisection: a server of millions stays fast.
func (v view) spans(sel selection) [][2]int {
	n := v.len()
	if v.order == Shuffled || sel.everything || sel.field != StartTime {
		return [][2]int{{0, n}}
	}
	search := func(t int64) int { return sort.Search(n, func(i int) bool { return v.key(i) >= t }) }
	timeless, lo, hi := search(unplaced+1), search(sel.from), search(sel.to+1)
	if v.order == NewestFirst {
		return [][2]int{{n - hi, n - lo}, {n - timeless, n}}
	}
	return [][2]int{{0, timeless}, {lo, hi}}
}

// selection is the window of a query as the server understands it.
type selection struct {
	field      WindowField
	ends       Ends
	from, to   int64 // µs
	everything bool  // the window is ignored
	visible    int64 // records younger than this are not exported yet
	oldest     int64 // records older than this are gone; 0 for none
}

func (s selection) holds(key, last int64) bool {
	if last > s.visible || s.oldest != 0 && last != unplaced && last < s.oldest {
		return false
	}
	if s.everything || key == unplaced {
		return true
	}
	begin, end := key, key
	switch s.field {
	case LastAction:
		begin, end = last, last
	case Overlap:
		begin, end = min(key, last), max(key, last)
	case StartTime:
	}
	afterStart := end > s.from || end == s.from && s.ends != OpenStart && s.ends != Open
	beforeEnd := begin < s.to || begin == s.to && s.ends != OpenEnd && s.ends != Open
	return afterStart && beforeEnd
}

// mix spreads (seed, n) over 64 bits (SplitMix64).
func mix(seed, n uint64) uint64 {
	z := seed + (n+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
