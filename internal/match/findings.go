package match

import (
	"slices"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match/prefilter"
)

// maxPathBytes bounds what one record's reasons may take: a crafted record could
// otherwise repeat one long key in front of very many matching leaves.
const maxPathBytes = 4 << 20

// findings are the reasons found in one record.
type findings struct {
	reasons []reason
	known   map[reason]struct{}
	last    map[int]int // by selector: the place of its latest reason
	bytes   int         // of the paths written out
}

type reason struct {
	selector int
	path     string
}

func (f *findings) reset() {
	if len(f.reasons) > 0 {
		*f = findings{}
	}
}

// add notes the selectors that matched at the present path, if that is theirs; else the
// value stands under another key.
func (w *walker) add(selectors []int) {
	for _, n := range selectors {
		s := &w.m.selectors[n]
		switch {
		case w.in != searched:
			w.near.add(w, n, NearOutside)
		case s.anyPath || w.pathIs(s.path):
			w.found.add(w, n)
		default:
			w.near.add(w, n, NearOtherKey)
		}
	}
}

// add notes a reason once. A path is written out only if it is kept, because it may be long.
func (f *findings) add(w *walker, selector int) {
	place, again := f.last[selector]
	if again && (place == w.place || f.bytes+w.pathLen()/prefilter.MaxGrowth > maxPathBytes) {
		return
	}
	f.keep(reason{selector: selector, path: string(w.pathText())}, w.place)
}

func (f *findings) keep(r reason, place int) {
	if _, again := f.last[r.selector]; again && f.bytes+len(r.path) > maxPathBytes {
		return
	}
	f.bytes += len(r.path)
	if _, ok := f.known[r]; ok {
		return
	}
	if f.known == nil {
		f.known, f.last = map[reason]struct{}{}, map[int]int{}
	}
	f.known[r], f.last[r.selector] = struct{}{}, place
	f.reasons = append(f.reasons, r)
}

// pathIs compares the present path with a selector's.
func (w *walker) pathIs(path string) bool {
	if w.pathLen() > prefilter.MaxGrowth*len(path) {
		return false
	}
	return string(w.pathText()) == path
}

// pathLen is the length of the present path as it stands in the record.
func (w *walker) pathLen() int {
	path := w.path[w.root:]
	n := len(w.base) + max(0, len(path)-1)
	for _, s := range path {
		n += s.end - s.start
	}
	return n
}

// pathText writes the present path out: the decoded keys joined by dots.
func (w *walker) pathText() []byte {
	path := w.path[w.root:]
	if len(path) == 0 && !w.based {
		return nil
	}
	text := append(w.buffers.path[:0], w.base...)
	for i, s := range path {
		if i > 0 || w.based {
			text = append(text, '.')
		}
		text = s.appendText(text, w.b)
	}
	w.buffers.path = text
	return text
}

func (w *walker) verdict() ([]Hit, []Near) {
	hits := w.hits()
	return hits, w.nears(hits)
}

// hits sorts what was found by query, selector and place in the record.
func (w *walker) hits() []Hit {
	if len(w.found.reasons) == 0 {
		return nil
	}
	slices.SortStableFunc(w.found.reasons, func(a, b reason) int { return a.selector - b.selector })
	var hits []Hit
	for _, r := range w.found.reasons {
		s := &w.m.selectors[r.selector]
		if len(hits) == 0 || hits[len(hits)-1].Query != s.query {
			hits = append(hits, Hit{Query: s.query})
		}
		last := &hits[len(hits)-1]
		last.Why = append(last.Why, dsr.Why{Selector: s.index, Path: r.path})
	}
	return hits
}
