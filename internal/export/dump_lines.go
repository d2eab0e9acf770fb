package export

import (
	"bytes"
	"errors"
	"io"
)

const (
	// DumpBlock is how much text is searched at once.
	DumpBlock = 512 << 10
	// MaxDumpRecord is the largest record of a dump; memory is bounded by it.
	MaxDumpRecord = 64 << 20
)

// Block is a piece of a file's text: whole lines.
type Block struct {
	Text  []byte
	End   int64  // how much of the text has been read with it
	Taken int64  // how much of the file
	Hash  []byte // for a resume after it
	// TooLong says that the text was one line longer than MaxDumpRecord, and is left out.
	TooLong bool
}

// LineReader cuts a file of lines into blocks.
type LineReader struct {
	r    *DumpReader
	rest []byte // the beginning of a line
	at   int64
	eof  bool
	err  error // why the text could not be read on
}

// Lines returns the reader's text from where it stands, in blocks.
func (r *DumpReader) Lines() *LineReader { return &LineReader{r: r, at: r.first.Position.Offset} }

// Next reads the next block into buf, which is returned for the next call and has
// grown if a line needed it. io.EOF at the end of the text; another error after the
// last whole line before it.
func (l *LineReader) Next(buf []byte) (b Block, grown []byte, err error) {
	if l.err != nil {
		return b, buf, l.err
	}
	n := copy(buf, l.rest)
	if len(l.rest) > len(buf) {
		buf = append(buf[:0], l.rest...)
		buf = buf[:cap(buf)]
		n = len(l.rest)
	}
	for {
		if !l.eof { // a file that grows meanwhile has ended here all the same
			n = l.fill(buf, n)
		}
		end := n
		if !l.eof {
			end = bytes.LastIndexByte(buf[:n], '\n') + 1
		}
		switch {
		case end > 0:
			l.rest = append(l.rest[:0], buf[end:n]...)
			return l.block(buf[:end]), buf, nil
		case l.err != nil:
			return b, buf, l.err
		case l.eof:
			return b, buf, io.EOF
		case len(buf) >= MaxDumpRecord:
			return l.skip(buf), buf, nil
		}
		buf = append(buf, make([]byte, len(buf))...)
	}
}

// fill reads until buf is full or nothing more is to be had.
func (l *LineReader) fill(buf []byte, n int) int {
	more, err := io.ReadFull(l.r, buf[n:])
	switch {
	case err == nil:
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		l.eof = true
	default:
		l.err = err
	}
	return n + more
}

func (l *LineReader) block(text []byte) Block {
	state := l.r.take(text)
	l.at += int64(len(text))
	return Block{Text: text, End: l.at, Taken: l.r.Taken(), Hash: state}
}

// skip reads to the end of a line that is too long to be held.
func (l *LineReader) skip(buf []byte) Block {
	l.block(buf)
	l.rest = l.rest[:0]
	for !l.eof && l.err == nil {
		n := l.fill(buf, 0)
		if end := bytes.IndexByte(buf[:n], '\n') + 1; end > 0 {
			l.rest = append(l.rest, buf[end:n]...)
			b := l.block(buf[:end])
			b.Text, b.TooLong = nil, true
			return b
		}
		l.block(buf[:n])
	}
	b := l.block(nil)
	b.TooLong = true
	return b
}
