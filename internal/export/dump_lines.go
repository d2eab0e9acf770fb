package export

import (
	"bytes"
	"errors"
	"io"
)

// DumpBlock is how much text is searched at once.
const DumpBlock = 512 << 10

// Block is a piece of a file's text: whole lines.
type Block struct {
	Text  []byte
	End   int64  // how much of the text has been read with it
	Taken int64  // how much of the file
	Hash  []byte // for a resume after it
	// TooLong says that the text was one line longer than a record may be, and is left out.
	TooLong bool
	Reason  string // of TooLong, in words

	r     *DumpReader
	taken int64 // of the budget, for a line longer than a block
}

// Release gives back what the block holds of the budget; its text must not be used any
// more. Call it once.
func (b Block) Release() {
	if b.taken > 0 {
		b.r.GiveBack(b.taken)
	}
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
// last whole line before it. The block must be released.
func (l *LineReader) Next(buf []byte) (b Block, grown []byte, err error) {
	if l.err != nil {
		return b, buf, l.err
	}
	var taken int64
	n := copy(buf, l.rest)
	if len(l.rest) > len(buf) {
		buf = append(buf[:0], l.rest...)
		buf = buf[:cap(buf)]
		n = len(l.rest)
	}
	for {
		from := n   // what lies before it has no line's end
		if !l.eof { // a file that grows meanwhile has ended here all the same
			n = l.fill(buf[:min(len(buf), n+DumpBlock)], n)
		}
		end := n
		if !l.eof {
			end = from + bytes.LastIndexByte(buf[from:n], '\n') + 1
		}
		switch {
		case l.eof && n > 0, end > from:
			l.rest = append(l.rest[:0], buf[end:n]...)
			block := l.block(buf[:end])
			block.r, block.taken = l.r, taken
			return block, buf, nil
		case l.eof:
			return b, buf, l.giveBack(taken, io.EOF)
		case l.err != nil:
			return b, buf, l.giveBack(taken, l.err)
		case n < len(buf):
			continue
		}
		larger, more, err := l.r.Grow(buf)
		if _, tooLong := errors.AsType[*TooLarge](err); tooLong {
			block := l.skip(buf)
			return block, buf, l.giveBack(taken, nil)
		}
		if err != nil {
			return b, buf, l.giveBack(taken, err)
		}
		buf, taken = larger, taken+more
	}
}

// giveBack gives back what a line took of the budget that comes to nothing.
func (l *LineReader) giveBack(taken int64, err error) error {
	l.r.GiveBack(taken)
	return err
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
		n := l.fill(buf[:min(len(buf), DumpBlock)], 0)
		if end := bytes.IndexByte(buf[:n], '\n') + 1; end > 0 {
			l.rest = append(l.rest, buf[end:n]...)
			b := l.block(buf[:end])
			b.Text, b.TooLong, b.Reason = nil, true, l.r.TooLong()
			return b
		}
		l.block(buf[:n])
	}
	b := l.block(nil)
	b.TooLong, b.Reason = true, l.r.TooLong()
	return b
}
