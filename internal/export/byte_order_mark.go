package export

import "bytes"

// byteOrderMark may stand before a text, and is no part of it: RFC 8259, 8.1 lets a
// reader ignore it. Where texts were put together there are several, also at the beginnings
// of lines.
var byteOrderMark = []byte("\uFEFF")

// ruleText of docs/quirks.md: a byte order mark.
const ruleText = "Q13"

// marksEnd is where a text goes on behind the marks at text[i:], of which there are n.
func marksEnd(text []byte, i int) (end int, n int64) {
	for bytes.HasPrefix(text[i:], byteOrderMark) {
		i, n = i+len(byteOrderMark), n+1
	}
	return i, n
}

// blankMarks puts blanks in the place of the marks at the beginnings of lines. It returns how
// many there are.
func blankMarks(text []byte) (n int64) {
	for line := 0; ; {
		end, marks := marksEnd(text, line)
		for ; line < end; line++ {
			text[line] = ' '
		}
		n += marks
		next := bytes.Index(text[line:], []byte("\n\uFEFF"))
		if next < 0 {
			return n
		}
		line += next + 1
	}
}
