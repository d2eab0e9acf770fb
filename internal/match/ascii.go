package match

// foldASCII appends the fold of a text without a byte over 0x7F: there Fold is lower
// case and trimming.
func foldASCII(dst, text []byte) []byte {
	for _, c := range trimASCII(text) {
		if c-'A' < 26 {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}

func trimASCII(b []byte) []byte {
	for len(b) > 0 && isSpaceASCII(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isSpaceASCII(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// isSpaceASCII is unicode.IsSpace for a byte below 0x80.
func isSpaceASCII(c byte) bool { return c == ' ' || c-'\t' <= '\r'-'\t' }
