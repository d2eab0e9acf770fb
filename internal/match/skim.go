package match

import (
	"strconv"
	"strings"

	"dsr-server/internal/match/index"
	"dsr-server/internal/match/prefilter"
)

// begin takes the block in. Where records can be skimmed, those of the usual kind are.
func (s *scanner) begin(layout Layout) {
	w := s.w
	if s.skims = s.w.m.schema.flat && index.Usable(s.block); !s.skims {
		s.walkAll(0)
		return
	}
	flags := 0
	if layout == NDJSON {
		flags |= index.Lines
	}
	if w.m.schema.whole {
		flags |= index.Whole
	}
	if w.skim == nil {
		w.skim = new(index.Skim)
	}
	w.skim.Begin(s.block, flags, w.m.needles)
}

// walkAll has the walker read everything from i on.
func (s *scanner) walkAll(i int) {
	s.skims = false
	s.w.marks.Begin(s.block, i)
	s.w.sights.Begin(s.w.m.filter, s.block, i)
}

// walkNext has the walker read block[i:end] alone.
func (s *scanner) walkNext(i, end int) {
	if s.skims {
		s.w.marks.Begin(s.block[:end], i)
		s.w.sights.End() // of the last leaf that was skimmed
	}
}

// skim yields the records of the usual kind that begin at block[i], and returns the index of
// what the walker has to read: a line or an element, or what follows the last element (read).
// A block that has few records of the usual kind is the walker's.
func (s *scanner) skim(i int) (next int, read bool) {
	if !s.skims || i == len(s.block) {
		return i, false
	}
	w := s.w
	w.skim.From(i)
	for {
		records, at, why := w.skim.Next(w.m.keyOf)
		for n := range records {
			if !s.usual(&records[n]) {
				return at, false
			}
		}
		switch why {
		case index.Finished:
			return at, true
		case index.Strange:
			if s.strange++; s.strange > 16+s.number/2 {
				s.walkAll(at)
			}
			return at, false
		}
	}
}

// usual decides about a record that was skimmed, and yields it.
func (s *scanner) usual(r *index.Record) bool {
	w := s.w
	w.b = s.block
	w.begin()
	w.leaves = r.HasLeaves()
	for n := range w.m.schema.names {
		if at := r.Top[n+1]; at.End != 0 {
			w.top[n+1].raw = s.block[at.Start:at.End:at.End]
		}
	}
	leaves := w.skim.Leaves(r)
	for n := range leaves {
		w.look(&leaves[n])
	}
	s.number++
	return s.emit(int(r.At.Start), int(r.At.End), nil)
}

// look decides about a leaf.
func (w *walker) look(l *index.Leaf) {
	w.path = w.path[:0]
	for _, key := range w.skim.Path(l) {
		w.path = append(w.path, span{start: int(key.Start), end: int(key.End)})
	}
	w.place = int(l.Place)
	in, i, end := region(l.Region), int(l.At.Start), int(l.At.End)
	if in == identity {
		w.place-- // which counts once more
	}
	if w.sights.End(); !l.HasGram() {
		w.sights.None(w.m.filter)
	}
	switch {
	case l.IsNumber():
		w.number(i, in)
	case in == identity:
		w.id(i, end, l.Traits, identity)
	default:
		w.leaf(i, end, l.Traits, in)
	}
}

// keyOf says what a key is for.
func (m *Matcher) keyOf(name []byte) index.Key {
	r := m.schema.roleOf(name)
	return index.Key{Number: r.number, Region: index.Region(r.region), OddCase: r.oddCase, AskedFor: m.nearKey(name, 0) != nil}
}

// numbersAsked are the numbers of JSON that may mean something: of those that are nothing but
// digits, the ones that are as long as a value written so.
func (m *Matcher) numbersAsked() (n prefilter.Numbers) {
	for canonical := range m.numbers.byValue {
		n.Others = true
		digits, exp, _ := strings.Cut(canonical, "e")
		if zeros, err := strconv.Atoi(exp); err != nil || zeros >= 0 {
			n.AddWhole(max(len(digits)+zeros, 1))
		}
	}
	for digits := range m.digits {
		n.AddWhole(len(digits))
	}
	if len(m.phones) > 0 {
		n = prefilter.Numbers{Whole: ^uint64(0), Others: true}
	}
	return n
}
