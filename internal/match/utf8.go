package match

import "encoding/binary"

// validUTF8 is utf8.Valid, but quick also where ASCII and other characters alternate,
// as in most languages' texts: a step takes the same time whatever the byte, because
// nothing depends on it but a shift (Per Vognsen, "Shift-based DFAs").
func validUTF8(b []byte) bool {
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
// to come, and what the next one may be (Unicode, table 3-7).
const (
	begin   = 6 * iota
	bad     // for good
	one     // more, of any kind
	two     // more
	three   // more
	afterE0 // A0 to BF must follow, then one
	afterED // 80 to 9F, then one
	afterF0 // 90 to BF, then two
	afterF4 // 80 to 8F, then two
)

// utf8Steps holds for each byte, at the place of each state, the state that follows.
var utf8Steps = func() (steps [256]uint64) {
	for c := range steps {
		for state := begin; state <= afterF4; state += 6 {
			steps[c] |= uint64(utf8Step(byte(c), state)) << state
		}
	}
	return steps
}()

func utf8Step(c byte, state int) int {
	within := func(low, high byte, then int) int {
		if c < low || c > high {
			return bad
		}
		return then
	}
	switch state {
	case begin:
		return utf8First(c)
	case one:
		return within(0x80, 0xBF, begin)
	case two:
		return within(0x80, 0xBF, one)
	case three:
		return within(0x80, 0xBF, two)
	case afterE0:
		return within(0xA0, 0xBF, one)
	case afterED:
		return within(0x80, 0x9F, one)
	case afterF0:
		return within(0x90, 0xBF, two)
	case afterF4:
		return within(0x80, 0x8F, two)
	}
	return bad
}

// utf8First is the state after the first byte of a character.
func utf8First(c byte) int {
	switch {
	case c < 0x80:
		return begin
	case c < 0xC2 || c > 0xF4:
		return bad
	case c < 0xE0:
		return one
	case c == 0xE0:
		return afterE0
	case c == 0xED:
		return afterED
	case c < 0xF0:
		return two
	case c == 0xF0:
		return afterF0
	case c == 0xF4:
		return afterF4
	}
	return three
}
