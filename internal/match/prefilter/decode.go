package prefilter

import "unicode/utf8"

// Decode appends what the string token raw (without its quotes) means. raw has
// passed stringEnd. Bytes that are not UTF-8 and halves of surrogate pairs become
// U+FFFD, as every reader of the record will see them.
func Decode(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		switch c := raw[i]; {
		case c == '\\':
			r, n := Unescape(raw, i)
			dst = utf8.AppendRune(dst, r)
			i += n
		case c < utf8.RuneSelf:
			dst = append(dst, c)
			i++
		default:
			r, n := utf8.DecodeRune(raw[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
		}
	}
	return dst
}

// Unescape reads the escape at raw[i] and its length; AppendRune turns a lone
// surrogate into U+FFFD.
func Unescape(raw []byte, i int) (rune, int) {
	switch c := raw[i+1]; c {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		u := hex4(raw, i+2)
		if u >= 0xD800 && u <= 0xDBFF && isLowSurrogate(raw, i+6) {
			return (u-0xD800)<<10 + hex4(raw, i+8) - 0xDC00 + 0x10000, 12
		}
		if u >= 0xD800 && u <= 0xDFFF {
			u = utf8.RuneError
		}
		return u, 6
	default:
		return rune(c), 2 // quote, backslash, slash
	}
}

// MaxGrowth is how many bytes of a token encode one byte of its text at most: an
// escape of six for an ASCII letter.
const MaxGrowth = 6
