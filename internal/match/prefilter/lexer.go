package prefilter

import (
	"encoding/binary"
	"math/bits"
)

// Traits are what is known of a string token after finding its end.
type Traits uint16

const (
	Escaped   Traits = 1 << iota // holds a backslash
	NonASCII                     // holds a byte over 0x7F
	Numbered                     // holds an escape with a number, which may encode any character
	Lone                         // holds an escaped half of a surrogate pair
	Doubled                      // holds an escaped backslash
	Broken                       // is not a JSON string; the end is where that shows
	Proven                       // its bytes are known to be UTF-8
	Signless                     // is known to hold none of @ % & =
	NoStandIn                    // is known to hold no character that may stand for an ASCII character
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// StringEnd finds the quote that closes the string whose content begins at b[i].
//
// Eight bytes at a time: a byte is of interest if it is a quote, a backslash or a
// control character. c^2 < 0x21 is true of the quote (0x22) and of everything below
// 0x20, and of nothing else. A borrow can only spoil bytes above the lowest hit, so
// every hit is looked at again.
func StringEnd(b []byte, i int) (int, Traits) {
	var seen uint64
	var t Traits
	for i <= len(b)-8 {
		w := binary.LittleEndian.Uint64(b[i : i+8])
		hit := ((w ^ 2*ones) - 0x21*ones) | ((w ^ '\\'*ones) - ones)
		hit &= ^w & highs
		if hit == 0 {
			seen |= w
			i += 8
			continue
		}
		n := bits.TrailingZeros64(hit) / 8
		seen |= w & (hit&-hit - 1)
		i += n
		switch c := b[i]; {
		case c == '"':
			if seen&highs != 0 {
				t |= NonASCII
			}
			return i, t
		case c == '\\' && i+1 < len(b) && shortEscape[b[i+1]] != 0:
			t |= shortEscape[b[i+1]]
			i += 2
		default:
			end, et := EscapeEnd(b, i)
			t |= et
			if t&Broken != 0 {
				return i, t
			}
			i = end
		}
	}
	return stringTail(b, i, seen, t)
}

// stringTail is stringEnd for the last bytes of b.
func stringTail(b []byte, i int, seen uint64, t Traits) (int, Traits) {
	for i < len(b) {
		switch c := b[i]; {
		case c == '"':
			if seen&highs != 0 {
				t |= NonASCII
			}
			return i, t
		case c == '\\':
			end, et := EscapeEnd(b, i)
			t |= et
			if t&Broken != 0 {
				return i, t
			}
			i = end
		case c < 0x20:
			return i, t | Broken
		default:
			seen |= uint64(c)
			i++
		}
	}
	return i, t | Broken
}

// shortEscape are the letters of the escapes of two characters.
var shortEscape = [256]Traits{
	'"': Escaped, '\\': Escaped | Doubled, '/': Escaped, 'b': Escaped, 'f': Escaped, 'n': Escaped, 'r': Escaped, 't': Escaped,
}

// EscapeEnd is the index after the escape at b[i], if there is one; a surrogate pair
// is one escape.
func EscapeEnd(b []byte, i int) (int, Traits) {
	switch {
	case b[i] != '\\' || i+1 >= len(b):
		return i, Broken
	case shortEscape[b[i+1]] != 0:
		return i + 2, shortEscape[b[i+1]]
	case b[i+1] == 'u':
		u := hex4(b, i+2)
		switch {
		case u < 0:
			return i, Broken
		case u < 0xD800 || u > 0xDFFF:
			return i + 6, Escaped | Numbered
		case u <= 0xDBFF && isLowSurrogate(b, i+6):
			return i + 12, Escaped | Numbered
		}
		return i + 6, Escaped | Numbered | Lone
	}
	return i, Broken
}

func isLowSurrogate(b []byte, i int) bool {
	if i+1 >= len(b) || b[i] != '\\' || b[i+1] != 'u' {
		return false
	}
	u := hex4(b, i+2)
	return u >= 0xDC00 && u <= 0xDFFF
}

// hex4 reads four hexadecimal digits, or is -1.
func hex4(b []byte, i int) rune {
	if len(b)-i < 4 {
		return -1
	}
	var u rune
	for _, c := range b[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		u = u<<4 | rune(c)
	}
	return u
}

// NumberEnd is the index after the JSON number at b[i], or -1 if there is none.
func NumberEnd(b []byte, i int) int {
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0':
		i++
	case i < len(b) && b[i] >= '1' && b[i] <= '9':
		i = digitsEnd(b, i)
	default:
		return -1
	}
	if i < len(b) && b[i] == '.' {
		first := i + 1
		if i = digitsEnd(b, first); i == first {
			return -1
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		first := i
		if i = digitsEnd(b, first); i == first {
			return -1
		}
	}
	return i
}

func digitsEnd(b []byte, i int) int {
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}

// LiteralEnd is the index after true, false or null at b[i], or -1.
func LiteralEnd(b []byte, i int) int {
	word := ""
	switch b[i] {
	case 't':
		word = "true"
	case 'f':
		word = "false"
	case 'n':
		word = "null"
	}
	if word == "" || len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return -1
	}
	return i + len(word)
}

// Next is the index of the next token.
func Next(b []byte, i int) int {
	if i < len(b) && b[i] <= ' ' {
		return spaceEnd(b, i)
	}
	return i
}

// spaceEnd skips white space between tokens.
func spaceEnd(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}
