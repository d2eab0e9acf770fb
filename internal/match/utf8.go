package match

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// validUTF8 is utf8.Valid, but quick also where ASCII and other characters alternate,
// as in most languages' texts.
func validUTF8(b []byte) bool {
	for i := 0; i < len(b); {
		switch c := b[i]; {
		case c < utf8.RuneSelf && i <= len(b)-8:
			high := binary.LittleEndian.Uint64(b[i:i+8]) & highs
			i += bits.TrailingZeros64(high) / 8 // all eight if there is none
		case c < utf8.RuneSelf:
			i++
		case c >= 0xC2 && c < 0xE0 && i+1 < len(b) && b[i+1]&0xC0 == 0x80:
			i += 2
		case c > 0xE0 && c < 0xED && i+2 < len(b) && b[i+1]&0xC0 == 0x80 && b[i+2]&0xC0 == 0x80:
			i += 3
		default:
			r, size := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && size == 1 {
				return false
			}
			i += size
		}
	}
	return true
}
