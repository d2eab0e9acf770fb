package prefilter

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"dsr-server/internal/dsr"
)

// maxShort is the longest address of a mailbox (RFC 5321), or number, and some escapes.
const maxShort = 600

// minDigits is how many digits alone say something.
const minDigits = 7

func atSign(text []byte) int { return bytes.IndexByte(text, '@') }

// mayHoldAt reports whether there may be an at sign in a text: as it is, as an escape, wide or small.
func mayHoldAt(raw []byte, t Traits) bool {
	return t&Numbered != 0 || t&Signless == 0 && atSign(raw) >= 0 || t&(NonASCII|NoStandIn) == NonASCII && (bytes.Contains(raw, []byte("\uFF20")) || bytes.Contains(raw, []byte("\uFE6B")))
}

// digitSum is a hash of the digits of an ASCII text, which is given up at its first letter.
func digitSum(text []byte) (sum uint64) {
	for _, c := range text {
		switch {
		case c-'0' <= 9:
			sum = mix(sum, rune(c))
		case plainLetter[c]:
			return 0
		}
	}
	return sum
}

// rawDigitSum is digitSum of any token.
func rawDigitSum(raw []byte) (sum uint64) {
	for i, letter := 0, false; i < len(raw); {
		r, n := rawRune(raw, i)
		i += n
		one, more := baseFormOf(r)
		if one >= 0 {
			sum, letter = addDigit(sum, one)
		}
		for _, r := range more {
			if !letter {
				sum, letter = addDigit(sum, r)
			}
		}
		if letter {
			return 0
		}
	}
	return sum
}

func addDigit(sum uint64, r rune) (_ uint64, letter bool) {
	if d, ok := dsr.Digit(r); ok {
		return mix(sum, '0'+d), false
	}
	return sum, unicode.IsLetter(r)
}

// mailboxSum is a hash of the mailbox of an address with its at sign at text[at].
func mailboxSum(text []byte, at int) (sum uint64) {
	for _, c := range text[:at] {
		if c == '+' {
			break
		}
		if c != '.' && !isSpaceASCII(c) {
			sum = mix(sum, rune(c|0x20))
		}
	}
	for _, c := range text[at:] {
		if !isSpaceASCII(c) {
			sum = mix(sum, rune(c|0x20))
		}
	}
	return sum
}

// looseFilter finds the leaves that may be equal to a value but for accents, blanks, quotation
// marks and dashes: those with the same hash of the rest of the spoken form. Most leaves are
// given up by their first two characters.
type looseFilter struct {
	sums     bloom
	pairs    [looseKinds][looseKinds]bool // of the first two characters of some value
	shortest int
	longest  int
}

// looseKinds are the letters, the digits, and the rest.
const looseKinds = 26 + 10 + 1

var looseKindOf = func() (kinds [256]uint8) {
	for c := range kinds {
		switch c := byte(c); {
		case c|0x20-'a' < 26:
			kinds[c] = c | 0x20 - 'a'
		case c-'0' <= 9:
			kinds[c] = 26 + c - '0'
		default:
			kinds[c] = looseKinds - 1
		}
	}
	return kinds
}()

// AppendLoose appends what counts for being loosely equal: the spoken form without blanks
// and dashes.
func AppendLoose(dst, text []byte) []byte {
	from := len(dst)
	out := dst
	for _, c := range AppendSpoken(dst, text)[from:] {
		if !uncounted(c) {
			out = append(out, c)
		}
	}
	return out
}

func uncounted(c byte) bool { return c == 0 || c == ' ' || c == '-' }

func (s *looseFilter) add(loose string) {
	if s.shortest == 0 {
		s.shortest = len(loose)
	}
	s.shortest, s.longest = min(s.shortest, len(loose)), max(s.longest, len(loose))
	var sum uint64
	for _, c := range []byte(loose) {
		sum = mix(sum, rune(c))
	}
	s.sums.add(sum)
	second := byte(0)
	if len(loose) > 1 {
		second = loose[1]
	}
	s.pairs[looseKindOf[loose[0]]][looseKindOf[second]] = true
}

// pass is for a leaf that is ASCII and without escapes.
func (s *looseFilter) pass(raw []byte) bool {
	if len(raw) >= 2 && !s.begins(raw) {
		return false
	}
	h := looseHash{filter: s}
	for _, c := range raw {
		if !h.add(asciiSpoken[c&0x7F]) {
			return false
		}
	}
	return h.known()
}

// begins says of a leaf whose first two characters are letters or digits of ASCII whether some
// value begins with them.
func (s *looseFilter) begins(raw []byte) bool {
	first, second := looseKindOf[raw[0]], looseKindOf[raw[1]]
	return first == looseKinds-1 || second == looseKinds-1 || s.pairs[first][second]
}

// passAny is for any leaf.
func (s *looseFilter) passAny(raw []byte) bool {
	if len(raw) >= 2 && !s.begins(raw) {
		return false
	}
	h := looseHash{filter: s}
	for i := 0; i < len(raw); {
		r, n := rawRune(raw, i)
		i += n
		one, more := baseFormOf(r)
		if one >= 0 && !h.addRune(one) {
			return false
		}
		for _, r := range more {
			if !h.addRune(r) {
				return false
			}
		}
	}
	return h.known()
}

// looseHash takes in a spoken form.
type looseHash struct {
	filter *looseFilter
	sum    uint64
	first  byte
	n      int
}

// addRune takes in a character of a base form.
func (h *looseHash) addRune(r rune) bool {
	if r < utf8.RuneSelf {
		return h.add(asciiSpoken[r])
	}
	var room [utf8.UTFMax]byte
	for _, c := range room[:utf8.EncodeRune(room[:], r)] {
		if !unicode.IsSpace(r) && !h.add(c) {
			return false
		}
	}
	return true
}

// add reports false once no value can be meant.
func (h *looseHash) add(c byte) bool {
	if uncounted(c) {
		return true
	}
	switch h.n++; {
	case h.n == 1:
		h.first = c
	case h.n == 2 && !h.filter.pairs[looseKindOf[h.first]][looseKindOf[c]], h.n > h.filter.longest:
		return false
	}
	h.sum = mix(h.sum, rune(c))
	return true
}

func (h *looseHash) known() bool { return h.n >= h.filter.shortest && h.filter.sums.has(h.sum) }
