package scan

import (
	"encoding/json"
	"hash/maphash"
	"slices"

	"dsr-server/internal/match"
)

// dryPages is how many pages in a row without a new id are a stuck chain.
const dryPages = 10

// remembered is how many ids a detector holds at least, once it has seen that
// many; it never holds more than twice as many, about 2 MB.
const remembered = 1 << 16

// cycleDetector tells a chain that gets on from one that goes in circles, in memory that does
// not grow with the chain. It knows the latest ids and cursors by 64-bit hashes with a
// seed of its own, so that it is wrong in one way only:
//
//   - It never takes a new record for one that was seen, but for a collision of 64 bits
//     that nobody can arrange. So no chain is called stuck, and no end believed, wrongly.
//   - It may take a record for new that came more than 65,536 records before. Repeats that
//     far apart are not counted, and a circle that long is noticed by its cursor and the
//     ids of its page (see pageCycle), not by its ids alone.
//
// After a resume it starts afresh, which only makes it notice later.
type cycleDetector struct {
	seed    maphash.Seed
	ids     recentSet
	cursors recentSet
	dry     int // pages in a row without a new id
	pages   pageCycle
}

func newCycleDetector() cycleDetector { return cycleDetector{seed: maphash.MakeSeed()} }

// pageResult is what a page showed of itself.
type pageResult struct {
	fresh, again int  // records not seen before, and seen before
	stuck        bool // the chain goes in circles
}

// take takes a page in: the hashes of its records' ids and the cursor it leads to. A
// chain is stuck when a cursor comes again, or dryPages pages have come, without a new id.
func (d *cycleDetector) take(ids []uint64, cursor string) (s pageResult) {
	for _, id := range ids {
		if d.ids.add(id) {
			s.again++
		} else {
			s.fresh++
		}
	}
	d.dry++
	if s.fresh > 0 {
		d.dry = 0
	}
	next := maphash.String(d.seed, cursor)
	repeated := d.cursors.add(next)
	round := d.pages.closes(next, ids)
	s.stuck = cursor != "" && (s.fresh == 0 && (repeated || d.dry >= dryPages) || round)
	return s
}

// hash identifies a record by its id, or by all of it if it has none.
func (d *cycleDetector) hash(facts match.Facts, record json.RawMessage) uint64 {
	if facts.ID == "" {
		return maphash.Bytes(d.seed, record)
	}
	return maphash.String(d.seed, facts.ID)
}

// recentSet is a set that forgets the older half of what was put in when it is full.
type recentSet struct{ recent, older map[uint64]struct{} }

// add puts h in and reports whether it was there.
func (m *recentSet) add(h uint64) (known bool) {
	if _, known = m.recent[h]; known {
		return true
	}
	if _, known = m.older[h]; known {
		return true
	}
	if m.recent == nil || len(m.recent) >= remembered {
		m.older, m.recent = m.recent, map[uint64]struct{}{}
	}
	m.recent[h] = struct{}{}
	return false
}

// pageCycle finds a chain that comes back to a page it has shown, however long the way: it
// compares each page with one kept from before, and keeps another after 1, 2, 4, 8 …
// pages (R. P. Brent, 1980, "An improved Monte Carlo factorization algorithm", section 2).
// A page is the same when its cursor and its ids are.
type pageCycle struct {
	cursor      uint64
	ids         []uint64
	since, span int
}

func (c *pageCycle) closes(cursor uint64, ids []uint64) bool {
	if len(ids) > 0 && cursor == c.cursor && slices.Equal(ids, c.ids) {
		return true
	}
	if c.since++; c.since >= c.span {
		c.since, c.span = 0, max(1, 2*c.span)
		c.cursor, c.ids = cursor, slices.Clone(ids)
	}
	return false
}
