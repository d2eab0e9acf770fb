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
// makes the comparisons as they are defined. Outside of the metadata nothing matches, and
// what would is a near miss.
func (w *walker) leaf(i, end int, t prefilter.Traits, in region) {
	w.in = in
	if w.told != nil && in == searched {
		*w.told = append(*w.told, leaf{string(w.pathText()), string(w.text(w.b[i:end], t))})
	}
	var ask prefilter.Asks
	if ask, w.buffers.filter = w.m.filter.Perhaps(w.b, i, end, t, &w.sights, w.buffers.filter); ask != 0 {
		w.decide(w.text(w.b[i:end], t), ask)
	}
	if in != identity && mayHoldJSON(w.b[i:end]) {
		w.inside(i, end, in)
	}
}

func (w *walker) decide(text []byte, ask prefilter.Asks) {
	m := w.m
	w.leafText = text
	if ask&prefilter.Phone != 0 {
		w.decidePhone(string(text))
	}
	if ask&(prefilter.Equal|prefilter.Within) != 0 {
		w.add(m.exact[string(text)])
		folded := w.fold(text)
		equal := foldDomain(folded)
		w.add(m.folded[string(equal)])
		w.miss(m.alike[string(equal)], NearSpelling)
		w.miss(m.idFolds[string(equal)], NearOtherKey)
		for i := range m.contains {
			if ask&prefilter.Within != 0 && bytes.Contains(folded, m.contains[i].folded) {
				w.add(m.contains[i].selectors)
			}
		}
	}
	if ask >= prefilter.Mention {
		w.decideNear(text, ask)
	}
}

func (w *walker) fold(text []byte) []byte {
	if prefilter.IsASCII(text) {
		w.buffers.folded = prefilter.FoldASCII(w.buffers.folded[:0], text)
		return w.buffers.folded
	}
	return []byte(dsr.FoldText(string(text)))
}

// foldDomain is dsr.FoldDomain, without a copy of what is no address.
func foldDomain(folded []byte) []byte {
	if bytes.IndexByte(folded, '@') < 0 {
		return folded
	}
	return []byte(dsr.FoldDomain(string(folded)))
}

func (w *walker) number(i int, in region) int {
	end := prefilter.NumberEnd(w.b, i)
	switch {
	case end < 0:
		return w.fail(i, "not a JSON number")
	case in == identity:
		w.numberID(w.b[i:end], identity)
	case in >= placed:
		w.placedNumber(w.b[i:end], in)
	case in != elsewhere:
		w.decideNumber(w.b[i:end], in)
	}
	return end
}

// placedText compares a string in a place that might have gone on, or is the id.
func (w *walker) placedText(i, end int, t prefilter.Traits, in region) {
	p := &w.m.schema.places[in-placed]
	w.leaves = w.leaves || p.own == searched && end > i
	switch {
	case p.id && p.own == searched:
		w.id(i, end, t, searched)
	case p.id:
		w.id(i, end, t, identity)
	case p.own != elsewhere:
		w.leaf(i, end, t, p.own)
	}
}

// placedNumber does the same for a number.
func (w *walker) placedNumber(tok []byte, in region) {
	p := &w.m.schema.places[in-placed]
	switch {
	case p.id && p.own == searched:
		w.numberID(tok, searched)
	case p.id:
		w.numberID(tok, identity)
	case p.own != elsewhere:
		w.decideNumber(tok, p.own)
	}
}

// numberID compares a number that is the record's id by its digits. rest is what it is a part
// of beside that.
func (w *walker) numberID(tok []byte, rest region) {
	w.place++ // what stands before and after may have no path either
	if integer(tok) {
		w.addID(tok, w.m.ids[string(tok)])
	}
	w.decideNumber(tok, rest)
	w.place++
}

// addID notes selectors that ask for the record's id, which is on no path.
func (w *walker) addID(text []byte, selectors []int) {
	root := w.root
	w.in, w.leafText, w.root = searched, text, len(w.path)
	w.add(selectors)
	w.root = root
}

func (w *walker) decideNumber(tok []byte, in region) {
	w.in, w.leafText = in, tok
	w.leaves = w.leaves || in == searched
	if w.m.numbers.byValue != nil {
		w.add(w.m.numbers.find(tok))
	}
	if len(w.m.phones) > 0 {
		w.phoneNumber(tok)
	}
	if w.m.digits != nil && integer(tok) {
		w.miss(w.m.digits[string(tok)], NearDigits)
	}
}

// id compares the value of the record's id with every conversation id. What else it says is
// looked at like what stands beside the metadata, or in it.
func (w *walker) id(i, end int, t prefilter.Traits, rest region) {
	w.place++ // what stood before and follows may have no path either
	if t&(prefilter.Escaped|prefilter.NonASCII) != 0 || w.m.filter.PerhapsID(w.b, i, end) {
		w.decideID(w.text(w.b[i:end], t))
	}
	if rest == searched || w.m.schema.others == outside {
		w.leaf(i, end, t, rest)
	}
	w.place++
}

func (w *walker) decideID(text []byte) {
	equal := w.m.ids[string(text)]
	w.addID(text, equal)
	if same := w.m.idFolds[dsr.Fold(string(text))]; same != nil && equal == nil {
		w.in = identity
		w.miss(same, NearIDCase)
	}
}
