package finder

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"dsr-server/internal/dsr"
)

// folded is a text in ASCII, and where each of its bytes stands in the original:
//
//   - digits of any script are 0 to 9, letters are those of their compatibility
//     decomposition without marks, every dash is -, every blank a blank;
//   - what cannot be seen is left out;
//   - other letters are an underscore, so that they are part of a word, but for those of
//     scripts which put no blanks between words: these and all else are the byte other.
type folded struct {
	text     []byte
	from, to []int // the original bytes of each
}

// other stands for what no form looks for.
const other = 0x01

// maxDecomposition is how many characters one can stand for; the longest are words.
const maxDecomposition = 4

func fold(original string) folded {
	f := folded{text: make([]byte, 0, len(original)), from: make([]int, 0, len(original)), to: make([]int, 0, len(original))}
	for at := 0; at < len(original); {
		r, size := utf8.DecodeRuneInString(original[at:])
		f.add(r, at, at+size)
		at += size
	}
	return f
}

func (f *folded) add(r rune, from, to int) {
	switch {
	case r < utf8.RuneSelf:
		f.put(plain(r), from, to)
	case dsr.Invisible(r):
	case unicode.Is(unicode.M, r):
		if last := len(f.to) - 1; last >= 0 && f.to[last] == from {
			f.to[last] = to // belongs to the letter before it
		}
	default:
		f.decompose(r, from, to)
	}
}

// decompose puts what a character stands for: ﬁ is f and i, é is e.
func (f *folded) decompose(r rune, from, to int) {
	parts, n := norm.NFKD.PropertiesString(string(r)).Decomposition(), 0
	for len(parts) > 0 && n < maxDecomposition {
		part, size := utf8.DecodeRune(parts)
		if parts = parts[size:]; !unicode.Is(unicode.M, part) {
			f.put(plain(part), from, to)
			n++
		}
	}
	if n == 0 {
		f.put(plain(r), from, to)
	}
}

func (f *folded) put(b byte, from, to int) {
	f.text, f.from, f.to = append(f.text, b), append(f.from, from), append(f.to, to)
}

// strokes are letters that Unicode does not decompose and people write without the stroke.
var strokes = map[rune]byte{'ł': 'l', 'Ł': 'L', 'ø': 'o', 'Ø': 'O', 'đ': 'd', 'Đ': 'D', 'ß': 's', 'ı': 'i'}

// plain is the byte that a character without marks is folded to.
func plain(r rune) byte {
	if b, ok := strokes[r]; ok {
		return b
	}
	switch digit, isDigit := dsr.Digit(r); {
	case isDigit:
		return "0123456789"[digit]
	case r == '\n' || r == '\r':
		return '\n'
	case unicode.IsSpace(r):
		return ' '
	case unicode.Is(unicode.Pd, r) || r == '\u2212' || r == '\u2043':
		return '-'
	case r < utf8.RuneSelf && r >= ' ':
		return byte(r)
	case unicode.IsLetter(r) && !unicode.Is(unicode.Lo, r):
		return '_'
	}
	return other
}
