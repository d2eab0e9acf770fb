package fulfil

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/match"
)

// dumpScan searches one file for every request it is read for.
type dumpScan struct {
	*aim
	l      *dumpLane
	file   dsr.DumpFile // as it stands with what is in read
	read   dsr.DumpRead // what has been read since the last commit
	blocks int          // of them
}

// aim is what is looked for in all files that are read for the same requests.
type aim struct {
	requests []dsr.Request
	windows  []dsr.Window // of each
	matcher  *match.Matcher
	ids      map[string][]int // of files of messages: whose conversation it is
	nearly   []atomic.Int64   // of each request: near misses so far
}

func (l *dumpLane) newScan(ctx context.Context, f dsr.DumpFile) (*dumpScan, error) {
	whose := strings.Join(f.Requests, " ")
	a, known := l.aims[whose]
	if !known {
		var err error
		if a, err = l.newAim(ctx, f.Kind, f.Requests); err != nil {
			return nil, err
		}
		l.aims[whose] = a
	}
	return &dumpScan{aim: a, l: l, file: f}, nil
}

func (l *dumpLane) newAim(ctx context.Context, kind dsr.RecordKind, requests []string) (*aim, error) {
	a := &aim{}
	var queries []match.Query
	for _, id := range requests {
		r, err := l.request(ctx, id)
		if err != nil {
			return nil, err
		}
		a.requests, a.windows = append(a.requests, r), append(a.windows, asked(l.s.Source, r))
		queries = append(queries, match.Query{Selectors: r.Selectors, Region: l.s.Region})
	}
	a.nearly = make([]atomic.Int64, len(queries))
	var err error
	if kind == dsr.Message {
		queries = nil // only whether they are records is asked
		err = l.loadIDs(ctx, a)
	}
	if err == nil {
		fields := l.s.Dump.Schema().Conversation
		if kind == dsr.Message {
			fields = l.s.Dump.Schema().Message
		}
		a.matcher, err = match.Compile(queries, fields)
	}
	return a, err
}

// asked is the request's window in the source: without a start, from earliest on.
func asked(s dsr.Source, r dsr.Request) dsr.Window {
	return dsr.Window{Start: later(r.Window.Start, s.Earliest), End: r.Window.End}
}

func (l *dumpLane) loadIDs(ctx context.Context, a *aim) error {
	a.ids = map[string][]int{}
	for i, r := range a.requests {
		ids, err := l.st.FoundConversations(ctx, r.ID, l.s.Name)
		if err != nil {
			return err
		}
		for _, id := range ids {
			a.ids[id] = append(a.ids[id], i)
		}
	}
	return nil
}

// errNobody stops the reading of a file that nobody needs any more.
var errNobody = errors.New("nobody needs the file any more")

// run reads the file from where it stands to its end, and commits how it ended. What
// is wrong with the file is no error of the lane.
func (s *dumpScan) run(ctx context.Context) error {
	sum, err := s.search(ctx)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx) // and nothing can be said about the file
	}
	damage, isDamage := errors.AsType[fileError](err)
	switch {
	case errors.Is(err, errNobody), errors.Is(err, ErrStopping): // what was read is committed
		return nil
	case isDamage:
		s.file.State = dsr.RangeFailed
		if errors.Is(damage, export.ErrChanged) {
			s.file.Faults, s.file.Unread = nil, 0 // who knows which of the files they were in
		}
		s.file.Faults = append(s.file.Faults, dsr.Reason{Code: dsr.ReasonUnreadable, Detail: fmt.Sprintf("%s: %v", s.file.Name, damage.error)})
	case err != nil:
		return err
	default:
		s.file.State, s.file.SHA256, s.file.Taken = dsr.RangeDone, sum[:], s.file.Size
	}
	s.file.Hash = nil
	s.l.log.InfoContext(ctx, "file read", slog.String("source", s.l.s.Name), slog.String("file", s.file.Name),
		slog.Int64("bytes", s.file.Taken), slog.Int64("records", s.file.Records), slog.String("state", string(s.file.State)))
	if err := s.commitEnd(ctx); !errors.Is(err, errNobody) {
		return err
	}
	return nil
}

// fileError is what is wrong with a file as a whole.
type fileError struct{ error }

func (e fileError) Unwrap() error { return e.error }

func (s *dumpScan) search(ctx context.Context) (sum [32]byte, err error) {
	s.file.State = dsr.RangeReading
	r, err := s.l.s.Dump.Open(ctx, s.file)
	if err != nil {
		return sum, fileError{err}
	}
	defer r.Close()
	if export.Paged(s.file) {
		err = s.page(ctx, r)
	} else {
		err = s.lines(ctx, r)
	}
	if err != nil {
		return sum, err
	}
	if sum, err = r.Finish(); err != nil {
		return sum, fileError{err}
	}
	return sum, nil
}

// stretch is text that has been searched.
type stretch struct {
	end, taken     int64 // of the text and of the file
	hash           []byte
	lines, records int64
	first, last    time.Time
	tally          dsr.Tally
	own            map[string]dsr.Tally
	finds          []dsr.Find
	near           []dsr.NearFind
	untold         map[string]int64 // near misses that were only counted, by request
	faults         []fault
}

// fault is a record that cannot be read, or not whole.
type fault struct {
	line   int64 // in the stretch, from 0; of a file of lines
	record int64 // in the stretch, from 1; of a page, -1 for the page itself
	reason string
}

// lines reads a file of lines: one goroutine cuts it into blocks, each is searched by
// another, and they are taken in the order of the file.
func (s *dumpScan) lines(ctx context.Context, r *export.DumpReader) error {
	cutting, cancel := context.WithCancel(ctx)
	defer cancel()
	inOrder := make(chan chan stretch, 2*cap(s.l.buffers))
	var cut error
	go func() {
		defer close(inOrder)
		cut = s.cut(cutting, r.Lines(), inOrder)
	}()
	var failed error
	for next := range inOrder {
		st := <-next
		if failed == nil {
			failed = s.add(ctx, st)
		}
		if failed != nil {
			cancel() // and let the searches under way end
		}
	}
	if failed != nil {
		return failed
	}
	if errors.Is(cut, ErrStopping) {
		return errors.Join(s.commit(ctx), cut)
	}
	return cut
}

func (s *dumpScan) cut(ctx context.Context, lines *export.LineReader, inOrder chan<- chan stretch) error {
	for {
		buf, err := s.l.buffer(ctx)
		if err != nil {
			return err
		}
		block, buf, err := lines.Next(buf)
		if err != nil {
			s.l.putBack(buf)
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fileError{err}
		}
		done := make(chan stretch, 1)
		inOrder <- done
		go func() {
			done <- s.block(block)
			s.l.putBack(buf)
		}()
		if s.l.stopping() {
			return ErrStopping
		}
	}
}

// buffer waits for one that no search uses.
func (l *dumpLane) buffer(ctx context.Context) ([]byte, error) {
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case buf := <-l.buffers:
		if buf == nil {
			buf = make([]byte, export.DumpBlock)
		}
		return buf, nil
	}
}

// putBack keeps the buffer, unless one huge record made it grow.
func (l *dumpLane) putBack(buf []byte) {
	if cap(buf) > 2*export.DumpBlock {
		buf = nil
	}
	l.buffers <- buf[:cap(buf)]
}

// block searches whole lines.
func (s *dumpScan) block(b export.Block) stretch {
	st := stretch{end: b.End, taken: b.Taken, hash: b.Hash}
	if b.TooLong {
		st.lines, st.records = 1, 1
		st.faults = []fault{{reason: fmt.Sprintf("is longer than %d MiB, the limit for one record", export.MaxDumpRecord>>20)}}
		return st
	}
	st.lines = int64(bytes.Count(b.Text, []byte{'\n'}))
	_ = s.matcher.Scan(b.Text, match.NDJSON, func(r match.Record) bool { // lines have no error as a whole
		if reason := s.take(&st, r); reason != "" {
			st.faults = append(st.faults, fault{line: int64(bytes.Count(b.Text[:r.Offset], []byte{'\n'})), reason: reason})
		}
		return true
	})
	return st
}

// take searches one record, and says what is wrong with it.
func (s *dumpScan) take(st *stretch, r match.Record) (wrong string) {
	st.records++
	if r.Err != nil {
		if e, ok := errors.AsType[*match.SyntaxError](r.Err); ok {
			return e.Reason
		}
		return "cannot be read"
	}
	facts := r.Facts()
	if s.file.Kind == dsr.Message {
		wrong = s.message(st, r, facts)
	} else {
		wrong = s.conversation(st, r, facts)
	}
	if wrong == "" && facts.Text.InvalidUTF8 {
		wrong = "holds bytes that are not UTF-8; what can be read of it was searched"
	}
	return wrong
}

func (s *dumpScan) conversation(st *stretch, r match.Record, facts match.Facts) (wrong string) {
	for _, rule := range facts.Anomalies {
		dsr.Count(&st.tally.Anomalies, rule, 1)
	}
	if !facts.Start.IsZero() {
		st.first, st.last = sooner(st.first, facts.Start), later(st.last, facts.Start)
	}
	if len(r.Near) > 0 {
		s.nearMiss(st, r, facts)
	}
	if len(r.Hits) == 0 {
		return ""
	}
	raw, err := compact(r.Raw)
	if err != nil {
		return err.Error()
	}
	for _, hit := range r.Hits {
		if !facts.In(s.windows[hit.Query], s.requests[hit.Query].AsOf, s.l.f.o.Now()) {
			continue
		}
		st.finds = append(st.finds, dsr.Find{RequestID: s.requests[hit.Query].ID, Record: dsr.Record{
			Source: s.l.s.Name, Kind: dsr.Conversation, ID: facts.ID, ConversationID: facts.ID,
			Start: facts.Start, LastAction: facts.LastAction, Raw: raw, Why: hit.Why,
		}})
	}
	return ""
}

// nearMiss notes for which requests the record nearly is. Once there are more than are
// kept they are counted without another look, or a common value would cost more than
// all the rest.
func (s *dumpScan) nearMiss(st *stretch, r match.Record, facts match.Facts) {
	for _, near := range r.Near {
		request := s.requests[near.Query]
		if s.nearly[near.Query].Load() > 2*dsr.MaxNearMisses {
			dsr.Count(&st.untold, request.ID, 1)
			continue
		}
		if facts.In(s.windows[near.Query], request.AsOf, s.l.f.o.Now()) {
			s.nearly[near.Query].Add(1)
			st.near = append(st.near, dsr.NearFind{RequestID: request.ID, ConversationID: facts.ID, Paths: near.Paths})
		}
	}
}

func (s *dumpScan) message(st *stretch, r match.Record, facts match.Facts) (wrong string) {
	if facts.ConversationID == "" {
		dsr.Count(&st.tally.Anomalies, ruleOrphan, 1)
		return ""
	}
	owners := s.ids[facts.ConversationID]
	if len(owners) == 0 {
		return ""
	}
	raw, err := compact(r.Raw)
	if err != nil {
		return err.Error()
	}
	for _, i := range owners {
		if facts.Time.After(s.requests[i].AsOf) {
			continue
		}
		st.countOwn(s.requests[i].ID, facts.Anomalies)
		st.finds = append(st.finds, dsr.Find{RequestID: s.requests[i].ID, Record: dsr.Record{
			Source: s.l.s.Name, Kind: dsr.Message, ID: facts.ID, ConversationID: facts.ConversationID, Time: facts.Time, Raw: raw,
		}})
	}
	return ""
}

func (st *stretch) countOwn(request string, rules []string) {
	for _, rule := range rules {
		tally := st.own[request]
		dsr.Count(&tally.Anomalies, rule, 1)
		if st.own == nil {
			st.own = map[string]dsr.Tally{}
		}
		st.own[request] = tally
	}
}
