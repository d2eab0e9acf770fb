package export

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

// pageHead is used for all that lies before the text at hand: a page is searched in
// windows, and each is made to look like the page's beginning.
const pageHead = `{"data":[`

// pageText is a window of a page file. A page of any size is searched like this: what
// fits into the window is searched as a page; the records that stand whole in it
// count; the window then moves past the last of them.
type pageText struct {
	r     *fileReader
	in    io.Reader  // the text
	ahead *readAhead // of a packed file: that is in
	buf   []byte     // room for the head, then text; nil before the first window
	n     int        // where the text ends
	at    int64      // how much of the file's text lies before the window
	cut   bool       // the window does not begin with the file
	eof   bool
	err   error // why the text could not be read on; then eof is set
	list  bool  // the file holds a list of records instead of a page
	// afterRecord is set when the window begins after a record, where a comma must stand.
	afterRecord bool
	over        bool  // nothing is left to search
	taken       int64 // of the budget, for a record larger than a block
}

func newPageText(r *fileReader) *pageText {
	at := r.u.Position.Offset
	p := &pageText{r: r, in: r.in, n: len(pageHead), at: at, cut: at > 0, list: r.in.layout == inList, afterRecord: r.u.Records > 0}
	if r.in.packed != plain {
		p.ahead = newReadAhead(r.in)
		p.in = p.ahead
	}
	return p
}

func (p *pageText) close() {
	if p.ahead != nil {
		p.ahead.close()
	}
	if p.buf != nil {
		p.r.putBack(p.buf)
	}
}

// next searches the next window. What kept the text from being read on is told once
// everything before it has been searched.
func (p *pageText) next(ctx context.Context) (st *chunk, end bool, err error) {
	if p.over {
		return nil, p.err == nil, p.err
	}
	if p.buf == nil {
		if p.buf, err = p.r.buffer(ctx); err != nil {
			return nil, false, err
		}
	}
	if st, p.over, err = p.window(); err != nil || !p.over || p.err != nil {
		return st, false, err
	}
	return st, true, nil
}

// window searches what fits, and moves on. end: nothing is left to search.
func (p *pageText) window() (_ *chunk, end bool, err error) {
	p.fill()
	var st chunk
	if p.list && !p.cut {
		if begin := p.listBegin(&st); begin <= p.n { // else the text could not be read
			return p.move(st, begin), false, nil
		}
	}
	text, skipped, fine := p.present(&st)
	if !fine {
		return p.broken(st, text, skipped, errors.New("expected a comma or the end of the data"))
	}
	first, last := 0, 0
	err = p.r.search.want.Matcher.Scan(text, match.Page, func(r match.Record) bool {
		p.r.search.take(&st, r, fault{record: 1})
		if last == 0 {
			first = r.Offset
		}
		last = r.Offset + len(r.Raw)
		return p.r.in.ctx.Err() == nil
	})
	if last > 0 && !p.cut {
		st.said.add(readSaid(slices.Concat(text[:first], []byte("]}"))))
	}
	switch {
	case err == nil && last == 0 && !p.cut:
		st.after = readSaid(text)
	case err == nil:
		st.after = readSaid(slices.Concat([]byte(pageHead), text[max(last, len(pageHead)):]))
	}
	switch {
	case p.r.in.ctx.Err() != nil:
		return nil, false, context.Cause(p.r.in.ctx)
	case err == nil:
		return p.finish(st, max(last+skipped, len(pageHead)))
	case last > 0:
		p.afterRecord = true
		return p.move(st, last+skipped), false, nil
	case !p.eof && cutShort(err, len(text)):
		if grown, failed := p.grow(); grown || failed != nil {
			return nil, false, failed
		}
	}
	return p.broken(st, text, skipped, err)
}

// fill reads until the window is full or the text has ended. It leaves room for what end adds.
func (p *pageText) fill() {
	for full := len(p.buf) - 1; p.n < full && !p.eof; {
		n, err := p.in.Read(p.buf[p.n:full])
		p.n += n
		switch {
		case errors.Is(err, io.EOF):
			p.end()
		case err != nil:
			p.err, p.eof = err, true
		}
	}
}

// end is called when the text has ended. Zero bytes there are padding; the end of a list is
// made to look like a page's.
func (p *pageText) end() {
	p.eof = true
	p.n = max(len(pageHead), len(bytes.TrimRight(p.buf[:p.n], "\x00")))
	if p.list {
		p.buf[p.n] = '}'
		p.n++
	}
}

// listBegin is where the records of a list begin in the first window.
func (p *pageText) listBegin(st *chunk) int {
	return spaceEnd(p.buf[:p.n], p.textBegin(st)) + 1
}

// textBegin is where the text begins in the first window.
func (p *pageText) textBegin(st *chunk) int {
	begin, marks := marksEnd(p.buf[:p.n], len(pageHead))
	dsr.Count(&st.others.Anomalies, ruleText, marks)
	return begin
}

// present makes the window look like a page. skipped is how much of the window lies
// before it. fine is false when what follows a record is neither a comma nor the end.
func (p *pageText) present(st *chunk) (text []byte, skipped int, fine bool) {
	head := len(pageHead)
	if !p.cut {
		begin := p.textBegin(st)
		return p.buf[begin:p.n], begin, true
	}
	i := spaceEnd(p.buf[:p.n], head)
	fine = !p.afterRecord || i == p.n || p.buf[i] == ']' || p.buf[i] == ','
	if p.afterRecord && i < p.n && p.buf[i] == ',' {
		i++
		if next := spaceEnd(p.buf[:p.n], i); next < p.n && p.buf[next] == ']' {
			st.faults = append(st.faults, fault{record: -1, what: "expected a record after the comma"})
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

// move makes the window begin at i; what was searched lies before it.
func (p *pageText) move(st chunk, i int) *chunk {
	p.at += int64(i - len(pageHead))
	p.n = len(pageHead) + copy(p.buf[len(pageHead):], p.buf[i:p.n])
	p.cut = true
	st.end, st.taken, st.release = p.at, p.r.in.Taken(), p.shrink()
	return &st
}

// grow makes the window larger, if it may be: a record does not fit into it.
func (p *pageText) grow() (grown bool, err error) {
	larger, taken, err := p.r.in.Grow(p.buf)
	if _, limit := errors.AsType[*TooLarge](err); limit {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	p.buf, p.taken = larger, p.taken+taken
	return true, nil
}

// shrink lets a large window go once what is left in it fits into a usual one. It
// returns how to give back what it held, when what was found in it is gone too.
func (p *pageText) shrink() (release func()) {
	if p.taken == 0 || p.n > DumpBlock/2 {
		return func() {}
	}
	small, taken := make([]byte, DumpBlock), p.taken
	copy(small, p.buf[:p.n])
	p.buf, p.taken = small, 0
	return func() { p.r.in.GiveBack(taken) }
}

// finish checks that nothing follows the page, whose last record ends at i. A resume
// begins there: the page's end has to be seen again.
func (p *pageText) finish(st chunk, i int) (_ *chunk, end bool, err error) {
	for !p.eof {
		more := make([]byte, 4<<10) // rarely needed: the page ends with the window
		n, err := p.in.Read(more)
		if len(bytes.Trim(more[:n], " \t\r\n\x00")) > 0 {
			st.faults = append(st.faults, fault{record: -1, what: "more text after the end of the page"})
			p.eof = true
			err = p.drain()
		}
		switch {
		case errors.Is(err, io.EOF):
			p.eof = true
		case err != nil:
			return nil, true, err
		}
	}
	st.end, st.taken, st.release = p.at+int64(i-len(pageHead)), p.r.in.Taken(), func() {}
	return &st, true, nil
}

// drain reads the rest of the file, so that its digest is whole.
func (p *pageText) drain() error {
	_, err := io.Copy(io.Discard, p.in)
	return err
}

// broken names the record that cannot be read and goes on after it, as far as its
// end can be told; else with the next text that looks like a record.
func (p *pageText) broken(st chunk, text []byte, skipped int, cause error) (_ *chunk, end bool, err error) {
	what, inEnvelope := cause.Error(), false
	if e, ok := errors.AsType[*match.SyntaxError](cause); ok {
		what, inEnvelope = e.Reason, !p.cut && e.Record == 0
	}
	begin := len(pageHead)
	if !p.cut {
		begin = dataBegin(text)
	}
	switch {
	case p.err != nil && (begin < 0 || !inEnvelope):
		return nil, true, nil // what is wrong here is that the text breaks off
	case begin < 0:
		return p.giveUp(st, "not a page: "+what)
	case inEnvelope:
		st.faults = append(st.faults, fault{record: -1, what: what})
		p.afterRecord = false
		return p.move(st, begin+skipped), false, nil
	}
	next := elementEnd(text, begin)
	if next < 0 && !p.eof {
		if grown, failed := p.grow(); grown || failed != nil {
			return nil, false, failed
		}
		what = p.r.in.TooLong()
	}
	if next < 0 {
		next = nextLikeRecord(text, begin+1, p.r.in.idName)
	}
	if next < 0 {
		return p.giveUp(st, what+"; what follows it was not searched")
	}
	st.unread(what)
	p.afterRecord = true
	return p.move(st, next+skipped), false, nil
}

// giveUp names what ends the search of the file, and reads it to its end for the digest.
func (p *pageText) giveUp(st chunk, what string) (_ *chunk, end bool, err error) {
	st.unread(what)
	if err := p.drain(); err != nil {
		return nil, true, err
	}
	st.end, st.taken, st.release = p.at, p.r.in.Taken(), func() {}
	return &st, true, nil
}

// unread counts a record of a page that cannot be read.
func (st *chunk) unread(what string) {
	st.count++
	st.others.Count++
	st.faults = append(st.faults, fault{record: st.count, what: what})
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

// elementEnd is the index after the element that begins at text[i], going by brackets and
// quotes alone, or -1 if they do not close or something else follows than can.
func elementEnd(text []byte, i int) int {
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

// nextLikeRecord is the index of the comma before the next text that looks like a record
// of a vendor: an object with the id first. -1 if there is none.
func nextLikeRecord(text []byte, i int, idName string) int {
	key := []byte(`"` + idName + `"`)
	for i < len(text) {
		n := bytes.Index(text[i:], key)
		if n < 0 {
			return -1
		}
		brace := len(bytes.TrimRight(text[:i+n], " \t\r\n")) - 1
		i += n + len(key)
		if brace <= 0 || text[brace] != '{' {
			continue
		}
		if comma := len(bytes.TrimRight(text[:brace], " \t\r\n")) - 1; comma > 0 && text[comma] == ',' {
			return comma
		}
	}
	return -1
}
