package prefilter

import (
	"bytes"
	"encoding/binary"
	"strings"

	"dsr-server/internal/dsr"
)

// phoneFilter says quickly of nearly every leaf that it is none of the phone numbers: the
// last digits of a number stand in every leaf that means it, one after the other. What
// is said before them (country and area, prefixes) differs, and is left out.
type phoneFilter struct {
	numbers []string
	mask    uint64 // of as many digits as are compared, 4 bits each
	width   int
	tails   bloom
	exact   map[uint64]struct{} // what the bloom filter is asked about first
}

// tailDigits: a national number shorter than this is compared in full. No country's
// rules change more at the front.
const tailDigits = 6

// countryDigits is the longest country code.
const countryDigits = 3

func (s *phoneFilter) add(number string) { s.numbers = append(s.numbers, number) }

func (s *phoneFilter) build() {
	s.width = tailDigits
	for _, n := range s.numbers {
		s.width = min(s.width, len(n)-len("+")-countryDigits)
	}
	s.width = max(s.width, 1)
	s.mask = 1<<(4*s.width) - 1
	s.exact = map[uint64]struct{}{}
	for _, n := range s.numbers {
		var tail uint64
		for _, c := range []byte(n[len(n)-s.width:]) {
			tail = tail<<4 | uint64(c-'0')
		}
		s.tails.add(tail * prime1)
		s.exact[tail] = struct{}{}
	}
}

func (s *phoneFilter) has(tail uint64) bool {
	if !s.tails.has(tail * prime1) {
		return false
	}
	_, ok := s.exact[tail]
	return ok
}

// pass decides about a leaf that may be a number as a whole (asNumber), or that may hold one.
func (s *phoneFilter) pass(raw []byte, t Traits) (asNumber, within bool) {
	if len(raw) < s.width {
		return false, false
	}
	first := nextDigit(raw, 0, t&Numbered != 0)
	if first == len(raw) {
		return false, false // no number is all letters
	}
	if len(raw) > dsr.MaxPhoneBytes && longerThan(raw, dsr.MaxPhoneBytes) {
		return false, s.occursInLong(raw, first, t&Numbered != 0)
	}
	spelt, within := s.occurs(raw)
	if !spelt && !within && holdsPercent(raw, t) {
		plainly, escaped := s.occursIn(withoutPercents(rawBaseForm(nil, raw)))
		return plainly || escaped, within
	}
	return spelt || within, within
}

// holdsPercent reports whether there may be a percent sign in a text: as it is, as an escape,
// wide or small.
func holdsPercent(raw []byte, t Traits) bool {
	if t&Signless == 0 && bytes.IndexByte(raw, '%') >= 0 {
		return true
	}
	if t&(NonASCII|NoStandIn) == NonASCII && (bytes.Contains(raw, []byte("\uFF05")) || bytes.Contains(raw, []byte("\uFE6A"))) {
		return true
	}
	return t&Numbered != 0 && anyEscaped(raw, "%\uFF05\uFE6A")
}

// anyEscaped reports whether one of the characters stands in a token as a numbered escape.
func anyEscaped(raw []byte, chars string) bool {
	for i := 0; ; {
		at := bytes.IndexByte(raw[i:], '\\')
		if at < 0 {
			return false
		}
		r, n := Unescape(raw, i+at)
		if n >= len(`\u0000`) && strings.ContainsRune(chars, r) {
			return true
		}
		i += at + n
	}
}

// occurs looks at the digits of a leaf (within), and beside them at its digits and letters,
// which are digits on a keypad where there are three or more (spelt).
func (s *phoneFilter) occurs(raw []byte) (spelt, within bool) {
	tail := tails{s: s}
	for i := 0; i < len(raw) && !tail.within; {
		c := raw[i]
		if c != '\\' && c < 0x80 {
			if key := keypad[c]; key != 0 {
				tail.add(key)
			}
			i++
			continue
		}
		r, n := rawRune(raw, i)
		tail.addRune(r)
		i += n
	}
	return tail.spelt, tail.within
}

// occursInLong looks at the digits of a long leaf, whose first one may be raw[i]. Of what stands
// between them only letters matter: none stands in a number.
func (s *phoneFilter) occursInLong(raw []byte, i int, numbered bool) (within bool) {
	tail := tails{s: s, digitsOnly: true}
	for i < len(raw) && !tail.within {
		if c := raw[i]; c-'0' <= 9 {
			tail.add(keypad[c])
			i++
		} else {
			r, n := rawRune(raw, i)
			tail.addRune(r)
			i += n
		}
		next := nextDigit(raw, i, numbered || tail.run > 0)
		if tail.run > 0 && hasLetter(raw[i:min(next, i+maxLook)]) {
			tail.run = 0
		}
		i = next
	}
	return tail.within
}

// maxLook is how far a letter after a digit is looked for.
const maxLook = 32

func hasLetter(b []byte) bool {
	for _, c := range b {
		if plainLetter[c] {
			return true
		}
	}
	return false
}

// nextDigit is where a digit may begin, from raw[i] on, or an escape if these count.
func nextDigit(raw []byte, i int, escapes bool) int {
	wanted := uint8(beginsDigit)
	if escapes {
		wanted |= beginsEscape
	}
	for ; i+8 <= len(raw); i += 8 {
		w := binary.LittleEndian.Uint64(raw[i:])
		x := w ^ '0'*ones
		hit := (x - 10*ones) &^ x & highs
		if escapes {
			slashes := w ^ '\\'*ones
			hit |= (slashes - ones) &^ slashes & highs
		}
		if hit == 0 && (w&highs == 0 || beginnings(w)&beginsDigit == 0) {
			continue
		}
		for n := range 8 {
			if begins[raw[i+n]]&wanted != 0 && !isCommon(raw[i+n:]) {
				return i + n
			}
		}
	}
	for i < len(raw) && (begins[raw[i]]&wanted == 0 || isCommon(raw[i:])) {
		i++
	}
	return i
}

// isCommon reports whether a text begins with a quotation mark, a dash or a letter of Japanese,
// which begin like digits.
func isCommon(b []byte) bool {
	return b[0]|1 == 0xE3 && len(b) > 1 && (b[0] == 0xE2 && b[1] == 0x80 || b[0] == 0xE3 && b[1] < 0x88)
}

// beginnings are those of eight bytes.
func beginnings(w uint64) uint8 {
	return begins[w&0xFF] | begins[w>>8&0xFF] | begins[w>>16&0xFF] | begins[w>>24&0xFF] |
		begins[w>>32&0xFF] | begins[w>>40&0xFF] | begins[w>>48&0xFF] | begins[w>>56]
}

// begins says what a byte may begin: a digit, among them those of other scripts and what
// is written as one, by the first bytes of them all.
var begins = func() (to [256]uint8) {
	for _, c := range []byte("0123456789\xC2\xD9\xDB\xDF\xE0\xE1\xE2\xE3\xEA\xEF\xF0") {
		to[c] = beginsDigit
	}
	to['\\'] = beginsEscape
	return to
}()

const (
	beginsDigit = 1 << iota
	beginsEscape
)

// occursIn is occurs for a text.
func (s *phoneFilter) occursIn(text []byte) (spelt, within bool) {
	tail := tails{s: s}
	for _, r := range string(text) {
		tail.addRune(r)
	}
	return tail.spelt, tail.within
}

// longerThan reports whether the text of raw has more than n bytes: an escape takes
// off five at most for each backslash.
func longerThan(raw []byte, n int) bool {
	return len(raw) > MaxGrowth*n || len(raw)-(MaxGrowth-1)*bytes.Count(raw, []byte{'\\'}) > n
}

// tails are the last digits read so far, and whether a number may have ended: with whatever
// between its digits (spelt), or no letter (within).
type tails struct {
	s              *phoneFilter
	digits, either uint64
	run            int // of digits that no letter stands between
	n, all         int
	digitsOnly     bool
	spelt, within  bool
}

// add takes in a key of the keypad.
func (t *tails) add(key byte) {
	if !t.digitsOnly {
		t.either = (t.either<<4 | uint64(key&0xF)) & t.s.mask
		t.all++
		t.spelt = t.spelt || t.all >= t.s.width && t.s.has(t.either)
	}
	if key&isLetter != 0 {
		t.run = 0
		return
	}
	t.digits = (t.digits<<4 | uint64(key&0xF)) & t.s.mask
	t.n++
	t.run++
	if t.n >= t.s.width && t.s.has(t.digits) {
		t.spelt, t.within = true, t.within || t.run >= t.s.width
	}
}

func (t *tails) addRune(r rune) {
	one, more := baseFormOf(r)
	if one >= 0 {
		t.addOne(one)
		return
	}
	for _, r := range more {
		t.addOne(r)
	}
}

func (t *tails) addOne(r rune) {
	if r < 0x80 {
		if key := keypad[r]; key != 0 {
			t.add(key)
		}
		return
	}
	if d, ok := dsr.Digit(r); ok {
		t.add(byte(d) | isDigit) //nolint:gosec // one digit
	}
}

// keypad maps a digit or letter to its key (ITU-T E.161).
var keypad = func() (keys [256]byte) {
	for c := byte('0'); c <= '9'; c++ {
		keys[c] = c - '0' | isDigit
	}
	for i, key := range "22233344455566677778889999" {
		k := byte(key-'0') | isLetter
		keys['a'+i], keys['A'+i] = k, k
	}
	return keys
}()

const (
	isDigit  = 0x10
	isLetter = 0x20
)
