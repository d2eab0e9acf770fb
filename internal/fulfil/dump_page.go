package fulfil

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"dsr-server/internal/export"
	"dsr-server/internal/match"
)

// pageHead stands for all that lies before the text at hand: a page is searched in
// windows, and each is made to look like the page's beginning.
const pageHead = `{"data":[`

// pageText is a window of a page file. A page of any size is searched like this: what
// fits into the window is searched as a page; the records that stand whole in it
// count; the window then moves behind the last of them.
type pageText struct {
	s   *dumpScan
	r   *export.DumpReader
	buf []byte // room for the head, then text
	n   int    // where the text ends
	at  int64  // how much of the file's text lies before the window
	cut bool   // the window does not begin with the file
	eof bool
	err error // why the text could not be read on; then eof is set
	// behind is set when the window begins behind a record, where a comma must stand.
	behind bool
}

// page reads a file that holds a page.
func (s *dumpScan) page(ctx context.Context, r *export.DumpReader) error {
	buf, err := s.l.buffer(ctx)
	if err != nil {
		return err
	}
	p := &pageText{s: s, r: r, buf: buf, n: len(pageHead), at: s.file.At, cut: s.file.At > 0, behind: s.file.At > 0}
	defer func() { s.l.putBack(p.buf) }()
	for end := false; !end; {
		if end, err = p.window(ctx); err != nil {
			return err
		}
		if s.l.stopping() && !end {
			return errors.Join(s.commit(ctx), ErrStopping)
		}
	}
	if p.err != nil {
		return fileError{p.err}
	}
	return nil
}

// window searches what fits, and moves on. end: nothing is left to search.
func (p *pageText) window(ctx context.Context) (end bool, err error) {
	p.fill()
	var st stretch
	text, skipped, fine := p.present(&st)
	if !fine {
		return p.broken(ctx, st, text, skipped, errors.New("expected a comma or the end of the data"))
	}
	last := 0
	err = p.s.matcher.Scan(text, match.Page, func(r match.Record) bool {
		if reason := p.s.take(&st, r); reason != "" {
			st.faults = append(st.faults, fault{record: st.records, reason: reason})
		}
		last = r.Offset + len(r.Raw)
		return true
	})
	switch {
	case err == nil:
		return true, p.finish(ctx, st, max(last+skipped, len(pageHead)))
	case last > 0:
		p.behind = true
		return false, p.move(ctx, st, last+skipped)
	case !p.eof && cutShort(err, len(text)) && len(p.buf) < export.MaxDumpRecord:
		p.buf = append(p.buf, make([]byte, len(p.buf))...)
		return false, nil
	}
	return p.broken(ctx, st, text, skipped, err)
}

// fill reads until the window is full or the text has ended.
func (p *pageText) fill() {
	for p.n < len(p.buf) && !p.eof {
		n, err := p.r.Read(p.buf[p.n:])
		p.n += n
		switch {
		case errors.Is(err, io.EOF):
			p.eof = true
		case err != nil:
			p.err, p.eof = err, true
		}
	}
}

// present makes the window look like a page. skipped is how much of the window lies
// before it. fine is false when what follows a record is neither a comma nor the end.
func (p *pageText) present(st *stretch) (text []byte, skipped int, fine bool) {
	head := len(pageHead)
	if !p.cut {
		return p.buf[head:p.n], head, true
	}
	i := spaceEnd(p.buf[:p.n], head)
	fine = !p.behind || i == p.n || p.buf[i] == ']' || p.buf[i] == ','
	if p.behind && i < p.n && p.buf[i] == ',' {
		i++
		if next := spaceEnd(p.buf[:p.n], i); next < p.n && p.buf[next] == ']' {
			st.faults = append(st.faults, fault{record: -1, reason: "expected a record after the comma"})
		}
	}
	skipped = i - head
	copy(p.buf[skipped:], pageHead)
	return p.buf[skipped:p.n], skipped, fine
}

// cutShort reports whether the error may be due to the window's end: no token that is
// cut there begins further before it than an escaped surrogate pair.
func cutShort(err error, size int) bool {
	e, ok := errors.AsType[*match.SyntaxError](err)
	return ok && e.Offset >= size-len(`\ud83d\ude00`)
}

// move commits what was searched and moves the window to begin at i.
func (p *pageText) move(ctx context.Context, st stretch, i int) error {
	p.at += int64(i - len(pageHead))
	p.n = len(pageHead) + copy(p.buf[len(pageHead):], p.buf[i:p.n])
	p.cut = true
	st.end, st.taken = p.at, p.r.Taken()
	return p.s.add(ctx, st)
}

// finish checks that nothing follows the page, whose last record ends at i. A resume
// begins there: the page's end has to be seen again.
func (p *pageText) finish(ctx context.Context, st stretch, i int) error {
	for !p.eof {
		more := make([]byte, 4<<10) // rarely needed: the page ends with the window
		n, err := p.r.Read(more)
		if len(bytes.TrimSpace(more[:n])) > 0 {
			st.faults = append(st.faults, fault{record: -1, reason: "more text after the end of the page"})
			p.eof = true
			err = p.drain()
		}
		switch {
		case errors.Is(err, io.EOF):
			p.eof = true
		case err != nil:
			return fileError{err}
		}
	}
	st.end, st.taken = p.at+int64(i-len(pageHead)), p.r.Taken()
	return p.s.add(ctx, st)
}

// drain reads the rest of the file, so that its digest is whole.
func (p *pageText) drain() error {
	_, err := io.Copy(io.Discard, p.r)
	return err
}

// broken names the record that cannot be read and goes on behind it, as far as its
// end can be told; else with the next text that looks like a record.
func (p *pageText) broken(ctx context.Context, st stretch, text []byte, skipped int, cause error) (end bool, err error) {
	reason, inEnvelope := cause.Error(), false
	if e, ok := errors.AsType[*match.SyntaxError](cause); ok {
		reason, inEnvelope = e.Reason, !p.cut && e.Record == 0
	}
	begin := len(pageHead)
	if !p.cut {
		begin = dataBegin(text)
	}
	switch {
	case p.err != nil && (begin < 0 || !inEnvelope):
		return true, nil // what is wrong here is that the text breaks off
	case begin < 0:
		return true, p.giveUp(ctx, st, "not a page: "+reason)
	case inEnvelope:
		st.faults = append(st.faults, fault{record: -1, reason: reason})
		p.behind = false
		return false, p.move(ctx, st, begin+skipped)
	}
	next := behind(text, begin)
	if next < 0 && !p.eof && len(p.buf) < export.MaxDumpRecord {
		p.buf = append(p.buf, make([]byte, len(p.buf))...)
		return false, nil
	}
	if next < 0 && !p.eof {
		reason = fmt.Sprintf("is longer than %d MiB, the limit for one record", export.MaxDumpRecord>>20)
	}
	if next < 0 {
		next = resembling(text, begin+1)
	}
	if next < 0 {
		return true, p.giveUp(ctx, st, reason+"; what follows it was not searched")
	}
	st.records++
	st.faults = append(st.faults, fault{record: st.records, reason: reason})
	p.behind = true
	return false, p.move(ctx, st, next+skipped)
}

// giveUp names what ends the search of the file, and reads it to its end for the digest.
func (p *pageText) giveUp(ctx context.Context, st stretch, reason string) error {
	st.records++
	st.faults = append(st.faults, fault{record: st.records, reason: reason})
	if err := p.drain(); err != nil {
		return fileError{err}
	}
	st.end, st.taken = p.at, p.r.Taken()
	return p.s.add(ctx, st)
}

// dataBegin is where the records begin in a page's text, or -1.
func dataBegin(text []byte) int {
	key := bytes.Index(text, []byte(`"data"`))
	if key < 0 {
		return -1
	}
	i := key + len(`"data"`)
	for _, c := range []byte{':', '['} {
		i = spaceEnd(text, i)
		if i == len(text) || text[i] != c {
			return -1
		}
		i++
	}
	return i
}

func spaceEnd(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// behind is the index behind the element that begins at text[i], going by brackets and
// quotes alone, or -1 if they do not close or something else follows than can.
func behind(text []byte, i int) int {
	var open []byte
	for i = spaceEnd(text, i); i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			if i = quoteEnd(text, i+1); i == len(text) {
				return -1
			}
		case '{', '[':
			open = append(open, c+2) // the bracket that closes it
		case '}', ']':
			if len(open) == 0 || open[len(open)-1] != c {
				return -1
			}
			open = open[:len(open)-1]
		}
		if len(open) > 0 {
			continue
		}
		if end := spaceEnd(text, i+1); end < len(text) && (text[end] == ',' || text[end] == ']') {
			return i + 1
		}
	}
	return -1
}

// quoteEnd is the index of the quote that closes the string at text[i].
func quoteEnd(text []byte, i int) int {
	for ; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return min(i, len(text))
}

// resembling is the index of the comma before the next text that looks like a record
// of a vendor: an object with _id first. -1 if there is none.
func resembling(text []byte, i int) int {
	for i < len(text) {
		n := bytes.Index(text[i:], []byte(`"_id"`))
		if n < 0 {
			return -1
		}
		brace := len(bytes.TrimRight(text[:i+n], " \t\r\n")) - 1
		i += n + len(`"_id"`)
		if brace <= 0 || text[brace] != '{' {
			continue
		}
		if comma := len(bytes.TrimRight(text[:brace], " \t\r\n")) - 1; comma > 0 && text[comma] == ',' {
			return comma
		}
	}
	return -1
}
