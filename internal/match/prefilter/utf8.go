package prefilter

import "encoding/binary"

// ValidUTF8 is utf8.Valid, but quick also where ASCII and other characters alternate,
// as in most languages' texts: a step takes the same time whatever the byte, because
// nothing depends on it but a shift (Per Vognsen, "Shift-based DFAs").
func ValidUTF8(b []byte) bool {
	state := uint64(begin)
	for len(b) >= 8 {
		if w := binary.LittleEndian.Uint64(b); w&highs != 0 || state&63 != begin {
			state = utf8Steps[w&0xFF] >> (state & 63)
			state = utf8Steps[w>>8&0xFF] >> (state & 63)
			state = utf8Steps[w>>16&0xFF] >> (state & 63)
			state = utf8Steps[w>>24&0xFF] >> (state & 63)
			state = utf8Steps[w>>32&0xFF] >> (state & 63)
			state = utf8Steps[w>>40&0xFF] >> (state & 63)
			state = utf8Steps[w>>48&0xFF] >> (state & 63)
			state = utf8Steps[w>>56&0xFF] >> (state & 63)
		}
		b = b[8:]
	}
	for _, c := range b {
		state = utf8Steps[c] >> (state & 63)
	}
	return state&63 == begin
}

// The states, as what a step is shifted by: how many bytes of the character are still
// to come, and after which first byte the next is limited.
const (
	begin = 6 * iota
	bad   // for good
	one   // more, of any kind
	two
	three
	afterE0
	afterED
	afterF0
	afterF4
)

// wellFormed says which bytes may follow in a state, and what state that leads to; no
// others are UTF-8 (Unicode, table 3-7).
var wellFormed = []struct {
	state     int
	low, high int
	then      int
}{
	{begin, 0x00, 0x7F, begin},
	{begin, 0xC2, 0xDF, one},
	{begin, 0xE0, 0xE0, afterE0},
	{begin, 0xE1, 0xEC, two},
	{begin, 0xED, 0xED, afterED},
	{begin, 0xEE, 0xEF, two},
	{begin, 0xF0, 0xF0, afterF0},
	{begin, 0xF1, 0xF3, three},
	{begin, 0xF4, 0xF4, afterF4},
	{one, 0x80, 0xBF, begin},
	{two, 0x80, 0xBF, one},
	{three, 0x80, 0xBF, two},
	{afterE0, 0xA0, 0xBF, one},
	{afterED, 0x80, 0x9F, one},
	{afterF0, 0x90, 0xBF, two},
	{afterF4, 0x80, 0x8F, two},
}

// utf8Steps holds for each byte, at the place of each state, the state that follows.
var utf8Steps = func() (steps [256]uint64) {
	for c := range steps {
		for state := begin; state <= afterF4; state += 6 {
			steps[c] |= bad << state
		}
	}
	for _, w := range wellFormed {
		for c := w.low; c <= w.high; c++ {
			steps[c] ^= uint64(bad^w.then) << w.state
		}
	}
	return steps
}()
