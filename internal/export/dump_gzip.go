package export

import (
	"bufio"
	"io"

	"github.com/klauspost/compress/gzip"
)

// members reads the members of a gzip file one after another. Zero bytes behind the last one
// are padding, as of a tape.
type members struct {
	in *bufio.Reader
	z  *gzip.Reader
}

// Read implements io.Reader.
func (m *members) Read(p []byte) (int, error) {
	n, err := m.z.Read(p)
	if err != io.EOF {
		return n, err
	}
	if n > 0 {
		return n, nil // the next call says what follows
	}
	if err := m.skipPadding(); err != nil {
		return 0, err
	}
	if err := m.z.Reset(m.in); err != nil {
		return 0, err
	}
	m.z.Multistream(false)
	return 0, nil
}

// skipPadding goes on to the next member; io.EOF where there is none.
func (m *members) skipPadding() error {
	for {
		b, err := m.in.ReadByte()
		if err != nil {
			return err
		}
		if b != 0 {
			return m.in.UnreadByte()
		}
	}
}
