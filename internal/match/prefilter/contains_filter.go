package prefilter

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

// containsFilter says quickly of nearly every leaf that no value of the mode contains
// occurs in it; it never says so wrongly.
type containsFilter struct {
	all   bool      // a value has no base form (it is all marks), so no leaf can be ruled out
	ascii gramTable // of the folds that are ASCII, a piece that JSON writes as it is
	any   gramTable // of the baseForms of all, a piece without white space
	// spelt: an ASCII fold has no such piece.
	spelt bool
	// foreign: a fold is not ASCII, or has the two letters for which a sharp s stands.
	foreign bool
}

// add takes in a folded value.
func (s *containsFilter) add(folded string) {
	b := longest(string(AppendBaseForm(nil, []byte(folded))), unicode.IsSpace)
	if len(b) == 0 {
		s.all = true
		return
	}
	s.any.values = append(s.any.values, []byte(b))
	s.foreign = s.foreign || !IsASCII([]byte(folded)) || strings.Contains(folded, "ss")
	if !IsASCII([]byte(folded)) {
		return
	}
	piece := longest(folded, func(r rune) bool { return r <= ' ' || r == '"' || r == '\\' || r == '/' })
	if piece == "" {
		s.spelt, piece = true, folded
	}
	s.ascii.values = append(s.ascii.values, []byte(piece))
}

// longest is the longest piece of a text between the characters that split it.
func longest(text string, splits func(rune) bool) (piece string) {
	for _, p := range strings.FieldsFunc(text, splits) {
		if len(p) > len(piece) {
			piece = p
		}
	}
	return piece
}

func (s *containsFilter) build() {
	s.ascii.build()
	s.any.build()
}

// pass decides about the leaf raw. In a leaf that is ASCII, a value can only stand if it
// is ASCII itself, and its pieces between white space stand as they are, in either case:
// without skipping an escape, since a short escape encodes a character that no such
// piece has. The same holds for values that are ASCII in a leaf where nothing else stands for
// ASCII. Any other leaf is reduced to its base form first; scratch is where, and is returned
// for the next time.
func (s *containsFilter) pass(raw []byte, t Traits, scratch []byte) (bool, []byte) {
	switch {
	case s.all:
		return true, scratch
	case (t&(NonASCII|Numbered) == 0 || t&(NoStandIn|Numbered) == NoStandIn && !s.foreign) && (t&Escaped == 0 || !s.spelt):
		return s.ascii.occurs(raw), scratch
	case len(raw) == 0:
		return false, scratch
	}
	scratch = rawBaseForm(scratch[:0], raw)
	return s.any.occurs(scratch), scratch
}

// rawBaseForm appends the base form of a string token, but leaves ASCII capitals, which
// the search takes for small letters anyway.
func rawBaseForm(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		start := i
		for i < len(raw) && raw[i] != '\\' && raw[i] < 0x7F {
			i++
		}
		dst = append(dst, raw[start:i]...)
		if i == len(raw) {
			break
		}
		r, n := rawRune(raw, i)
		dst = appendBaseFormOf(dst, r)
		i += n
	}
	return dst
}

// rawRune is the character at raw[i] and how many bytes it takes there.
func rawRune(raw []byte, i int) (rune, int) {
	switch c := raw[i]; {
	case c == '\\':
		return Unescape(raw, i)
	case c-0xC2 <= 0xDF-0xC2 && i+1 < len(raw) && raw[i+1]&0xC0 == 0x80: // most letters, quicker than the library
		return rune(c&0x1F)<<6 | rune(raw[i+1]&0x3F), 2
	case c-0xE1 <= 0xEC-0xE1 && i+2 < len(raw) && raw[i+1]&0xC0 == 0x80 && raw[i+2]&0xC0 == 0x80:
		return rune(c&0x0F)<<12 | rune(raw[i+1]&0x3F)<<6 | rune(raw[i+2]&0x3F), 3
	}
	return utf8.DecodeRune(raw[i:])
}

// gramTable looks for many values at once by the skip table of Wu and Manber ("A fast
// algorithm for multi-pattern searching", 1994): the last few bytes of a window as
// long as the shortest value tell how far the window may move without missing one.
type gramTable struct {
	values [][]byte
	width  int // of the window
	gram   int // bytes looked at: 1 to 3
	mask   uint32
	shift  uint
	skip   []uint8          // by the hash of a gram
	at     map[uint32][]int // by the gram at the end of their window: the values
}

// The table has 16 places for each gram, so that most hold the longest step, within
// limits: the smaller it is, the sooner it is in the cache.
const (
	minGramBits = 8
	maxGramBits = 15 // 32 KB
)

// Few short values have few grams.
const fewValues, shortValue = 3, 6

func (g *gramTable) build() {
	if len(g.values) == 0 {
		return
	}
	g.width = 255
	for _, v := range g.values {
		g.width = min(g.width, len(v))
	}
	g.gram = min(3, g.width)
	if len(g.values) <= fewValues && g.width <= shortValue {
		g.gram = min(2, g.width) // rare enough, and the steps are longer
	}
	g.mask = 1<<(8*uint(g.gram)) - 1
	size := min(max(bits.Len(uint(16*len(g.values)*(g.width-g.gram+1))), minGramBits), maxGramBits)
	g.shift = 32 - uint(size)
	g.at = map[uint32][]int{}
	g.skip = bytes.Repeat([]byte{g.steps(g.gram - 1)}, 1<<size)
	for n, v := range g.values {
		for end := g.gram; end <= g.width; end++ {
			h := g.hash(v, end-g.gram)
			g.skip[h] = min(g.skip[h], g.steps(end))
		}
		last := g.hash(v, g.width-g.gram)
		g.at[last] = append(g.at[last], n)
	}
}

// steps is how far a window may move if its last gram ends a value's first end bytes.
func (g *gramTable) steps(end int) uint8 {
	return uint8(g.width - end) //nolint:gosec // the width is at most 255
}

// hash takes the gram at b[i], upper and lower case alike.
func (g *gramTable) hash(b []byte, i int) uint32 {
	if i <= len(b)-4 {
		return g.hashOf(binary.LittleEndian.Uint32(b[i : i+4]))
	}
	var w uint32
	for k, c := range b[i:] {
		w |= uint32(c) << (8 * k)
	}
	return g.hashOf(w)
}

func (g *gramTable) hashOf(w uint32) uint32 {
	return (w | 0x20202020) & g.mask * 0x9E3779B1 >> g.shift
}

// find is where the first of the values from b[from] on begins, upper and lower case of ASCII
// alike, or -1.
func (g *gramTable) find(b []byte, from int) int {
	if g.skip == nil {
		return -1
	}
	ahead := g.width - g.gram
	if last := g.findBetween(b, from+ahead, len(b)-g.gram+1); last >= 0 {
		return last - ahead
	}
	return -1
}

// occurs reports whether one of the values stands in b, upper and lower case of ASCII alike.
func (g *gramTable) occurs(b []byte) bool {
	if g.skip == nil {
		return false
	}
	first, end := g.width-g.gram, len(b)-g.gram+1
	if part := (end - first) / 4; part > longPart {
		return g.occursInFour(b, first, part, end)
	}
	return g.occursBetween(b, first, end)
}

// longPart is what a part of a text has to be longer than to be looked at by itself.
const longPart = 64

// findBetween looks at the windows whose last grams begin between i and end. It is where that
// of the first value begins, or -1.
func (g *gramTable) findBetween(b []byte, i, end int) int {
	for i < end {
		h := g.hash(b, i)
		if g.skip[h] == 0 && g.standsAt(b[i-(g.width-g.gram):], h) {
			return i
		}
		i += max(int(g.skip[h]), 1)
	}
	return -1
}

func (g *gramTable) occursBetween(b []byte, i, end int) bool { return g.findBetween(b, i, end) >= 0 }

// occursInFour is occursBetween for four parts side by side: the processor waits for
// each step to know where the next begins, and meanwhile takes those of the others.
func (g *gramTable) occursInFour(b []byte, i, part, end int) bool {
	j, k, l := i+part, i+2*part, i+3*part
	endI, endJ, endK := j, k, l
	for i < endI && j < endJ && k < endK && l < end {
		hi, hj, hk, hl := g.hash(b, i), g.hash(b, j), g.hash(b, k), g.hash(b, l)
		si, sj, sk, sl := g.skip[hi], g.skip[hj], g.skip[hk], g.skip[hl]
		if min(si, sj, sk, sl) == 0 {
			if g.occursBetween(b, i, i+1) || g.occursBetween(b, j, j+1) || g.occursBetween(b, k, k+1) || g.occursBetween(b, l, l+1) {
				return true
			}
			si, sj, sk, sl = max(si, 1), max(sj, 1), max(sk, 1), max(sl, 1)
		}
		i, j, k, l = i+int(si), j+int(sj), k+int(sk), l+int(sl)
	}
	return g.occursBetween(b, i, endI) || g.occursBetween(b, j, endJ) || g.occursBetween(b, k, endK) || g.occursBetween(b, l, end)
}

func (g *gramTable) standsAt(b []byte, hash uint32) bool {
	for _, n := range g.at[hash] {
		if hasPrefixFold(b, g.values[n]) {
			return true
		}
	}
	return false
}

// hasPrefixFold takes prefix to be in lower case.
func hasPrefixFold(b, prefix []byte) bool {
	if len(b) < len(prefix) {
		return false
	}
	for i, c := range prefix {
		if b[i] != c && (b[i]-'A' >= 26 || b[i]|0x20 != c) {
			return false
		}
	}
	return true
}
