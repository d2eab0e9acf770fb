package match

import (
	"bytes"

	"dsr-server/internal/dsr"
)

// leaf compares a string leaf of the metadata with every value. The sieves spare
// nearly every leaf; decide makes the comparisons as they are defined.
func (w *walker) leaf(i, end int, t traits) {
	m := w.m
	var equal, within bool
	switch {
	case !m.equal.used:
	case t&(escaped|nonASCII) == 0:
		equal = m.equal.passASCII(w.b, i, end)
	default:
		equal = m.equal.passAny(w.b[i:end])
	}
	if len(m.contains) > 0 {
		within, w.buffers.skeleton = m.within.pass(w.b[i:end], t, w.buffers.skeleton)
	}
	if equal || within {
		w.decide(w.text(w.b[i:end], t), within)
	}
}

func (w *walker) decide(text []byte, within bool) {
	m := w.m
	w.add(m.exact[string(text)])
	var folded []byte
	if isASCII(text) {
		w.buffers.folded = foldASCII(w.buffers.folded[:0], text)
		folded = w.buffers.folded
	} else {
		folded = []byte(dsr.Fold(string(text)))
	}
	w.add(m.folded[string(folded)])
	if !within {
		return
	}
	for i := range m.contains {
		if bytes.Contains(folded, m.contains[i].folded) {
			w.add(m.contains[i].selectors)
		}
	}
}

func (w *walker) number(i int, in region) int {
	end := numberEnd(w.b, i)
	if end < 0 {
		return w.fail(i, "not a JSON number")
	}
	if in == inMetadata && w.m.numbers.byValue != nil {
		w.add(w.m.numbers.find(w.b[i:end]))
	}
	return end
}

// id compares the value of a top-level _id with every conversation id.
func (w *walker) id(i, end int, t traits) {
	if t == 0 && !w.m.idHashes.has(quickHash(w.b, i, end)) {
		return
	}
	w.add(w.m.ids[string(w.text(w.b[i:end], t))])
}
