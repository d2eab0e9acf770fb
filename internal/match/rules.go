package match

import (
	"bytes"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match/prefilter"
)

// The rules of matching, as they are defined: which leaves are compared, and what with. A
// match under the selector's key is found, elsewhere it is a near miss (add, findings.go).
// Phone numbers are compared in phone.go, numbers in number.go.

// leaf compares a string leaf with every value. The prefilter spares nearly every leaf; decide
// makes the comparisons as they are defined. Beside the metadata nothing matches, and what
// would is a near miss.
func (w *walker) leaf(i, end int, t prefilter.Traits, in region) {
	w.in = in
	if w.each != nil && in == searched {
		w.each(w.pathText(), w.text(w.b[i:end], t))
	}
	var ask prefilter.Asks
	if ask, w.buffers.filter = w.m.filter.Perhaps(w.b, i, end, t, w.buffers.filter); ask != 0 {
		w.decide(w.text(w.b[i:end], t), ask)
	}
	if mayHoldJSON(w.b[i:end]) {
		w.inside(i, end, in)
	}
}

func (w *walker) decide(text []byte, ask prefilter.Asks) {
	m := w.m
	w.leafText = text
	if ask&prefilter.Phone != 0 {
		w.decidePhone(string(text))
	}
	w.add(m.exact[string(text)])
	folded := w.fold(text)
	equal := dsr.FoldDomain(string(folded))
	w.add(m.folded[equal])
	w.miss(m.alike[equal], NearSpelling)
	w.miss(m.idFolds[equal], NearOtherKey)
	if ask&prefilter.Within != 0 {
		for i := range m.contains {
			if bytes.Contains(folded, m.contains[i].folded) {
				w.add(m.contains[i].selectors)
			}
		}
	}
	if ask >= prefilter.Mention || ask&prefilter.Equal != 0 {
		w.decideNear(text, folded, ask)
	}
}

func (w *walker) fold(text []byte) []byte {
	if prefilter.IsASCII(text) {
		w.buffers.folded = prefilter.FoldASCII(w.buffers.folded[:0], text)
		return w.buffers.folded
	}
	return []byte(dsr.FoldText(string(text)))
}

func (w *walker) number(i int, in region) int {
	end := prefilter.NumberEnd(w.b, i)
	if end < 0 {
		return w.fail(i, "not a JSON number")
	}
	switch in {
	case elsewhere:
		return end
	case identity:
		if integer(w.b[i:end]) { // an id by its digits
			w.in, w.leafText = searched, w.b[i:end]
			w.add(w.m.ids[string(w.b[i:end])])
		}
		return end
	}
	w.in, w.leafText = in, w.b[i:end]
	w.leaves = w.leaves || in == searched
	if w.m.numbers.byValue != nil {
		w.add(w.m.numbers.find(w.b[i:end]))
	}
	if len(w.m.phones) > 0 {
		w.phoneNumber(w.b[i:end])
	}
	if w.m.digits != nil && integer(w.b[i:end]) {
		w.miss(w.m.digits[string(w.b[i:end])], NearDigits)
	}
	return end
}

// id compares the value of the record's id with every conversation id.
func (w *walker) id(i, end int, t prefilter.Traits) {
	if t == 0 && !w.m.filter.PerhapsID(w.b, i, end) {
		return // the hash does not tell capitals from small letters
	}
	text := w.text(w.b[i:end], t)
	w.in, w.leafText = searched, text
	w.add(w.m.ids[string(text)])
	if same := w.m.idFolds[string(w.fold(text))]; same != nil && w.m.ids[string(text)] == nil {
		w.in = identity
		w.miss(same, NearIDCase)
	}
}
