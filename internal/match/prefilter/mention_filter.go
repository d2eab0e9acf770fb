package prefilter

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mentionFilter finds the leaves that may mention a value: those in whose spoken form the
// value's stands. For most leaves nothing has to be worked out: where there is no odd
// character, the longest word of ASCII in the folded value stands as it is, in either case.
type mentionFilter struct {
	shortest int // of the words
	longest  int
	pivots   []*pivot
	words    gramTable
	needed   [][]byte  // every word
	spoken   gramTable // of all values
	odd      oddities
	brief    bool // the words of an ASCII value are too short to be looked for quickly
}

// pivot is a character that few texts hold, with the values that hold it inside: "@",
// which every address has, or a digit. One character can be looked for very fast.
type pivot struct {
	char   byte
	values []pivotValue
	before int     // how many characters before it every value has, up to maxBefore
	after  bytesOf // of the values: what stands after it
	ahead  bytesOf // and before it
	first  bool    // it begins some value
	around bloom   // hashes of these and of the one after it
	at     map[uint64][]pivotValue
}

type pivotValue struct {
	text []byte
	at   int // of the pivot
}

// maxBefore characters and one after it tell nearly every value from the rest.
const maxBefore = 6

// add takes in a folded value.
func (s *mentionFilter) add(folded string) {
	spoken := bytes.TrimRight(AppendSpoken(nil, []byte(folded)), " ")
	if len(spoken) == 0 {
		return
	}
	s.spoken.values = append(s.spoken.values, spoken)
	if strings.Contains(folded, "ss") {
		s.odd.sharpS, s.odd.more = true, true
	}
	notASCII := func(r rune) bool { return r >= utf8.RuneSelf || writtenOtherwise(r) }
	word := longest(folded, notASCII)
	if len(word) < minWord && !IsASCII([]byte(folded)) {
		base := string(AppendBaseForm(nil, []byte(strings.Map(blankForControl, folded))))
		s.odd.add(base)
		if word = longest(base, notASCII); !IsASCII([]byte(base)) {
			return // nor is a leaf that mentions it
		}
	}
	if len(word) < minWord {
		s.brief = true
		return
	}
	if s.shortest == 0 {
		s.shortest = len(word)
	}
	s.shortest, s.longest = min(s.shortest, len(word)), max(s.longest, len(word))
	s.odd.words.add(word)
	s.needed = append(s.needed, []byte(word))
	known := func(w []byte) bool { return string(w) == word }
	if !s.addPivot(word) && !slices.ContainsFunc(s.words.values, known) {
		s.words.values = append(s.words.values, []byte(word))
	}
}

// blankForControl parts words at control characters, which are not in the base form: in a leaf
// they stand as they are.
func blankForControl(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}

// writtenOtherwise reports whether an ASCII character may be missing, or be another, in a leaf
// with the same spoken form, or is often written as an escape.
func writtenOtherwise(r rune) bool {
	switch c := asciiSpoken[r]; c {
	case 0, ' ', '\\', '/', '<', '>', '&':
		return true
	}
	return false
}

// maxPivots is how many characters are worth being looked for one after the other.
const maxPivots = 3

// addPivot finds the value a pivot, if there is a good one: better one that others have, and
// a digit near the end, where ids that begin alike differ.
func (s *mentionFilter) addPivot(word string) bool {
	inside := word[1 : len(word)-1]
	at := strings.IndexByte(inside, '@')
	if at < 0 {
		at = strings.LastIndexFunc(inside, func(r rune) bool { return r != '@' && s.known(r) })
	}
	if at < 0 {
		at = strings.LastIndexAny(inside, "0123456789")
	}
	if at < 0 {
		return false
	}
	p := s.pivot(word[at+1])
	if p == nil {
		return false
	}
	p.values = append(p.values, pivotValue{[]byte(word), at + 1})
	return true
}

func (s *mentionFilter) known(c rune) bool {
	return slices.ContainsFunc(s.pivots, func(p *pivot) bool { return rune(p.char) == c })
}

// pivot returns the one for c, or nil when there are enough others.
func (s *mentionFilter) pivot(c byte) *pivot {
	for _, p := range s.pivots {
		if p.char == c {
			return p
		}
	}
	if len(s.pivots) == maxPivots {
		return nil
	}
	p := &pivot{char: c, at: map[uint64][]pivotValue{}}
	s.pivots = append(s.pivots, p)
	return p
}

// rareLetters are those worth being looked for in both cases, the rarest first.
const rareLetters = "qxjzwykvpbfgm"

// addLetter makes a letter a pivot for the only word that has none.
func (s *mentionFilter) addLetter(word string) {
	for _, c := range []byte(rareLetters) {
		at := strings.IndexByte(word[:len(word)-1], c)
		if at < 0 || len(s.pivots)+2 > maxPivots {
			continue
		}
		for _, c := range []byte{c, c &^ 0x20} {
			p := s.pivot(c)
			p.values = append(p.values, pivotValue{[]byte(word), at})
		}
		s.words.values = nil
		return
	}
}

func (s *mentionFilter) build() {
	if len(s.words.values) == 1 {
		s.addLetter(string(s.words.values[0]))
	}
	for _, p := range s.pivots {
		p.build()
	}
	s.words.build()
	s.spoken.build()
}

// minWord is the shortest word worth looking for in every leaf.
const minWord = 3

// pass decides about a leaf; scratch is used like that of containsFilter.pass. word says that
// one of the words stands in it.
func (s *mentionFilter) pass(raw []byte, t Traits, word bool, scratch []byte) (bool, []byte) {
	if !s.brief && !word && !s.oddIn(raw, t) {
		return false, scratch
	}
	scratch = rawSpoken(scratch[:0], raw)
	return s.spoken.occurs(scratch), scratch
}

// oddIn reports whether a word may stand in a leaf with an odd character in it.
func (s *mentionFilter) oddIn(raw []byte, t Traits) bool {
	if t&(NonASCII|Numbered) == 0 || t&(NoStandIn|Numbered) == NoStandIn && !s.odd.more && !s.odd.foreign.used {
		return false
	}
	return s.odd.in(raw, t&Numbered != 0)
}

// wordIn looks for the words in a leaf that no sights are known of.
func (s *mentionFilter) wordIn(raw []byte, t Traits) bool {
	if len(raw) < s.shortest {
		return false
	}
	for _, p := range s.pivots {
		if (p.char != '@' || t&Signless == 0) && p.find(raw, 0) >= 0 {
			return true
		}
	}
	return s.words.occurs(raw)
}

// passSpoken decides about a text by its spoken form.
func (s *mentionFilter) passSpoken(spoken []byte) bool { return s.spoken.occurs(spoken) }

// find is where the first pivot from raw[from] on stands that has a word around it, or -1.
func (p *pivot) find(raw []byte, from int) int {
	for {
		i := bytes.IndexByte(raw[from:], p.char)
		if i < 0 {
			return -1
		}
		i += from
		from = i + 1
		if i < p.before || from == len(raw) || !p.after[raw[from]] || !p.first && !p.ahead[raw[i-1]] {
			continue
		}
		if h := p.hash(raw, i); p.around.has(h) && standsAround(p.at[h], raw, i) {
			return i
		}
	}
}

func (p *pivot) build() {
	p.before = maxBefore
	for _, v := range p.values {
		p.before = min(p.before, v.at)
	}
	for _, v := range p.values {
		p.note(v)
		h := p.hash(v.text, v.at)
		p.around.add(h)
		p.at[h] = append(p.at[h], v)
	}
}

// note takes in the characters beside the pivot, by which nearly all others are given up.
func (p *pivot) note(v pivotValue) {
	p.after.add(v.text[v.at+1])
	if p.first = p.first || v.at == 0; v.at > 0 {
		p.ahead.add(v.text[v.at-1])
	}
}

// bytesOf is a set of bytes, letters in both cases.
type bytesOf [256]bool

func (s *bytesOf) add(c byte) {
	s[c] = true
	if plainLetter[c] {
		s[c&^0x20] = true
	}
}

// hash takes the characters around a pivot at b[i], upper and lower case alike.
func (p *pivot) hash(b []byte, i int) uint64 {
	h := uint64(b[i+1] | 0x20)
	for _, c := range b[i-p.before : i] {
		h = h<<8 | uint64(c|0x20)
	}
	return h * prime1
}

func standsAround(values []pivotValue, raw []byte, i int) bool {
	for _, v := range values {
		if i >= v.at && hasPrefixFold(raw[i-v.at:], v.text) {
			return true
		}
	}
	return false
}
