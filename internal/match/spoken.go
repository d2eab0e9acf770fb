package match

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// spokenSieve finds the leaves that may mention a value. It must be quick in long texts,
// and decides nothing, so it looks at the bytes as they stand: for the longest stretch of
// ASCII in the value, in either case; or if there is none, for the value as it was given,
// in small and in capital letters. A mention in another spelling (full-width letters,
// numbered escapes of ASCII) may be passed over.
type spokenSieve struct {
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
	around [1 << 16 / 64]uint64 // the characters before and behind it
	values []pivotValue
}

type pivotValue struct {
	text []byte
	at   int // of the pivot
}

func (s *spokenSieve) add(value, folded string) {
	anchor := anchorOf(folded)
	if !s.used {
		s.used, s.shortest = true, len(folded)
	}
	if len(anchor) < minAnchor {
		for _, v := range []string{folded, strings.ToUpper(folded), titled(folded), value} {
			b := foldASCII(nil, []byte(strings.TrimSpace(v)))
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

const (
	// maxPivots is how many characters are worth being looked for one after the other.
	maxPivots = 3
	// longWord is from which length on a table moves in steps wide enough.
	longWord = 12
)

// addPivot finds the value a pivot, if there is a good one.
func (s *spokenSieve) addPivot(anchor string) bool {
	inside := anchor[1 : len(anchor)-1]
	at := 1 + strings.IndexByte(inside, '@')
	if at == 0 && len(anchor) < longWord {
		at = 1 + strings.IndexAny(inside, "0123456789")
	}
	if at == 0 {
		return false
	}
	p := s.pivot(anchor[at])
	if p == nil {
		return false
	}
	bit := pairOf(anchor[at-1], anchor[at+1])
	p.around[bit/64] |= 1 << (bit % 64)
	p.values = append(p.values, pivotValue{[]byte(anchor), at})
	return true
}

// pivot returns the one for c, or nil when there are enough others.
func (s *spokenSieve) pivot(c byte) *pivot {
	for _, p := range s.pivots {
		if p.char == c {
			return p
		}
	}
	if len(s.pivots) == maxPivots {
		return nil
	}
	p := &pivot{char: c}
	s.pivots = append(s.pivots, p)
	return p
}

func (s *spokenSieve) build() {
	s.words.build()
	s.foreign.build()
}

// minAnchor is the shortest stretch of ASCII worth looking for.
const minAnchor = 3

// anchorOf is the longest stretch of ASCII that JSON writes as it is.
func anchorOf(folded string) (longest string) {
	stretches := strings.FieldsFunc(folded, func(r rune) bool {
		return r >= utf8.RuneSelf || r < 0x20 || r == '"' || r == '\\' || r == '/'
	})
	for _, s := range stretches {
		if len(s) > len(longest) {
			longest = s
		}
	}
	return longest
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

// pass decides about the leaf raw; scratch is used like that of substringSieve.pass.
func (s *spokenSieve) pass(raw []byte, t traits, scratch []byte) (bool, []byte) {
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
	if s.foreign.skip == nil || t&(nonASCII|hexed) == 0 {
		return false, scratch
	}
	if t&hexed != 0 {
		scratch = decode(scratch[:0], raw)
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
		if i == 0 || from == len(raw) {
			continue
		}
		bit := pairOf(raw[i-1], raw[from])
		if p.around[bit/64]>>(bit%64)&1 != 0 && p.standsAround(raw, i) {
			return true
		}
	}
}

func (p *pivot) standsAround(raw []byte, i int) bool {
	for _, v := range p.values {
		if i >= v.at && hasPrefixFold(raw[i-v.at:], v.text) {
			return true
		}
	}
	return false
}

func pairOf(a, b byte) uint { return uint(a|0x20)<<8 | uint(b|0x20) }
