package prefilter

import (
	"bytes"

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

// pass looks at the digits of a leaf, and beside them at its digits and letters, which
// are digits on a keypad where there are three or more.
func (s *phoneFilter) pass(raw []byte) bool {
	if len(raw) < s.width || len(raw) > dsr.MaxPhoneBytes && longerThan(raw, dsr.MaxPhoneBytes) {
		return false
	}
	if bytes.IndexByte(raw, '%') >= 0 {
		return true // digits may be escaped as in an address of the web
	}
	tail := tails{s: s}
	for i := 0; i < len(raw); {
		c := raw[i]
		if c != '\\' && c < 0x80 {
			if key := keypad[c]; key != 0 && tail.add(key) {
				return true
			}
			i++
			continue
		}
		r, n := rawRune(raw, i)
		if tail.addRune(r) {
			return true
		}
		i += n
	}
	return false
}

// longerThan reports whether the text of raw has more than n bytes: an escape takes
// off five at most for each backslash.
func longerThan(raw []byte, n int) bool {
	return len(raw)-(MaxGrowth-1)*bytes.Count(raw, []byte{'\\'}) > n
}

// tails are the last digits read so far.
type tails struct {
	s              *phoneFilter
	digits, either uint64
	n, all         int
}

// add takes in a key of the keypad and reports whether a number may end here.
func (t *tails) add(key byte) bool {
	t.either = (t.either<<4 | uint64(key&0xF)) & t.s.mask
	t.all++
	found := t.all >= t.s.width && t.s.has(t.either)
	if key&isLetter != 0 {
		return found
	}
	t.digits = (t.digits<<4 | uint64(key&0xF)) & t.s.mask
	t.n++
	return found || t.n >= t.s.width && t.s.has(t.digits)
}

func (t *tails) addRune(r rune) bool {
	one, more := baseFormOf(r)
	if one >= 0 {
		return t.addOne(one)
	}
	for _, r := range more {
		if t.addOne(r) {
			return true
		}
	}
	return false
}

func (t *tails) addOne(r rune) bool {
	if r < 0x80 {
		key := keypad[r]
		return key != 0 && t.add(key)
	}
	d, ok := dsr.Digit(r)
	return ok && t.add(byte(d)|isDigit) //nolint:gosec // one digit
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
