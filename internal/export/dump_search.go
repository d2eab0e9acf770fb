package export

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/match"
)

// chunk is text of a file that has been searched.
type chunk struct {
	end, taken int64 // of the text and of the file
	hash       []byte
	lines      int64
	count      int64    // records, those that could not be read included
	records    []Record // that may concern somebody
	others     Summary
	wanted     bool // some of the records do
	faults     []fault
	release    func() // gives back what it holds of the budget
	said       Said
	after      Said // what stands behind a page's records: counts once the file has been read to its end
	links      dsr.Links
	shape      *shape // of the records, where their fields are declared
	broken     *Panic // nothing else of the chunk counts
}

// fault is a record that cannot be read, not whole, or was not understood.
type fault struct {
	line   int64 // in the chunk, from 0; of a file of lines
	record int64 // in the chunk, from 1; of a page, -1 for the page itself
	code   string
	what   string
}

// reason says where the record is. u is as it is before the chunk.
func (f fault) reason(u dsr.Unit) dsr.Reason {
	where := fmt.Sprintf("line %d", u.Position.Lines+f.line+1)
	switch {
	case f.record > 0:
		where = fmt.Sprintf("record %d", u.Records+f.record)
	case f.record < 0:
		where = "the page itself"
	}
	return dsr.Reason{Code: f.kind(), Detail: fmt.Sprintf("%s, %s: %s", u.File.Name, where, f.what)}
}

func (f fault) kind() string { return cmp.Or(f.code, dsr.ReasonUnreadable) }

func (s *Summary) add(t Summary) {
	s.Count += t.Count
	s.Searchable += t.Searchable
	s.took(t.First)
	s.took(t.Last)
	for rule, n := range t.Anomalies {
		dsr.Count(&s.Anomalies, rule, n)
	}
}

func (s *Summary) took(t time.Time) {
	if t.IsZero() {
		return
	}
	if s.First.IsZero() || t.Before(s.First) {
		s.First = t
	}
	if t.After(s.Last) {
		s.Last = t
	}
}

// fileSearch looks at the records of a file one by one.
type fileSearch struct {
	endpoint dsr.Endpoint
	schema   match.Schema
	declared *declared.Fields // nil: they are the program's own
	paged    bool
	want     Wanted
}

// take searches one record, and notes what is wrong with it; where says where it is.
func (s fileSearch) take(st *chunk, r match.Record, where fault) {
	st.count++
	if r.Err != nil {
		st.others.Count++
		st.note(where, codeOf(r), reasonOf(r.Err))
		return
	}
	if s.declared != nil {
		s.shape(st, r.Raw)
	}
	facts := s.facts(st, r)
	if !facts.Understood() {
		st.note(where, dsr.ReasonNotUnderstood, facts.Missing)
	}
	if s.paged {
		st.said.Held += hashOf(nameOfRecord(facts, r.Raw))
	}
	if s.endpoint == dsr.Messages {
		s.message(st, r, facts)
	} else {
		s.conversation(st, r, facts)
	}
	if facts.Text.InvalidUTF8 {
		st.note(where, dsr.ReasonUnreadable, "holds bytes that are not UTF-8; what can be read of it was searched")
	}
}

// shape takes in which of the declared paths lead to something in a record.
func (s fileSearch) shape(st *chunk, raw []byte) {
	if st.shape == nil {
		st.shape = newShape(*s.declared)
	}
	if s.endpoint == dsr.Messages {
		st.shape.message(raw)
		return
	}
	st.shape.conversation(raw)
	st.shape.holding(raw)
}

// facts are a record's.
func (s fileSearch) facts(st *chunk, r match.Record) match.Facts {
	facts, fields := r.Facts(), s.schema.Message
	if s.endpoint == dsr.Conversations {
		fields = s.schema.Conversation
	}
	lookCloser(fields, r.Raw, st.others.Searchable > 0, &facts)
	return facts
}

// nameOfRecord tells a record from every other of its kind: a message's id is one within its
// conversation. No conversation has such an id.
func nameOfRecord(facts match.Facts, raw []byte) string {
	if facts.ID == "" {
		return "\x00\x00" + string(raw)
	}
	return "\x00" + facts.ConversationID + "\x00" + facts.ID
}

// note notes what is wrong with the record that was taken last.
func (st *chunk) note(where fault, code, what string) {
	if where.record > 0 {
		where.record = st.count
	}
	where.code, where.what = code, what
	st.faults = append(st.faults, where)
}

// codeOf tells JSON that is no record from what is no JSON.
func codeOf(r match.Record) string {
	if json.Valid(r.Raw) {
		return dsr.ReasonNotUnderstood
	}
	return dsr.ReasonUnreadable
}

func reasonOf(err error) string {
	if e, ok := errors.AsType[*match.SyntaxError](err); ok {
		return e.Reason
	}
	return "cannot be read"
}

// conversation keeps the text only of a record that somebody asked for.
func (s fileSearch) conversation(st *chunk, r match.Record, facts match.Facts) {
	if facts.ID != "" {
		st.links.Listed = append(st.links.Listed, facts.ID)
	}
	if len(r.Hits) > 0 || len(r.Near) > 0 {
		read := Record{Kind: dsr.Conversation, Facts: facts, Hits: r.Hits, Near: r.Near, Number: st.count}
		if len(r.Hits) > 0 {
			read.Raw, st.wanted = slices.Clone(r.Raw), true
		}
		st.records = append(st.records, read)
		return
	}
	st.others.Count++
	st.others.took(facts.When())
	if facts.HasMetadata {
		st.others.Searchable++
	}
	for _, rule := range facts.Anomalies {
		dsr.Count(&st.others.Anomalies, rule, 1)
	}
}

func (s fileSearch) message(st *chunk, r match.Record, facts match.Facts) {
	if s.paged { // a page may count its records
		st.links.Listed = append(st.links.Listed, nameOfRecord(facts, r.Raw))
	}
	if facts.ConversationID != "" {
		st.links.Refer(facts.ConversationID, facts.Time)
	}
	switch {
	case facts.ConversationID == "":
		dsr.Count(&st.others.Anomalies, ruleOrphan, 1)
	case s.want.Conversation(facts.ConversationID):
		st.records = append(st.records, Record{Kind: dsr.Message, Raw: slices.Clone(r.Raw), Facts: facts, Number: st.count})
		st.wanted = true
		return
	}
	st.others.Count++
	st.others.took(facts.Time)
}

// lineText is a file of lines: one goroutine cuts it into blocks, each is searched by
// another, and they are taken in the order of the file.
type lineText struct {
	r       *fileReader
	inOrder chan chan chunk
	cut     error // why cutting ended
}

func newLineText(ctx context.Context, r *fileReader) *lineText {
	t := &lineText{r: r, inOrder: make(chan chan chunk, 2*cap(r.buffers))}
	go func() {
		defer close(t.inOrder)
		t.cut = t.blocks(ctx, r.in.Lines())
	}()
	return t
}

func (t *lineText) next(context.Context) (st *chunk, end bool, err error) {
	done, more := <-t.inOrder
	if !more {
		return nil, t.cut == nil, t.cut
	}
	searched := <-done
	if searched.broken != nil {
		searched.release()
		panic(searched.broken)
	}
	return &searched, false, nil
}

// close waits for the searches under way to end; their context has.
func (t *lineText) close() {
	for done := range t.inOrder {
		<-done
	}
}

// blocks cuts until the text ends (nil) or cannot be read on.
func (t *lineText) blocks(ctx context.Context, lines *LineReader) error {
	for {
		buf, err := t.r.buffer(ctx)
		if err != nil {
			return err
		}
		block, buf, err := lines.Next(buf)
		if err != nil {
			t.r.putBack(buf)
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		done := make(chan chunk, 1)
		select {
		case t.inOrder <- done:
		case <-ctx.Done():
			t.r.putBack(buf)
			return context.Cause(ctx)
		}
		go func() {
			st := t.r.search.survive(ctx, block)
			t.r.putBack(buf)
			st.release = block.Release
			done <- st
		}()
	}
}

// Panic is one in a goroutine that searches a block, handed on to whoever reads the file,
// so that it ends that reading and not the program. What was panicked with may be a record
// and is not kept.
type Panic struct{ Stack string }

func (s fileSearch) survive(ctx context.Context, b Block) (st chunk) {
	defer func() {
		if recover() != nil {
			st = chunk{broken: &Panic{string(debug.Stack())}}
		}
	}()
	return s.block(ctx, b)
}

// block searches whole lines. Once ctx has ended what it says does not count.
func (s fileSearch) block(ctx context.Context, b Block) chunk {
	st := chunk{end: b.End, taken: b.Taken, hash: b.Hash}
	if b.TooLong {
		st.lines, st.count, st.others.Count = 1, 1, 1
		st.faults = []fault{{what: b.Reason}}
		return st
	}
	st.lines = int64(bytes.Count(b.Text, []byte{'\n'}))
	dsr.Count(&st.others.Anomalies, ruleText, blankMarks(b.Text))
	zeros, lost := blankZeros(b.Text)
	var line int64
	counted := 0                                                              // up to where line is the number of line ends
	_ = s.want.Matcher.Scan(b.Text, match.NDJSON, func(r match.Record) bool { // lines have no error as a whole
		faults := len(st.faults)
		s.take(&st, r, fault{})
		if len(st.faults) > faults { // its line is counted only then
			line, counted = line+int64(bytes.Count(b.Text[counted:r.Offset], []byte{'\n'})), r.Offset
			for i := range st.faults[faults:] {
				st.faults[faults+i].line = line
			}
		}
		return ctx.Err() == nil
	})
	if lost {
		st.count, st.others.Count = st.count+1, st.others.Count+1
		st.faults = append(st.faults, fault{line: int64(bytes.Count(b.Text[:zeros], []byte{'\n'})), what: endsInZeros})
	}
	return st
}
