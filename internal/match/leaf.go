package match

import (
	"bytes"

	"dsr-server/internal/dsr"
)

// asks say which comparisons a leaf is worth.
type asks uint8

const (
	askEqual  asks = 1 << iota // exact and normalized
	askWithin                  // contains
	askPhone
	askMention // near misses: these and the following
	askEscaped
	askDigits
	askMailbox
)

// leaf compares a string leaf with every value. The sieves spare nearly every leaf; decide
// makes the comparisons as they are defined. Beside the metadata nothing matches, and what
// would is a near miss.
func (w *walker) leaf(i, end int, t traits, in region) {
	w.in = in
	if w.each != nil && in == searched {
		w.each(w.pathText(), w.text(w.b[i:end], t))
	}
	if ask := w.sieve(i, end, t); ask != 0 {
		w.decide(w.text(w.b[i:end], t), ask)
	}
	if mayHoldJSON(w.b[i:end]) {
		w.inside(i, end, in)
	}
}

func (w *walker) sieve(i, end int, t traits) (ask asks) {
	m, raw := w.m, w.b[i:end]
	var pass bool
	switch {
	case !m.equal.used:
	case t&(escaped|nonASCII) == 0:
		pass = m.equal.passASCII(w.b, i, end)
	default:
		pass = m.equal.passAny(raw)
	}
	if pass {
		ask |= askEqual
	}
	if len(m.contains) > 0 {
		if pass, w.buffers.skeleton = m.within.pass(raw, t, w.buffers.skeleton); pass {
			ask |= askWithin
		}
	}
	if m.phones.used && m.phones.sieve.pass(raw) {
		ask |= askPhone
	}
	if m.spoken.used && len(raw) >= m.spoken.shortest {
		if pass, w.buffers.skeleton = m.spoken.pass(raw, t, w.buffers.skeleton); pass {
			ask |= askMention
		}
		if mayBeEscaped(raw, t) {
			ask |= askEscaped
		}
	}
	return ask | m.sieveNear(raw)
}

func (w *walker) decide(text []byte, ask asks) {
	m := w.m
	w.leafText = text
	if ask&askPhone != 0 {
		w.decidePhone(string(text))
	}
	w.add(m.exact[string(text)])
	folded := w.fold(text)
	equal := string(folded)
	if mayHoldACE(folded) {
		equal = dsr.FoldDomain(equal)
	}
	w.add(m.folded[equal])
	w.miss(m.alike[equal], NearSpelling)
	w.miss(m.idFolds[equal], NearOtherKey)
	if ask&askWithin != 0 {
		for i := range m.contains {
			if bytes.Contains(folded, m.contains[i].folded) {
				w.add(m.contains[i].selectors)
			}
		}
	}
	if ask >= askMention || ask&askEqual != 0 {
		w.decideNear(text, folded, ask)
	}
}

func (w *walker) fold(text []byte) []byte {
	if isASCII(text) {
		w.buffers.folded = foldASCII(w.buffers.folded[:0], text)
		return w.buffers.folded
	}
	return []byte(dsr.FoldText(string(text)))
}

func (w *walker) number(i int, in region) int {
	end := numberEnd(w.b, i)
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
	if w.m.phones.used {
		w.phoneNumber(w.b[i:end])
	}
	if w.m.digits != nil && integer(w.b[i:end]) {
		w.miss(w.m.digits[string(w.b[i:end])], NearDigits)
	}
	return end
}

// id compares the value of the record's id with every conversation id.
func (w *walker) id(i, end int, t traits) {
	if t == 0 && !w.m.idHashes.has(quickHash(w.b, i, end)) {
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
