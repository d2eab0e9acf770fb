package prefilter

import (
	"bytes"
	"html"
	"strconv"
	"unicode/utf8"
)

// maxUnescapes is how often a text is taken for one that has been escaped.
const maxUnescapes = 4

// Unescaped is a text without the escapes of links, of HTML, of JSON and JavaScript, and of
// quoted-printable, however often it was escaped.
func Unescaped(text []byte) []byte { return unescapeIn(nil, text) }

// unescapeIn is Unescaped with room to work in.
func unescapeIn(room, text []byte) []byte {
	for range maxUnescapes {
		start := len(room)
		room = appendUnescaped(room, text)
		plain := room[start:]
		if bytes.Equal(plain, text) {
			break
		}
		text = plain
	}
	return text
}

func appendUnescaped(out, text []byte) []byte {
	start := len(out)
	for i := 0; i < len(text); {
		var n int
		switch text[i] {
		case '%':
			out, n = percent(out, text[i:])
		case '=':
			out, n = quotedPrintable(out, text[i:])
		case '\\':
			out, n = backslash(out, text[i:])
		}
		if n == 0 {
			out, n = append(out, text[i]), 1
		}
		i += n
	}
	if hasEntity(out[start:]) {
		return append(out[:start], html.UnescapeString(string(out[start:]))...)
	}
	return out
}

// percent reads %40 and, as old JavaScript wrote it, %u0040.
func percent(dst, text []byte) ([]byte, int) {
	if len(text) > 5 && text[1]|0x20 == 'u' {
		if r := hexOf(text[2:6]); r >= 0 {
			return utf8.AppendRune(dst, r), 6
		}
	}
	return hexByte(dst, text, 1)
}

// withoutPercents is a text without the escapes of a link.
func withoutPercents(text []byte) (out []byte) {
	for i := 0; i < len(text); {
		n := 0
		if text[i] == '%' {
			out, n = hexByte(out, text[i:], 1)
		}
		if n == 0 {
			out, n = append(out, text[i]), 1
		}
		i += n
	}
	return out
}

// quotedPrintable reads =40, in capitals as it is always written.
func quotedPrintable(dst, text []byte) ([]byte, int) {
	if len(text) < 3 || text[1] >= 'a' || text[2] >= 'a' {
		return dst, 0
	}
	return hexByte(dst, text, 1)
}

// backslash reads \u0040, \u{40}, \x40 and the short escapes.
func backslash(dst, text []byte) ([]byte, int) {
	if len(text) < 2 {
		return dst, 0
	}
	switch c := text[1]; c {
	case '"', '\\', '/', '\'':
		return append(dst, c), 2
	case 'b', 'f', 'n', 'r', 't', 'v':
		return append(dst, ' '), 2
	case 'x':
		return hexByte(dst, text, 2)
	case 'u':
		if end := bytes.IndexByte(text, '}'); len(text) > 4 && text[2] == '{' && end > 3 && end < 10 {
			if r := hexOf(text[3:end]); r >= 0 {
				return utf8.AppendRune(dst, r), end + 1
			}
		}
		if len(text) > 5 && hexOf(text[2:6]) >= 0 {
			r, n := Unescape(text, 0)
			return utf8.AppendRune(dst, r), n
		}
	}
	return dst, 0
}

func hexByte(dst, text []byte, at int) ([]byte, int) {
	if len(text) < at+2 {
		return dst, 0
	}
	r := hexOf(text[at : at+2])
	if r < 0 {
		return dst, 0
	}
	return append(dst, byte(r)), at + 2 //nolint:gosec // two digits
}

// hexOf is a number in hexadecimal digits, or -1.
func hexOf(digits []byte) rune {
	for _, c := range digits {
		if !isHex(c) {
			return -1
		}
	}
	n, err := strconv.ParseInt(string(digits), 16, 32)
	if err != nil || n > 0x10FFFF {
		return -1
	}
	return rune(n)
}

// mayBeEscaped says quickly of nearly every text that it holds no escapes of another
// language within JSON's own, nor one that begins with a sign in JSON's, as some programs
// write an ampersand.
func mayBeEscaped(raw []byte, t Traits) bool {
	return t&Doubled != 0 || t&Numbered != 0 && anyEscaped(raw, "%&=\\") ||
		t&Signless == 0 && (escapedBy(raw, '%') || escapedBy(raw, '=') || hasEntity(raw))
}

func escapedBy(raw []byte, sign byte) bool {
	for from := 0; ; {
		i := bytes.IndexByte(raw[from:], sign)
		if i < 0 {
			return false
		}
		if from += i + 1; len(raw) < from+2 {
			return false
		}
		a, b := raw[from], raw[from+1]
		switch {
		case sign == '%' && (isHex(a) && isHex(b) || a|0x20 == 'u' && isHex(b)):
			return true
		case sign == '=' && (a == '4' && b == '0' || a >= 'C' && a <= 'F' && isHex(b) && len(raw) > from+2 && raw[from+2] == '='):
			return true // the at sign, or a letter that is not ASCII: =XY begins many a value in a link
		}
	}
}

// maxEntity is the length of the longest name of a character in HTML.
const maxEntity = 32

func hasEntity(raw []byte) bool {
	for from := 0; ; {
		i := bytes.IndexByte(raw[from:], '&')
		if i < 0 {
			return false
		}
		from += i + 1
		name := raw[from:min(len(raw), from+maxEntity)]
		if len(name) > 1 && name[0] == '#' {
			return true
		}
		n := 0
		for n < len(name) && (plainLetter[name[n]] || name[n]-'0' <= 9) {
			n++
		}
		if n > 1 && n < len(name) && name[n] == ';' {
			return true
		}
	}
}

func isHex(c byte) bool {
	return c-'0' <= 9 || c|0x20-'a' <= 'f'-'a'
}
