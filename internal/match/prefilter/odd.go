package prefilter

import (
	"encoding/binary"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"dsr-server/internal/dsr"
)

// An odd character is one that may stand in a text for ASCII, or between two letters without
// being seen: folding makes letters, digits or signs of ASCII of it, or nothing. A word of
// ASCII that stands in the fold of a text without any stands in the text itself.

// oddBlocks are worked out a block of 256 characters at a time, when first asked for.
var oddBlocks [(unicode.MaxRune + 1) / 256]atomic.Pointer[[4]uint64]

func isOdd(r rune) bool {
	block := oddBlocks[r>>8].Load()
	if block == nil {
		block = newOddBlock(r &^ 0xFF)
		oddBlocks[r>>8].Store(block)
	}
	return block[r>>6&3]>>(r&63)&1 != 0
}

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
	return &block
}

// sharpS is odd where a value has the two letters that folding makes of it.
const sharpS = 'ß'

// oddities are the characters for which a leaf has to be written in its spoken form.
type oddities struct {
	sharpS  bool
	foreign bool                              // some values have no word of ASCII to look for; of these
	accents bool                              // there are letters of ASCII with a mark
	blocks  [(unicode.MaxRune + 1) / 256]bool // and characters that have these in their base form
}

// add takes in a value in which there is no word of ASCII to look for.
func (o *oddities) add(folded string) {
	o.foreign = true
	for _, r := range folded {
		for _, b := range string(AppendBaseForm(nil, []byte(string(r)))) {
			o.accents = o.accents || r >= utf8.RuneSelf && b < utf8.RuneSelf
			o.blocks[b>>8] = o.blocks[b>>8] || b >= utf8.RuneSelf
		}
	}
}

// has reports whether a character that is not ASCII is one of them.
func (o *oddities) has(r rune) bool {
	if isOdd(r) || r == sharpS && o.sharpS {
		return true
	}
	if !o.foreign {
		return false
	}
	one, more := baseFormOf(r)
	if one >= 0 {
		return o.blocks[one>>8] || o.accents && one < utf8.RuneSelf
	}
	return strings.ContainsFunc(more, func(r rune) bool { return o.blocks[r>>8] || o.accents && r < utf8.RuneSelf })
}

// in reports whether there is an odd character in the token raw.
func (o *oddities) in(raw []byte) bool {
	for i := 0; i < len(raw); {
		if i+8 <= len(raw) {
			w := binary.LittleEndian.Uint64(raw[i:])
			if slashes := w ^ '\\'*ones; (w|(slashes-ones)&^slashes)&highs == 0 {
				i += 8
				continue
			}
		}
		if raw[i] < utf8.RuneSelf && raw[i] != '\\' {
			i++
			continue
		}
		r, n := rawRune(raw, i)
		switch {
		case r < utf8.RuneSelf:
			if n == len(`\u0000`) && !writtenOtherwise(r) {
				return true
			}
		case o.has(r):
			return true
		}
		i += n
	}
	return false
}
