package prefilter

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mentionFilter finds the leaves that may mention a value. It must be quick in long texts,
// and decides nothing, so it looks at the bytes as they stand: for the longest run of
// ASCII in the value, in either case; or if there is none, for the value as it was given,
// in small and in capital letters. A mention in another spelling (full-width letters,
// numbered escapes of ASCII) may be passed over.
type mentionFilter struct {
	used     bool
	shortest int
	pivots   []*pivot
	words    gramTable
	foreign  gramTable // as UTF-8
}

// pivot is a character that few texts hold, with the values that hold it inside: "@",
// which every address has, or a digit. One character can be looked for very fast.
type pivot struct {
	char   byte
	values []pivotValue
	before int   // how many characters before it every value has, up to maxBefore
	around bloom // hashes of these and of the one after it
	at     map[uint64][]pivotValue
}

type pivotValue struct {
	text []byte
	at   int // of the pivot
}

// maxBefore characters and one after it tell nearly every value from the rest.
const maxBefore = 6

func (s *mentionFilter) add(value, folded string) {
	anchor := anchorOf(folded)
	if !s.used {
		s.used, s.shortest = true, len(folded)
	}
	if len(anchor) < minAnchor {
		for _, v := range []string{folded, strings.ToUpper(folded), titled(folded), value} {
			b := FoldASCII(nil, []byte(strings.TrimSpace(v)))
			s.foreign.values = append(s.foreign.values, b)
			s.shortest = min(s.shortest, len(b))
		}
		return
	}
	s.shortest = min(s.shortest, len(anchor))
	if !s.addPivot(anchor) {
		s.words.values = append(s.words.values, []byte(anchor))
	}
}

// maxPivots is how many characters are worth being looked for one after the other.
const maxPivots = 3

// addPivot finds the value a pivot, if there is a good one: better one that others have.
func (s *mentionFilter) addPivot(anchor string) bool {
	inside := anchor[1 : len(anchor)-1]
	at := 1 + strings.IndexByte(inside, '@')
	if at == 0 {
		at = 1 + strings.IndexFunc(inside, func(r rune) bool { return r != '@' && s.known(r) })
	}
	if at == 0 {
		at = 1 + strings.IndexAny(inside, "0123456789")
	}
	if at == 0 {
		return false
	}
	p := s.pivot(anchor[at])
	if p == nil {
		return false
	}
	p.values = append(p.values, pivotValue{[]byte(anchor), at})
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

func (s *mentionFilter) build() {
	for _, p := range s.pivots {
		p.build()
	}
	s.words.build()
	s.foreign.build()
}

// minAnchor is the shortest run of ASCII worth looking for.
const minAnchor = 3

// anchorOf is the longest run of ASCII that JSON writes as it is.
func anchorOf(folded string) string {
	return longest(folded, func(r rune) bool {
		return r >= utf8.RuneSelf || r < 0x20 || r == '"' || r == '\\' || r == '/'
	})
}

// titled puts a capital at the beginning of each word.
func titled(s string) string {
	before := ' '
	return strings.Map(func(r rune) rune {
		start := unicode.IsSpace(before)
		before = r
		if start {
			return unicode.ToTitle(r)
		}
		return r
	}, s)
}

// pass decides about the leaf raw; scratch is used like that of containsFilter.pass.
func (s *mentionFilter) pass(raw []byte, t Traits, scratch []byte) (bool, []byte) {
	if len(raw) < s.shortest {
		return false, scratch
	}
	for _, p := range s.pivots {
		if p.occurs(raw) {
			return true, scratch
		}
	}
	if s.words.occurs(raw) {
		return true, scratch
	}
	if s.foreign.skip == nil || t&(NonASCII|Numbered) == 0 {
		return false, scratch
	}
	if t&Numbered != 0 {
		scratch = Decode(scratch[:0], raw)
		raw = scratch
	}
	return s.foreign.occurs(raw), scratch
}

// occurs looks at every pivot in the leaf.
func (p *pivot) occurs(raw []byte) bool {
	for from := 0; ; {
		i := bytes.IndexByte(raw[from:], p.char)
		if i < 0 {
			return false
		}
		i += from
		from = i + 1
		if i < p.before || from == len(raw) {
			continue
		}
		if h := p.hash(raw, i); p.around.has(h) && standsAround(p.at[h], raw, i) {
			return true
		}
	}
}

func (p *pivot) build() {
	p.before = maxBefore
	for _, v := range p.values {
		p.before = min(p.before, v.at)
	}
	for _, v := range p.values {
		h := p.hash(v.text, v.at)
		p.around.add(h)
		p.at[h] = append(p.at[h], v)
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
