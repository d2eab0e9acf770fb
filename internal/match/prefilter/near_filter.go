package prefilter

import (
	"bytes"
	"unicode/utf8"
)

// maxMailbox is the longest address of a mailbox (RFC 5321), and some escapes.
const maxMailbox = 400

// minDigits is how many digits alone say something.
const minDigits = 7

func atSign(raw []byte) int { return bytes.IndexByte(raw, '@') }

// digitSum is a hash of the digits of a text, which is given up at its first letter.
func digitSum(raw []byte) (sum uint64) {
	for _, c := range raw {
		switch {
		case c-'0' <= 9:
			sum = mix(sum, rune(c))
		case plainLetter[c] || c >= utf8.RuneSelf || c == '\\':
			return 0
		}
	}
	return sum
}

// mailboxSum is a hash of the mailbox of an address with its at sign at raw[at].
func mailboxSum(raw []byte, at int) (sum uint64) {
	for _, c := range raw[:at] {
		if c == '+' {
			break
		}
		if c != '.' {
			sum = mix(sum, rune(c|0x20))
		}
	}
	for _, c := range raw[at:] {
		sum = mix(sum, rune(c|0x20))
	}
	return sum
}

// mayBeEscaped says quickly of nearly every text that it holds no escapes of another
// language within JSON's own.
func mayBeEscaped(raw []byte, t Traits) bool {
	if t&Doubled != 0 {
		return true
	}
	for from := 0; ; {
		i := bytes.IndexByte(raw[from:], '%')
		if i < 0 {
			break
		}
		if from += i + 1; from+1 < len(raw) && isHex(raw[from]) && isHex(raw[from+1]) {
			return true
		}
	}
	i := bytes.IndexByte(raw, '&')
	return i >= 0 && bytes.IndexByte(raw[i:], ';') > 0
}

func isHex(c byte) bool {
	return c-'0' <= 9 || c|0x20-'a' <= 'f'-'a'
}
