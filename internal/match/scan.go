package match

import (
	"bytes"

	"dsr-server/internal/match/prefilter"
)

// Layout is how records stand in a block of text.
type Layout uint8

const (
	// Page is one page of a vendor's export: an object whose "data" is an array of records.
	Page Layout = iota
	// NDJSON is any number of whole lines with one record each; blank lines are none.
	NDJSON
)

// Record is one record of a block.
type Record struct {
	Raw    []byte // its own bytes, inside the block
	Offset int    // of Raw in the block
	Number int    // among the records of the block, from 1, unreadable ones included
	Hits   []Hit
	Near   []Near // by query
	walker *walker
	// Err, a *SyntaxError, says that this is no record and was not searched: then Raw
	// is the element of "data" or the line, and there are no hits.
	Err error
}

// Facts are the record's, until the function that was given it returns; nothing is
// understood of a record with Err.
func (r Record) Facts() Facts {
	if r.Err != nil {
		return Facts{Missing: "it cannot be read"}
	}
	return r.walker.facts()
}

// Scan decides for every record of a block in one pass, however many queries there
// are, and yields each in order, with or without hits, until yield says false.
//
// A page is proven to be JSON to its last byte. If it is not, or has no "data" array,
// the error is a *SyntaxError and what was yielded before does not count: the page
// has to be read again. In NDJSON a line that is no record is yielded with Err and
// the lines around it are found all the same; there is no error for the block. That
// a file was cut off exactly between two lines cannot be seen here.
func (m *Matcher) Scan(block []byte, layout Layout, yield func(Record) bool) error {
	s := scanner{w: newWalker(m), block: block, yield: yield}
	defer s.w.release()
	s.begin(layout)
	if layout == NDJSON {
		s.lines()
		return nil
	}
	s.w.b = block
	if s.page() {
		return nil
	}
	s.w.err.Record = s.inRecord
	return s.w.err
}

type scanner struct {
	w        *walker
	block    []byte
	yield    func(Record) bool
	number   int // of records so far
	inRecord int // number of the record being read, or 0
	stopped  bool
	skims    bool // records of the usual kind are read by w.skim
	strange  int  // number of those that were not
}

// emit yields the record block[i:end], which the walker has just read.
func (s *scanner) emit(i, end int, err *SyntaxError) bool {
	r := Record{Raw: s.block[i:end:end], Offset: i, Number: s.number}
	if err != nil {
		r.Err = err
	} else {
		r.Hits, r.Near = s.w.verdict()
		r.walker = s.w
	}
	s.stopped = !s.yield(r)
	return !s.stopped
}

// lines reads NDJSON. Each line is cut off first, so that an unfinished record ends
// with its line.
func (s *scanner) lines() {
	for start, _ := s.skim(0); start < len(s.block) && !s.stopped; {
		end := len(s.block)
		if n := bytes.IndexByte(s.block[start:], '\n'); n >= 0 {
			end = start + n
		}
		s.walkNext(start, end)
		if !s.line(start, end) {
			return
		}
		start, _ = s.skim(min(end+1, len(s.block)))
	}
}

func (s *scanner) line(start, end int) bool {
	w := s.w
	w.b = s.block[:end:end]
	first := prefilter.Next(w.b, start)
	if first == len(w.b) {
		return true
	}
	s.number++
	i := w.record(first)
	if i >= 0 {
		if rest := prefilter.Next(w.b, i); rest != len(w.b) {
			w.fail(rest, "more text after the end of the record")
		}
	}
	if w.err != nil {
		w.err.Record = s.number
		return s.emit(start, end, w.err)
	}
	return s.emit(first, i, nil)
}

// page reads a page; false means that the walker holds the error.
func (s *scanner) page() bool {
	w := s.w
	i := prefilter.Next(w.b, 0)
	if i == len(w.b) || w.b[i] != '{' {
		w.fail(i, notAnObject(w.b, i))
		return false
	}
	i, found := s.envelope(i)
	switch {
	case s.stopped:
		return true
	case i < 0:
		return false
	case prefilter.Next(w.b, i) != len(w.b):
		w.fail(prefilter.Next(w.b, i), "more text after the end of the page")
		return false
	case !found:
		w.fail(0, `the page has no "data" array`)
		return false
	}
	return true
}

// envelope reads the page's own object and reports whether records were found.
func (s *scanner) envelope(i int) (end int, found bool) {
	w := s.w
	for first := true; ; first = false {
		i = prefilter.Next(w.b, i+1)
		if first && i < len(w.b) && w.b[i] == '}' {
			return i + 1, found
		}
		var data bool
		if i, data = s.member(i); i < 0 || s.stopped {
			return i, found
		}
		found = found || data
		i = prefilter.Next(w.b, i)
		if i < len(w.b) && w.b[i] == '}' {
			return i + 1, found
		}
		if i == len(w.b) || w.b[i] != ',' {
			return w.fail(i, "expected a comma or the end of the page"), found
		}
	}
}

// member reads one key of the page and its value, and reports whether it was the data.
func (s *scanner) member(i int) (end int, data bool) {
	w := s.w
	if i == len(w.b) || w.b[i] != '"' {
		return w.fail(i, "expected a key"), false
	}
	end, t := w.marks.StringEnd(w.b, i+1)
	if t&prefilter.Broken != 0 {
		return w.fail(end, "not a JSON string"), false
	}
	data = string(w.text(w.b[i+1:end], t)) == "data"
	if i = prefilter.Next(w.b, end+1); i == len(w.b) || w.b[i] != ':' {
		return w.fail(i, "expected a colon"), false
	}
	i = prefilter.Next(w.b, i+1)
	if !data {
		return s.skip(i), false
	}
	if i == len(w.b) || w.b[i] != '[' {
		return w.fail(i, `"data" must be an array`), false
	}
	return s.records(i), true
}

// skip reads a value that is no record; what the walker thinks of it is forgotten
// with the next record.
func (s *scanner) skip(i int) int {
	s.w.begin()
	return s.w.value(i, elsewhere)
}

// records reads the array of records at block[i].
func (s *scanner) records(i int) int {
	w := s.w
	for first := true; ; first = false {
		i = prefilter.Next(w.b, i+1)
		if first && i < len(w.b) && w.b[i] == ']' {
			return i + 1
		}
		var read bool
		if i, read = s.skim(i); s.stopped {
			return i
		}
		if !read {
			s.walkNext(i, len(s.block))
			if i = s.element(i); i < 0 || s.stopped {
				return i
			}
		}
		i = prefilter.Next(w.b, i)
		if i < len(w.b) && w.b[i] == ']' {
			return i + 1
		}
		if i == len(w.b) || w.b[i] != ',' {
			return w.fail(i, "expected a comma or the end of the data")
		}
	}
}

// element reads one element of the data and yields it.
func (s *scanner) element(i int) int {
	s.number++
	s.inRecord = s.number
	var end int
	var err *SyntaxError
	if i < len(s.block) && s.block[i] == '{' {
		end = s.w.record(i)
	} else {
		end = s.skip(i)
		err = &SyntaxError{Offset: i, Record: s.number, Reason: notAnObject(s.block, i)}
	}
	if end >= 0 {
		s.emit(i, end, err)
		s.inRecord = 0
	}
	return end
}
