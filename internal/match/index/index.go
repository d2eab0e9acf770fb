// Package index finds the strings of a JSON text ahead of the walker: one pass with vector
// instructions marks, for every 64 bytes, where strings end and what they hold, and stops
// before the first fault. It decides nothing and names no error: of what is not marked the
// walker reads the bytes itself, and says the same, only later.
//
// # What is marked
//
// Quotes that open or close a string; bytes that a backslash escapes, and of these the u of
// a numbered escape and the second of two backslashes; bytes over 0x7F, and of these the first
// bytes of characters that may stand for an ASCII character; the signs @, %, & and =.
// Brackets, colons and commas are not marked: whoever walks stops at them anyway.
//
// A string whose closing quote is marked has been proven: its escapes are JSON's, it holds
// no control character, and its bytes are UTF-8. That holds because the pass keeps count of
// whether it is inside a string, from a place where it is not, and marks nothing from the
// 64 bytes on in which the first fault shows: a control character inside a string, a
// backslash before anything but the letters of escapes, a digit of a numbered escape that
// is none, a byte that is not UTF-8. All of these show at the closing quote at the latest.
// Outside of strings the pass proves nothing; that is the walker's.
//
// # Skimming
//
// The marks serve two readers: the walker of package match, through Marks, and Skim, which
// walks the records of the usual kind in C, many in one call, and leaves the others to the walker.
//
// # Where it runs
//
// The pass is written once, in C (pass.h), for the vectors of AVX-512, AVX2 and SSSE3 (chosen at
// run time) and of arm64; it allocates nothing and reads nothing past the text. Without a C
// compiler, with the build tag plain, and on other processors nothing is marked. The tests
// have it in plain Go, bit by bit, and compare.
package index

import (
	"math/bits"

	"dsr-server/internal/match/prefilter"
)

// Marks are those of a part of a text, which moves on with the reader.
type Marks struct {
	text  []byte
	begun int  // where the state was that of a beginning
	from  int  // where the part begins
	limit int  // where it ends; strings that close before it are known
	more  bool // more can be marked from there on
	state state
	room  [window / 64]word
}

// word has the marks of 64 bytes, the first byte's in the lowest bit.
type word struct {
	quotes  uint64
	escaped uint64
	special uint64 // of the escaped: u, and backslash
	high    uint64
	standIn uint64 // of the high: first bytes of characters that may stand for an ASCII character
	signs   uint64 // @, %, & and =
	ats     uint64 // of the signs: @
	grams   uint64 // where a gram of prefilter.Needles may end; with needles only, as is notable
	notable uint64 // what may make a string worth looking at
}

// state is what the pass has to know of the text before a part.
type state struct {
	inside uint64 // all bits set: a string is open
	escape uint64 // 1: the first byte is escaped
	digits uint64 // bits of the first bytes that have to be hexadecimal digits
}

// window is how much is marked at once: text and marks stay in the first-level cache.
const window = 16 << 10

// Begin takes a text whose strings will be asked for in order, from the byte at i on, where
// no string is open. The marks must not be used once the text has changed.
func (m *Marks) Begin(text []byte, i int) {
	m.text, m.begun, m.from, m.limit, m.state = text, i, i, i, state{}
	m.more = vectors && len(text)-i >= 64
}

// End forgets the text: nothing is marked.
func (m *Marks) End() { m.text, m.limit, m.more = nil, 0, false }

// Resume marks again from the byte at i on, where no string is open, if a fault before it
// ended the marks.
func (m *Marks) Resume(i int) {
	if !m.more && i >= m.limit && len(m.text)-i >= 64 {
		m.Begin(m.text, i)
	}
}

// StringEnd finds the quote that closes the string whose content begins at b[i], by its
// mark or else by reading. b is the text, or a beginning of it.
func (m *Marks) StringEnd(b []byte, i int) (int, prefilter.Traits) {
	for i >= m.limit {
		if !m.more {
			return prefilter.StringEnd(b, i)
		}
		m.next()
	}
	first := (i - m.from) / 64
	w := &m.room[first]
	rest := ^uint64(0) << uint((i-m.from)%64)
	if quotes := w.quotes & rest; quotes != 0 { // in one word, as most are
		inside := (quotes&-quotes - 1) & rest
		n := bits.TrailingZeros64(quotes)
		t := prefilter.Signless | prefilter.NoStandIn
		if (w.escaped|w.high|w.signs)&inside != 0 {
			t = traits(w.escaped&inside, w.high&inside, w.standIn&inside, w.signs&inside)
			if w.special&inside != 0 {
				t |= m.specials(first, first, rest, inside, new(int))
			}
		}
		return m.from + first*64 + n, t
	}
	if end, t, ok := m.longEnd(first, rest); ok {
		return end, t
	}
	return prefilter.StringEnd(b, i)
}

// longEnd is StringEnd for a string that goes on after the word first, of which it has
// what begin says. It may be longer than the part.
func (m *Marks) longEnd(first int, begin uint64) (end int, t prefilter.Traits, ok bool) {
	var escaped, special, high, standIn, signs uint64
	var pair int // see specials
	for {
		words := m.room[:(m.limit-m.from)/64]
		for n := first; n < len(words); n++ {
			w, inside := &words[n], ^uint64(0)
			if n == first {
				inside = begin
			}
			quotes := w.quotes & inside
			inside &= quotes&-quotes - 1 // all of it, if there are none
			escaped |= w.escaped & inside
			special |= w.special & inside
			high |= w.high & inside
			standIn |= w.standIn & inside
			signs |= w.signs & inside
			if quotes == 0 {
				continue
			}
			t |= traits(escaped, high, standIn, signs)
			if special != 0 {
				t |= m.specials(first, n, begin, inside, &pair)
			}
			return m.from + n*64 + bits.TrailingZeros64(quotes), t, true
		}
		if !m.more { // an escape may end with the text, before its digits
			return 0, 0, false
		}
		if special != 0 {
			t |= m.specials(first, len(words)-1, begin, ^uint64(0), &pair)
		}
		m.next()
		first, begin = 0, ^uint64(0)
	}
}

func traits(escaped, high, standIn, signs uint64) (t prefilter.Traits) {
	if signs == 0 {
		t = prefilter.Signless
	}
	if standIn == 0 {
		t |= prefilter.NoStandIn
	}
	if escaped != 0 {
		t |= prefilter.Escaped
	}
	if high != 0 {
		t |= prefilter.NonASCII | prefilter.Proven
	}
	return t
}

// specials are the traits of the marked escapes in the words from first, of which begin
// counts, to last, of which end counts. pair is where the latest pair of escapes ends.
func (m *Marks) specials(first, last int, begin, end uint64, pair *int) (t prefilter.Traits) {
	for n := first; n <= last; n++ {
		marks := m.room[n].special
		if n == first {
			marks &= begin
		}
		if n == last {
			marks &= end
		}
		for ; marks != 0; marks &= marks - 1 {
			i := m.from + n*64 + bits.TrailingZeros64(marks)
			if i < *pair {
				continue // the second half of a pair
			}
			if m.text[i] == 'u' && (m.text[i+1]|0x20 != 'd' || m.text[i+2] < '8') {
				t |= prefilter.Numbered // no half of a pair, as nearly all
				continue
			}
			var kind prefilter.Traits
			*pair, kind = prefilter.EscapeEnd(m.text, i-1)
			t |= kind
		}
	}
	return t
}

// next marks the next part of the text.
func (m *Marks) next() {
	words := min((len(m.text)-m.limit)/64, len(m.room))
	m.from = m.limit
	marked := pass(m.text[m.from:m.from+words*64], m.room[:words], m.from > m.begun, &m.state, nil)
	m.limit += 64 * marked
	m.more = marked == words && len(m.text)-m.limit >= 64
}
