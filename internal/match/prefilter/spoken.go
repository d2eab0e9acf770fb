package prefilter

import (
	"unicode"
	"unicode/utf8"
)

// The spoken form of a text is its base form without apostrophes and quotation marks, with a
// blank for the plus, which stands for one in links, and one for a run of blanks. It is worked
// out character by character, so that the spoken form of what stands in a text, but for the
// blanks at its ends, stands in the text's.

// AppendSpoken appends the spoken form of a text.
func AppendSpoken(dst, text []byte) []byte {
	s := speaker{dst, len(dst)}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		s.add(r)
		i += n
	}
	return s.out
}

// rawSpoken appends the spoken form of a string token.
func rawSpoken(dst, raw []byte) []byte {
	s := speaker{dst, len(dst)}
	for i := 0; i < len(raw); {
		r, n := rawRune(raw, i)
		s.add(r)
		i += n
	}
	return s.out
}

type speaker struct {
	out   []byte
	start int
}

func (s *speaker) add(r rune) {
	if r < utf8.RuneSelf {
		s.byte(asciiSpoken[r])
		return
	}
	one, more := baseFormOf(r)
	if one >= 0 {
		s.one(one)
		return
	}
	for _, r := range more {
		s.one(r)
	}
}

// one adds a character of a base form.
func (s *speaker) one(r rune) {
	switch {
	case r < utf8.RuneSelf:
		s.byte(asciiSpoken[r])
	case unicode.IsSpace(r):
		s.byte(' ')
	default:
		s.out = utf8.AppendRune(s.out, r)
	}
}

func (s *speaker) byte(c byte) {
	if c == 0 || c == ' ' && (len(s.out) == s.start || s.out[len(s.out)-1] == ' ') {
		return
	}
	s.out = append(s.out, c)
}

// asciiSpoken is what an ASCII character is in the spoken form; 0: nothing.
var asciiSpoken = func() (to [utf8.RuneSelf]byte) {
	for c := range to {
		to[c] = byte(unicode.ToLower(rune(c)))
		if c < 0x20 || c == 0x7F {
			to[c] = 0
		}
	}
	for _, c := range "\t\n\v\f\r+" {
		to[c] = ' '
	}
	to['\''], to['"'], to['`'] = 0, 0, 0
	return to
}()
