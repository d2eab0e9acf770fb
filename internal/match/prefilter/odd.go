package prefilter

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"dsr-server/internal/dsr"
)

// An odd character is one that may stand in a text for ASCII, or between two letters without
// being seen: folding makes letters, digits or signs of ASCII of it, or nothing. A word of
// ASCII that stands in the fold of a text without any stands in the text itself.

// oddBlocks are worked out a block of 256 characters at a time, when first asked for. Until then
// all of them are unread.
var oddBlocks = func() *[(unicode.MaxRune + 1) / 256]atomic.Pointer[[4]uint64] {
	var blocks [(unicode.MaxRune + 1) / 256]atomic.Pointer[[4]uint64]
	for i := range blocks {
		blocks[i].Store(&unread)
	}
	return &blocks
}()

var unread = [4]uint64{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}

func isOdd(r rune) bool {
	block := oddBlocks[r>>8].Load()
	if block == &unread {
		block = newOddBlock(r &^ 0xFF)
	}
	return block[r>>6&3]>>(r&63)&1 != 0
}

// perhapsOdd is isOdd, but true of what is unread.
func perhapsOdd(r rune) bool { return oddBlocks[r>>8].Load()[r>>6&3]>>(r&63)&1 != 0 }

func newOddBlock(first rune) *[4]uint64 {
	var block [4]uint64
	for i := range rune(256) {
		r := first + i
		if !utf8.ValidRune(r) || r < utf8.RuneSelf || r == sharpS || r == '\u2025' || r == '\u2026' { // dots that end a sentence
			continue
		}
		fold := strings.TrimSuffix(strings.TrimPrefix(dsr.FoldText("x"+string(r)+"x"), "x"), "x")
		if r == '\u3002' || fold == "" || strings.ContainsFunc(fold, func(r rune) bool { return r < utf8.RuneSelf && !writtenOtherwise(r) }) {
			block[i>>6] |= 1 << (i & 63)
		}
	}
	oddBlocks[first>>8].Store(&block)
	return &block
}

// Oddness is what an odd character is written as, if that is one of ASCII, or one of these.
type Oddness uint8

// Other characters.
const (
	Unread  Oddness = iota
	NotOdd          // it is none, in any filter that has no use for accents and sharp s
	VeryOdd         // it is written as several, as none, or as an at sign
)

// OddnessOf says it of a character that is not ASCII.
func OddnessOf(r rune) Oddness {
	if !isOdd(r) {
		return NotOdd
	}
	if one, _ := baseFormOf(r); one > ' ' && one < utf8.RuneSelf && one != '@' {
		return Oddness(one)
	}
	return VeryOdd
}

// sharpS is odd where a value has the two letters that folding makes of it.
const sharpS = 'ß'

// oddities find the odd characters for which a leaf has to be written in its spoken form: those
// that fit into a value's word where they stand.
type oddities struct {
	more    bool   // one of these:
	sharpS  bool   // some value has two of the letter
	accents bool   // letters of ASCII with a mark are odd, since some value has them
	words   joints // the words of ASCII that are looked for
	foreign runs   // of the values without any
}

// add takes in a value in which there is no word of ASCII to look for but perhaps in its base form.
func (o *oddities) add(base string) {
	if IsASCII([]byte(base)) {
		o.accents, o.more = true, true
		return
	}
	o.foreign.add(base)
}

// has reports whether a character that is not ASCII is odd.
func (o *oddities) has(r rune) bool {
	if isOdd(r) || r == sharpS && o.sharpS {
		return true
	}
	if !o.accents {
		return false
	}
	one, more := baseFormOf(r)
	return one >= 0 && one < utf8.RuneSelf || one < 0 && (more == "" || strings.ContainsFunc(more, isASCII))
}

// in reports whether a word of a value may stand in the token raw with an odd character in it, or
// one of another script. Only numbered escapes can be odd.
func (o *oddities) in(raw []byte, numbered bool) bool {
	if o.foreign.used {
		return o.inAny(raw)
	}
	for i := 0; i < len(raw); {
		if raw[i] < utf8.RuneSelf {
			if i = passASCII(raw, i, numbered); i == len(raw) {
				return false
			}
		}
		r, n := rune(0), 0
		switch c := raw[i]; {
		case c-0xC2 <= 0xDF-0xC2 && i+1 < len(raw) && raw[i+1]&0xC0 == 0x80: // as rawRune does, which is not inlined
			r, n = rune(c&0x1F)<<6|rune(raw[i+1]&0x3F), 2
		case c-0xE1 <= 0xEC-0xE1 && i+2 < len(raw) && raw[i+1]&0xC0 == 0x80 && raw[i+2]&0xC0 == 0x80:
			r, n = rune(c&0x0F)<<12|rune(raw[i+1]&0x3F)<<6|rune(raw[i+2]&0x3F), 3
		default:
			r, n = rawRune(raw, i)
		}
		if (o.more || r < utf8.RuneSelf || perhapsOdd(r)) && o.fits(raw, i, n, r) {
			return true
		}
		i += n
	}
	return false
}

// inAny is in where some values are of another script.
func (o *oddities) inAny(raw []byte) bool {
	run := o.foreign.begin()
	for i := 0; i < len(raw); {
		if raw[i] < utf8.RuneSelf {
			if i = passASCII(raw, i, true); i == len(raw) {
				return false
			}
		}
		r, n := rawRune(raw, i)
		if o.fits(raw, i, n, r) || r >= utf8.RuneSelf && run.add(r) {
			return true
		}
		i += n
	}
	return false
}

// fits reports whether a character is an odd one, or an escaped one of ASCII, that may stand in a
// word where it is.
func (o *oddities) fits(raw []byte, i, n int, r rune) bool {
	if r < utf8.RuneSelf && (n != len(`\u0000`) || writtenOtherwise(r)) || r >= utf8.RuneSelf && !o.has(r) {
		return false
	}
	return o.words.fits(raw, i, n)
}

// passASCII is where ASCII from raw[i] on ends, or an escape is if these count.
func passASCII(raw []byte, i int, escapes bool) int {
	for ; i+8 <= len(raw); i += 8 {
		w := binary.LittleEndian.Uint64(raw[i:])
		hit := w & highs
		if escapes {
			slashes := w ^ '\\'*ones
			hit |= (slashes - ones) &^ slashes & highs
		}
		if hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for i < len(raw) && raw[i] < utf8.RuneSelf && (raw[i] != '\\' || !escapes) {
		i++
	}
	return i
}
