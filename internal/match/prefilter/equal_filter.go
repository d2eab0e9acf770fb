package prefilter

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

// equalFilter says quickly of nearly every leaf that it is equal to none of the
// values, in exact and normalized; it never says so wrongly. Both modes are asked at
// once: what is equal has equal folds.
type equalFilter struct {
	used    bool
	blanks  bool       // a fold has a blank, for which a leaf may have several
	ace     bool       // a fold is an address whose domain a leaf may have in its ASCII form
	lengths [16]uint64 // of the folds that are ASCII: bit n, or the last bit for n and above
	ascii   bloom      // of quickHash of those folds
	parts   bloom      // of the first 2, 4, 8, 16 characters of every base form, and of all of it
	open    bloom      // of such beginnings that lie before the domain of an address; see ace
}

// add takes in a folded value.
func (s *equalFilter) add(folded string) {
	s.used = true
	s.blanks = s.blanks || strings.Contains(folded, " ")
	s.ace = s.ace || mayBeACE(folded)
	b := []byte(folded)
	if IsASCII(b) {
		s.lengths[lengthBit(len(b))/64] |= 1 << (lengthBit(len(b)) % 64)
		s.ascii.add(quickHash(b, 0, len(b)))
	}
	p := prefixer{into: &s.parts}
	for _, r := range folded {
		p.add(r)
		if r == '@' && mayBeACE(folded) {
			s.open.add(p.beginning)
		}
	}
	s.parts.add(p.whole())
}

// mayBeACE reports whether an address may have a domain that is written otherwise in its
// ASCII form: one that is not ASCII, or has the letters for which a sharp s stands.
func mayBeACE(folded string) bool {
	_, domain, found := strings.Cut(folded, "@")
	return found && (!IsASCII([]byte(domain)) || strings.Contains(domain, "ss"))
}

// mayHoldACE reports whether a text may hold "xn--", in either case.
func mayHoldACE(text []byte) bool {
	return bytes.Contains(text, []byte("n--")) || bytes.Contains(text, []byte("N--"))
}

// pass decides about the leaf b[i:end].
func (s *equalFilter) pass(b []byte, i, end int, t Traits) bool {
	if t&(Escaped|NonASCII) == 0 {
		return s.passASCII(b, i, end)
	}
	return s.passAny(b[i:end])
}

// passASCII is for a leaf b[i:end] without escapes and without bytes over 0x7F: all the
// white space there can be is the space, and but for runs of it folding keeps the length.
func (s *equalFilter) passASCII(b []byte, i, end int) bool {
	for i < end && b[i] == ' ' {
		i++
	}
	for i < end && b[end-1] == ' ' {
		end--
	}
	n := lengthBit(end - i)
	if s.lengths[n/64]>>(n%64)&1 != 0 && s.ascii.has(quickHash(b, i, end)) {
		return true
	}
	if !s.blanks && !s.ace || s.beginsOtherwise(b[i:end]) {
		return false
	}
	return s.blanks && bytes.Contains(b[i:end], []byte("  ")) || s.ace && mayHoldACE(b[i:end])
}

// beginsOtherwise reports whether a text begins with two letters that no value's base form
// begins with; most are given up by that.
func (s *equalFilter) beginsOtherwise(raw []byte) bool {
	return len(raw) >= 2 && plainLetter[raw[0]] && plainLetter[raw[1]] &&
		!s.parts.has(mix(mix(0, rune(raw[0]|0x20)), rune(raw[1]|0x20)))
}

func lengthBit(n int) uint { return uint(min(n, 16*64-1)) }

// passAny is for any leaf: its base form must begin as some value's does, and most are
// given up after two characters.
func (s *equalFilter) passAny(raw []byte) bool {
	if s.beginsOtherwise(raw) { // which the loop would find
		return false
	}
	p := prefixer{filter: s}
	for i := 0; i < len(raw); {
		r, n := rune(raw[i]), 1
		switch {
		case r == '\\':
			r, n = Unescape(raw, i)
		case r >= utf8.RuneSelf:
			r, n = utf8.DecodeRune(raw[i:])
		}
		if !p.add(r) {
			return p.open
		}
		i += n
	}
	return s.parts.has(p.whole())
}

// prefixer hashes the trimmed base form of a text, character by character. The hashes of
// its first 2, 4, 8 and 16 characters go into a filter, or are looked up in a filter's.
type prefixer struct {
	hash      uint64
	n         int
	blank     bool   // white space at the end so far: it counts, once, only if more follows
	beginning uint64 // the latest of these hashes
	into      *bloom
	filter    *equalFilter
	open      bool // what follows does not matter
}

// add takes in the next character; false means that the filter has decided.
func (p *prefixer) add(r rune) bool {
	if r < utf8.RuneSelf {
		if r-'A' < 26 && r >= 'A' {
			r |= 0x20
		}
		return p.letter(r)
	}
	one, more := baseFormOf(r)
	if one >= 0 {
		return p.letter(one)
	}
	for _, r := range more {
		if !p.letter(r) {
			return false
		}
	}
	return true
}

func (p *prefixer) letter(r rune) bool {
	if unicode.IsSpace(r) {
		p.blank = p.n > 0
		return true
	}
	if p.blank {
		if p.blank = false; !p.mix(' ') {
			return false
		}
	}
	return p.mix(r)
}

func (p *prefixer) mix(r rune) bool {
	p.n++
	p.hash = mix(p.hash, r)
	if p.n > 16 || p.n&(p.n-1) != 0 || p.n == 1 {
		return true
	}
	p.beginning = p.hash
	if p.filter == nil {
		p.into.add(p.hash)
		return true
	}
	p.open = p.filter.open.has(p.hash)
	return !p.open && p.filter.parts.has(p.hash)
}

func mix(h uint64, r rune) uint64 {
	return (bits.RotateLeft64(h, 23) ^ uint64(r)) * prime1 //nolint:gosec // a character is never negative
}

// plainLetter are the ASCII letters.
var plainLetter = func() (is [256]bool) {
	for c := 'a'; c <= 'z'; c++ {
		is[c], is[c-0x20] = true, true
	}
	return is
}()

// whole is the hash of all of it, which is none of its beginnings'.
func (p *prefixer) whole() uint64 { return ^p.hash * prime2 }

// bloom is a set of hashes that may have too much in it: 8 KB, which stay in the
// first-level cache; a hundred requests fill it to about one in a hundred.
type bloom [1 << 10]uint64

func (b *bloom) add(h uint64)      { b[h>>54] |= 1 << (h >> 48 & 63) }
func (b *bloom) has(h uint64) bool { return b[h>>54]>>(h>>48&63)&1 != 0 }

// The multipliers of xxHash and of the golden ratio: odd, with well-spread bits.
const (
	prime1 = 0x9E3779B97F4A7C15
	prime2 = 0xC2B2AE3D27D4EB4F
)

// quickHash looks at the length and the first and last eight bytes of b[i:end], upper
// and lower case alike.
func quickHash(b []byte, i, end int) uint64 {
	n := end - i
	var first, last uint64
	switch {
	case n >= 8:
		first = binary.LittleEndian.Uint64(b[i:])
		last = binary.LittleEndian.Uint64(b[end-8:])
	case len(b)-i >= 8:
		first = binary.LittleEndian.Uint64(b[i:]) & (1<<(8*uint(n)) - 1)
	default:
		for k := range n {
			first |= uint64(b[i+k]) << (8 * uint(k))
		}
	}
	h := ((first|0x20*ones)^uint64(n)*prime2)*prime1 ^ (last|0x20*ones)*prime2 //nolint:gosec // n is a length
	return (h ^ h>>32) * prime1
}

// IsASCII reports whether b has no byte beyond ASCII.
func IsASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
