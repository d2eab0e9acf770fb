package prefilter

// FoldASCII appends dsr.FoldText of a text without a byte over 0x7F: lower case, and one
// blank for a run of white space.
func FoldASCII(dst, text []byte) []byte {
	blank := false
	for _, c := range trimASCII(text) {
		if isSpaceASCII(c) {
			if !blank {
				dst = append(dst, ' ')
			}
			blank = true
			continue
		}
		if blank = false; c-'A' < 26 {
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
