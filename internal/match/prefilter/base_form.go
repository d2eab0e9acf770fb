package prefilter

import (
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"dsr-server/internal/dsr"
)

// The base form of a text is what is left of it under compatibility decomposition and
// case folding when the combining marks, control characters and what is invisible are dropped. It is worked out character by
// character, without context, and dsr.FoldText does not change it (but for the white
// space, of which it takes off the ends and leaves one of a run):
//
//	baseForm(dsr.FoldText(s)) = oneBlank(baseForm(s))
//
// Decomposition and case folding map each character by itself. Canonical reordering
// moves marks among themselves, and composition joins a character with marks (or
// Hangul letters) into one that decomposes into them again. The one mark that case
// folding turns into a letter, U+0345, becomes the same letter wherever reordering
// puts it. The filler U+034F, which normalisation inserts into very long runs of
// marks, is dropped too. So texts with equal folds have equal baseForms, and if one
// fold occurs in another, so does the base form: a cheap test that never says no wrongly.
// The tests check each step for every code point.
type formBlock struct {
	one  [256]rune // a character's base form if that is one character; or none, or -2-(index into more)
	more []string
}

const none = -1

// baseForms are computed a block of 256 characters at a time, when first asked for,
// so that they always agree with dsr.FoldText and cost nothing at start.
var baseForms [(unicode.MaxRune + 1) / 256]atomic.Pointer[formBlock]

// baseFormOf returns the base form of r: one character; or none and a text, which may be empty.
func baseFormOf(r rune) (rune, string) {
	s := baseForms[r>>8].Load()
	if s == nil {
		s = newBaseForm(r &^ 0xFF)
		baseForms[r>>8].Store(s)
	}
	one := s.one[r&0xFF]
	if one < none {
		return none, s.more[-2-one]
	}
	return one, ""
}

func newBaseForm(first rune) *formBlock {
	s := &formBlock{}
	for i := range s.one {
		text := baseFormText(first + rune(i))
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case text == "":
			s.one[i] = none
		case len(text) == size:
			s.one[i] = r
		default:
			s.one[i] = -2 - rune(len(s.more)) //nolint:gosec // at most 256
			s.more = append(s.more, text)
		}
	}
	return s
}

// baseFormText works the base form out. The letters around r keep Fold from trimming
// it; the second one cannot compose with it, and what composes with the first is
// taken apart again.
func baseFormText(r rune) string {
	const guard = "x"
	text := norm.NFKD.String(dsr.FoldText(guard + string(r) + guard))
	var b strings.Builder
	for _, c := range text[len(guard) : len(text)-len(guard)] {
		c = plainMark(c)
		if c != graphemeJoiner && (!unicode.IsControl(c) || unicode.IsSpace(c)) && norm.NFKD.PropertiesString(string(c)).CCC() == 0 {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// plainMark writes dashes, quotation marks and the full stop in ASCII, of which there are many
// for one, and letters with a stroke, which are none that a mark is taken off, as those without.
// Like leaving out combining marks this makes more texts alike, and none that are differ.
func plainMark(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
	case r == '\u3002': // of a domain
		return '.'
	case r == '\u2800': // the letter of Braille without a dot
		return ' '
	case unicode.Is(unicode.Pd, r), r == '\u2212', r == '\u2043':
		return '-'
	case r >= '\u2018' && r <= '\u201B', r == '\u2032', r == '\u2035', r == '\u02BC', r == '\u02BB', r == '\u02B9', r == '\u2039', r == '\u203A':
		return '\''
	case r >= '\u201C' && r <= '\u201F', r == '\u2033', r == '\u2036', r == '\u00AB', r == '\u00BB':
		return '"'
	}
	if plain, ok := withoutStroke[r]; ok {
		return plain
	}
	return r
}

// withoutStroke are small letters, as folding leaves them.
var withoutStroke = map[rune]rune{'ł': 'l', 'ø': 'o', 'đ': 'd', 'ħ': 'h', 'ŧ': 't', 'ı': 'i'}

// graphemeJoiner is what golang.org/x/text inserts after 30 marks in a row (UAX #15,
// Stream-Safe Text Format).
const graphemeJoiner = '\u034F'

// AppendBaseForm appends the base form of text, untrimmed.
func AppendBaseForm(dst, text []byte) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		dst = appendBaseFormOf(dst, r)
		text = text[n:]
	}
	return dst
}

func appendBaseFormOf(dst []byte, r rune) []byte {
	one, more := baseFormOf(r)
	if one >= 0 {
		return utf8.AppendRune(dst, one)
	}
	return append(dst, more...)
}
