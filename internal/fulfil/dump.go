package fulfil

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"dsr-server/internal/dsr"
)

// DumpStore is the part of Store that the lane of a dump needs; writes are fenced.
type DumpStore interface {
	DumpParts(ctx context.Context, source string) ([]dsr.DumpPart, error)
	// DumpLine returns the next files to read up to a number: those begun, then by name.
	DumpLine(ctx context.Context, source string, kind dsr.RecordKind, upTo int64, limit int) ([]dsr.DumpFile, error)
	LastDumpFile(ctx context.Context) (id int64, err error)
	DumpSettled(ctx context.Context, id, source string, kind dsr.RecordKind) (bool, error)
	// DumpFiles returns a request's files: all, or those with faults.
	DumpFiles(ctx context.Context, id, source string, faulty bool) ([]dsr.DumpFile, error)
	// QueueDump puts files in line for a request, and forgets what an earlier run read
	// of those to drop.
	QueueDump(ctx context.Context, p dsr.DumpPart, files []dsr.DumpFile, drop []int64) error
	// BeginDumpFiles returns for whom the files are to be read; nobody joins them afterwards.
	BeginDumpFiles(ctx context.Context, files []dsr.DumpFile) ([]dsr.DumpFile, error)
	CommitDump(ctx context.Context, reads ...dsr.DumpRead) (needed []string, err error)
	FoundConversations(ctx context.Context, id, source string) ([]string, error)
}

// ReadLane is Lane for a vendor's host and for a dump, which has its lane to itself.
func (f *Fulfiller) ReadLane(ctx context.Context, st Store, name string) error {
	for _, s := range f.o.Sources {
		if s.Lane == name && s.Dump != nil {
			defer f.hold(name, st)()
			return f.newDumpLane(st, s).run(ctx)
		}
	}
	return f.Lane(ctx, st, name)
}

// dumpLane is one run of the job of one dump. It reads the conversations of the files
// once for all requests that wait, then their messages once for all. A request that
// comes later joins the files not yet begun, and gets the others in the next round.
type dumpLane struct {
	f        *Fulfiller
	st       Store
	s        Source
	log      *slog.Logger
	requests map[string]dsr.Request
	aims     map[string]*aim // of the present sweep, by whom it is for
	glanced  time.Time       // when it was last looked for new requests
	mu       sync.Mutex
	ended    []dsr.DumpRead // files whose end is not committed yet
	buffers  chan []byte    // as many as blocks may be searched at once
}

func (f *Fulfiller) newDumpLane(st Store, s Source) *dumpLane {
	l := &dumpLane{f: f, st: st, s: s, log: f.o.Log.With(slog.String("lane", s.Lane)), requests: map[string]dsr.Request{}}
	l.buffers = make(chan []byte, runtime.GOMAXPROCS(0)+1)
	for range cap(l.buffers) {
		l.buffers <- nil // made when needed
	}
	return l
}

// run reads until nothing is left to do, the program is to stop, or the lease or the
// storage fails.
func (l *dumpLane) run(ctx context.Context) error {
	l.st.Settled() // nobody counts how often a file is read
	for !l.stopping() {
		if err := l.st.Look(ctx); err != nil {
			return err
		}
		open, wake, err := l.admit(ctx)
		if err != nil || open == 0 {
			return err
		}
		worked, err := l.round(ctx)
		if err != nil {
			return err
		}
		if !worked && wake.IsZero() {
			return nil
		}
		if err := l.rest(ctx, wake); err != nil && !worked {
			return err
		}
	}
	return ErrStopping
}

func (l *dumpLane) stopping() bool {
	select {
	case <-l.st.Stopping():
		return true
	default:
		return false
	}
}

// rest waits until a request that has just come may have company.
func (l *dumpLane) rest(ctx context.Context, wake time.Time) error {
	if wake.IsZero() {
		return nil
	}
	timer := time.NewTimer(wake.Sub(l.f.o.Now()))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-l.st.Stopping():
		return ErrStopping
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// admit puts the files in line for requests that have just come, once the first of
// them has waited for company. It returns how many requests there are, and when to
// come back for one that waits.
func (l *dumpLane) admit(ctx context.Context) (open int, wake time.Time, err error) {
	l.glanced = time.Now()
	board, err := l.st.Board(ctx, []string{l.s.Name})
	if err != nil {
		return 0, wake, err
	}
	known, err := l.st.DumpParts(ctx, l.s.Name)
	if err != nil {
		return 0, wake, err
	}
	fresh := slices.DeleteFunc(slices.Clone(board.Parts), func(p dsr.Part) bool {
		return slices.ContainsFunc(known, func(k dsr.DumpPart) bool { return k.RequestID == p.RequestID && k.OpenedAt.Equal(p.OpenedAt) })
	})
	for _, p := range fresh {
		wake = sooner(wake, p.OpenedAt.Add(l.f.o.JoinDelay))
	}
	if len(fresh) == 0 || len(known) == 0 && wake.After(l.f.o.Now()) {
		return len(board.Parts), wake, nil
	}
	for _, p := range fresh {
		if err := l.queue(ctx, p); err != nil {
			return 0, wake, err
		}
	}
	return len(board.Parts), time.Time{}, nil
}

// queue puts a part's conversations in line. What an earlier run read whole stays read.
func (l *dumpLane) queue(ctx context.Context, p dsr.Part) error {
	listed, refused, err := l.s.Dump.List()
	if err != nil {
		return l.end(ctx, p.RequestID, []dsr.Reason{{Code: dsr.ReasonUnreadable, Detail: err.Error()}})
	}
	d := dsr.DumpPart{RequestID: p.RequestID, Source: l.s.Name, OpenedAt: p.OpenedAt, Refused: refused}
	if !slices.ContainsFunc(listed, func(f dsr.DumpFile) bool { return f.Kind == dsr.Conversation }) {
		d.Refused = append(d.Refused, dsr.Reason{Code: dsr.ReasonUnreadable, Detail: "the folder has no file conversations*.ndjson or conversations*.json, plain, .gz or .zst"})
	}
	before, err := l.st.DumpFiles(ctx, p.RequestID, l.s.Name, false)
	if err != nil {
		return err
	}
	var drop []int64
	for _, f := range before {
		same := func(g dsr.DumpFile) bool { return g.SameAs(f) }
		if f.Kind == dsr.Conversation && f.State == dsr.RangeDone && len(f.Faults) == 0 && slices.ContainsFunc(listed, same) {
			listed = slices.DeleteFunc(listed, same)
			continue
		}
		drop = append(drop, f.ID)
	}
	for _, f := range listed {
		d.Bytes += f.Size
	}
	return l.st.QueueDump(ctx, d, slices.DeleteFunc(listed, func(f dsr.DumpFile) bool { return f.Kind != dsr.Conversation }), drop)
}

// round reads what is in line: conversations, then the messages of what was found.
// It reports whether there was anything to do.
func (l *dumpLane) round(ctx context.Context) (worked bool, err error) {
	if worked, err = l.sweep(ctx, dsr.Conversation); err != nil {
		return worked, err
	}
	asked, err := l.askMessages(ctx)
	if err != nil {
		return true, err
	}
	collected, err := l.sweep(ctx, dsr.Message)
	if err != nil {
		return true, err
	}
	ended, err := l.conclude(ctx)
	return worked || asked || collected || ended, err
}

// atOnce is how many files are begun together.
const atOnce = 64

// sweep reads the files of a kind that are in line now.
func (l *dumpLane) sweep(ctx context.Context, kind dsr.RecordKind) (worked bool, err error) {
	last, err := l.st.LastDumpFile(ctx)
	if err != nil {
		return false, err
	}
	l.aims = map[string]*aim{}
	for {
		files, err := l.st.DumpLine(ctx, l.s.Name, kind, last, atOnce)
		if err != nil || len(files) == 0 {
			return worked, err
		}
		worked = true
		if err := l.readFiles(ctx, files); err != nil {
			return true, err
		}
		if l.stopping() {
			return true, ErrStopping
		}
		if err := l.glance(ctx); err != nil {
			return true, err
		}
	}
}

// readFiles reads files side by side, and commits those that have ended.
func (l *dumpLane) readFiles(ctx context.Context, files []dsr.DumpFile) error {
	files, err := l.st.BeginDumpFiles(ctx, files)
	if err != nil {
		return err
	}
	g, reading := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, f := range files {
		if reading.Err() != nil || l.stopping() {
			break
		}
		scan, err := l.newScan(ctx, f)
		if err != nil {
			return errors.Join(err, g.Wait())
		}
		g.Go(func() error { return scan.run(reading) })
	}
	return errors.Join(g.Wait(), l.commitEnded(ctx))
}

// glance looks for requests that may join, now and then.
func (l *dumpLane) glance(ctx context.Context) error {
	if time.Since(l.glanced) < glance {
		return nil
	}
	if err := l.st.Look(ctx); err != nil {
		return err
	}
	_, _, err := l.admit(ctx)
	return err
}

// askMessages puts the messages in line for the requests whose conversations are all
// read, if any was found.
func (l *dumpLane) askMessages(ctx context.Context) (asked bool, err error) {
	parts, err := l.st.DumpParts(ctx, l.s.Name)
	if err != nil {
		return false, err
	}
	for _, p := range parts {
		if p.Collecting {
			continue
		}
		read, err := l.st.DumpSettled(ctx, p.RequestID, l.s.Name, dsr.Conversation)
		if err != nil {
			return asked, err
		}
		if !read {
			continue
		}
		found, err := l.st.FoundConversations(ctx, p.RequestID, l.s.Name)
		if err != nil {
			return asked, err
		}
		var messages []dsr.DumpFile
		if len(found) > 0 {
			if messages, err = l.messageFiles(&p); err != nil {
				return asked, err
			}
		}
		p.Collecting, asked = true, true
		if err := l.st.QueueDump(ctx, p, messages, nil); err != nil {
			return asked, err
		}
	}
	return asked, nil
}

func (l *dumpLane) messageFiles(p *dsr.DumpPart) ([]dsr.DumpFile, error) {
	listed, _, err := l.s.Dump.List()
	if err != nil {
		p.Refused = append(p.Refused, dsr.Reason{Code: dsr.ReasonUnreadable, Detail: err.Error()})
		return nil, nil
	}
	listed = slices.DeleteFunc(listed, func(f dsr.DumpFile) bool { return f.Kind != dsr.Message })
	if len(listed) == 0 {
		p.Refused = append(p.Refused, dsr.Reason{Code: dsr.ReasonUnreadable, Detail: "the folder has no file messages*.ndjson or messages*.json, plain, .gz or .zst, so the conversations found have no messages"})
	}
	return listed, nil
}

// conclude ends the parts of which nothing is left to read.
func (l *dumpLane) conclude(ctx context.Context) (ended bool, err error) {
	parts, err := l.st.DumpParts(ctx, l.s.Name)
	if err != nil {
		return false, err
	}
	board, err := l.st.Board(ctx, []string{l.s.Name})
	if err != nil {
		return false, err
	}
	for _, p := range parts {
		read, err := l.st.DumpSettled(ctx, p.RequestID, l.s.Name, dsr.Message)
		if err != nil {
			return ended, err
		}
		if !p.Collecting || !read {
			continue
		}
		why, err := l.reasons(ctx, board, p)
		if err != nil {
			return ended, err
		}
		if err := l.end(ctx, p.RequestID, why); err != nil {
			return ended, err
		}
		ended = true
	}
	return ended, nil
}

// reasons are why a search is not complete.
func (l *dumpLane) reasons(ctx context.Context, board dsr.Board, p dsr.DumpPart) ([]dsr.Reason, error) {
	why := slices.Clone(p.Refused)
	faulty, err := l.st.DumpFiles(ctx, p.RequestID, l.s.Name, true)
	if err != nil {
		return nil, err
	}
	for _, f := range faulty {
		why = append(why, f.Reasons()...)
	}
	for _, open := range board.Parts {
		if open.RequestID == p.RequestID && open.Tally.Anomalies[ruleNoID] > 0 {
			why = append(why, dsr.Reason{Code: dsr.ReasonRecordWithoutID, Detail: "a matching conversation has no _id, so its messages cannot be told from others"})
		}
	}
	return why, nil
}

func (l *dumpLane) end(ctx context.Context, request string, why []dsr.Reason) error {
	l.log.InfoContext(ctx, "source searched", slog.String("request", request), slog.String("source", l.s.Name), slog.Bool("complete", len(why) == 0))
	return l.st.EndPart(ctx, request, l.s.Name, why)
}

// request returns what a request asks for, which does not change while a lane runs.
func (l *dumpLane) request(ctx context.Context, id string) (dsr.Request, error) {
	if r, known := l.requests[id]; known {
		return r, nil
	}
	r, err := l.st.Lookup(ctx, id)
	if err != nil {
		return r, fmt.Errorf("read dump for %s: %w", id, err)
	}
	l.requests[id] = r
	return r, nil
}
