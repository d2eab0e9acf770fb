package export

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

// What a file is called says how it is packed and laid out; how it begins says it better.
// Tools rename what they pack and unpack, and write lists for lines and lines for pages.

// packing is how a file is compressed.
type packing int

const (
	plain packing = iota
	gzipped
	zstandard
)

// layout is how records stand in a file's text.
type layout int

const (
	inLines layout = iota
	inPage         // {"data":[…]}
	inList         // […]
)

// headSize is how much of a text is looked at to tell its layout.
const headSize = 64 << 10

// layoutNamed is the layout that a file's name promises.
func layoutNamed(name string) layout {
	if Paged(dsr.FileInfo{Name: name}) {
		return inPage
	}
	return inLines
}

// packingNamed is the packing that a file's name promises.
func packingNamed(name string) packing {
	switch low := strings.ToLower(name); {
	case strings.HasSuffix(low, ".gz"):
		return gzipped
	case strings.HasSuffix(low, ".zst"):
		return zstandard
	}
	return plain
}

// packingOf goes by the first bytes of a file. One that neither begins like a compressed one
// nor like JSON is what its name says.
func packingOf(named packing, head []byte) packing {
	switch text := textBegin(head); {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return gzipped
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return zstandard
	case len(text) > 0 && (text[0] == '{' || text[0] == '['):
		return plain
	}
	return named
}

// layoutOf goes by how a text begins: with a list, or under a page's name with an object that
// is none.
func layoutOf(named layout, head []byte, idName string) layout {
	text := textBegin(head)
	switch {
	case arrayBeforeLines(text):
		return inLines
	case len(text) > 0 && text[0] == '[':
		return inList
	case named == inPage && beginsWithRecord(text, idName):
		return inLines
	}
	return named
}

// arrayBeforeLines reports whether an array is the first line and objects follow it: it is one
// line among others that is no record, and not the list of them.
func arrayBeforeLines(text []byte) bool {
	line, rest, _ := bytes.Cut(text, []byte("\n"))
	if rest = rest[spaceEnd(rest, 0):]; len(line) == 0 || line[0] != '[' || len(rest) == 0 || rest[0] != '{' {
		return false
	}
	return jsontext.Value(line).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// textBegin leaves out what may stand before JSON.
func textBegin(head []byte) []byte {
	begin, _ := marksEnd(head, 0)
	return head[spaceEnd(head, begin):]
}

// beginsWithRecord reports whether the first line is an object of its own, without a page's
// data. Of a line that is longer than the head only the members that stand whole in it are
// known: one with an id is a record.
func beginsWithRecord(text []byte, idName string) bool {
	line, _, whole := bytes.Cut(text, []byte("\n"))
	hasID := false
	err := readObject(line, func(name string, dec *jsontext.Decoder) error {
		if name == "data" {
			return errPage
		}
		err := syntaxError(dec.SkipValue())
		hasID = hasID || err == nil && name == idName
		return err
	})
	return err == nil || !whole && hasID && !errors.Is(err, errPage)
}

var errPage = errors.New("it is a page")

// wideText says of a text that it is in an encoding with two bytes for most characters.
func wideText(head []byte) error {
	for _, mark := range []string{"\xff\xfe", "\xfe\xff", "{\x00", "\x00{", "[\x00", "\x00["} {
		if bytes.HasPrefix(head, []byte(mark)) {
			return errors.New("is text in UTF-16; only UTF-8 can be read")
		}
	}
	return nil
}

// readHead reads the beginning of a plain file, without moving in it.
func readHead(file io.ReaderAt) ([]byte, error) {
	head := make([]byte, headSize)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("cannot be read: %w", withoutPath(err))
	}
	return head[:n], nil
}

// blankZeros puts blanks in the place of zero bytes at the end of a text, and returns where
// they begin. A file of lines has them where its size was written and the rest of its content
// was not: the machine or the disk failed meanwhile.
func blankZeros(text []byte) (begin int, found bool) {
	begin = len(bytes.TrimRight(text, "\x00"))
	for i := begin; i < len(text); i++ {
		text[i] = ' '
	}
	return begin, begin < len(text)
}

const endsInZeros = "ends in zero bytes: the file was not written to its end, and what should stand there is lost"

// idNameOf is the first key of the path of an id.
func idNameOf(f match.Fields) string {
	if len(f.ID) == 0 {
		return ""
	}
	return f.ID[0].Name
}
