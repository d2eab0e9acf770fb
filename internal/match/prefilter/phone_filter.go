package prefilter

import (
	"bytes"
	"encoding/binary"

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
func (s *phoneFilter) pass(raw []byte) (asNumber, within bool) {
	if len(raw) < s.width {
		return false, false
	}
	long := len(raw) > dsr.MaxPhoneBytes && longerThan(raw, dsr.MaxPhoneBytes)
	spelt, within := s.occurs(raw, long)
	switch {
	case long:
		return false, within
	case bytes.IndexByte(raw, '%') >= 0:
		plainly, escaped := s.occursIn(withoutPercents(Decode(nil, raw)))
		return spelt || within || plainly || escaped, within
	}
	return spelt || within, within
}

// occurs looks at the digits of a leaf (within), and beside them at its digits and letters,
// which are digits on a keypad where there are three or more (spelt), unless it is long.
func (s *phoneFilter) occurs(raw []byte, long bool) (spelt, within bool) {
	tail := tails{s: s, digitsOnly: long}
	for i := 0; i < len(raw) && !tail.within; {
		if long {
			if i = s.nextDigit(raw, i, &tail); i == len(raw) {
				break
			}
		}
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

// nextDigit passes over text in which there is no digit: what is longer than what stands
// between the groups of a number ends it.
func (s *phoneFilter) nextDigit(raw []byte, i int, tail *tails) int {
	for from := i; i+8 <= len(raw); i += 8 {
		w := binary.LittleEndian.Uint64(raw[i:])
		x, slashes := w^'0'*ones, w^'\\'*ones
		if digits := (x - 10*ones) &^ x; (digits|(slashes-ones)&^slashes)&highs != 0 || w&highs != 0 && mayBeDigit(raw[i:i+8]) {
			if i > from+8 {
				tail.run = 0
			}
			return i
		}
	}
	return i
}

// mayBeDigit reports whether a digit of another script may begin in a text: by the first bytes
// of the characters of all that have some.
func mayBeDigit(b []byte) bool {
	for _, c := range b {
		switch c {
		case 0xD9, 0xDB, 0xDF, 0xE0, 0xE1, 0xEA, 0xEF, 0xF0:
			return true
		}
	}
	return false
}

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
	return len(raw)-(MaxGrowth-1)*bytes.Count(raw, []byte{'\\'}) > n
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
