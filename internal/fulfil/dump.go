package fulfil

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"dsr-server/internal/dsr"
)

// DumpStore is the part of Store that the lane of a dump needs; writes are fenced.
type DumpStore interface {
	DumpParts(ctx context.Context, source string) ([]dsr.DumpPart, error)
	// DumpFiles returns the files in line or read for open parts, by kind and name.
	DumpFiles(ctx context.Context, source string) ([]dsr.DumpFile, error)
	// QueueDump puts files in line for a request, and forgets what an earlier run read
	// of those to drop.
	QueueDump(ctx context.Context, p dsr.DumpPart, files []dsr.DumpFile, drop []int64) error
	// BeginDumpFile returns for whom the file is to be read; nobody joins it afterwards.
	BeginDumpFile(ctx context.Context, f dsr.DumpFile) (needed []string, err error)
	CommitDump(ctx context.Context, d dsr.DumpRead) (needed []string, err error)
	FoundConversations(ctx context.Context, id, source string) ([]string, error)
}

// ReadLane is Lane for a vendor's host and for a dump, which has its lane to itself.
func (f *Fulfiller) ReadLane(ctx context.Context, st Store, name string) error {
	for _, s := range f.o.Sources {
		if s.Lane == name && s.Dump != nil {
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
	glanced  time.Time   // when it was last looked for new requests
	buffers  chan []byte // as many as blocks may be searched at once
}

func (f *Fulfiller) newDumpLane(st Store, s Source) *dumpLane {
	l := &dumpLane{f: f, st: st, s: s, log: f.o.Log.With("lane", s.Lane), requests: map[string]dsr.Request{}}
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
	before, err := l.st.DumpFiles(ctx, l.s.Name)
	if err != nil {
		return err
	}
	var drop []int64
	for _, f := range before {
		if !slices.Contains(f.Requests, p.RequestID) {
			continue
		}
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

// sweep reads the files of a kind that are in line now, side by side.
func (l *dumpLane) sweep(ctx context.Context, kind dsr.RecordKind) (worked bool, err error) {
	files, err := l.st.DumpFiles(ctx, l.s.Name)
	if err != nil {
		return false, err
	}
	files = slices.DeleteFunc(files, func(f dsr.DumpFile) bool { return f.Kind != kind || f.Settled() })
	g, reading := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, f := range files {
		if reading.Err() != nil || l.stopping() {
			break
		}
		if err := l.glance(ctx); err != nil {
			return true, errors.Join(err, g.Wait())
		}
		needed, err := l.st.BeginDumpFile(ctx, f)
		if err != nil {
			return true, errors.Join(err, g.Wait())
		}
		if f.Requests = needed; len(needed) == 0 {
			continue
		}
		scan, err := l.newScan(ctx, f)
		if err != nil {
			return true, errors.Join(err, g.Wait())
		}
		g.Go(func() error { return scan.run(reading) })
	}
	if err := g.Wait(); err != nil {
		return true, err
	}
	if l.stopping() {
		return true, ErrStopping
	}
	return len(files) > 0, nil
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
	parts, files, err := l.state(ctx)
	if err != nil {
		return false, err
	}
	for _, p := range parts {
		if p.Collecting || !settled(files, p.RequestID, dsr.Conversation) {
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
	parts, files, err := l.state(ctx)
	if err != nil {
		return false, err
	}
	board, err := l.st.Board(ctx, []string{l.s.Name})
	if err != nil {
		return false, err
	}
	for _, p := range parts {
		if !p.Collecting || !settled(files, p.RequestID, dsr.Message) {
			continue
		}
		why := slices.Clone(p.Refused)
		for _, f := range files {
			if slices.Contains(f.Requests, p.RequestID) {
				why = append(why, f.Reasons()...)
			}
		}
		for _, open := range board.Parts {
			if open.RequestID == p.RequestID && open.Tally.Anomalies[ruleNoID] > 0 {
				why = append(why, dsr.Reason{Code: dsr.ReasonRecordWithoutID, Detail: "a matching conversation has no _id, so its messages cannot be told from others"})
			}
		}
		if err := l.end(ctx, p.RequestID, why); err != nil {
			return ended, err
		}
		ended = true
	}
	return ended, nil
}

func (l *dumpLane) state(ctx context.Context) (parts []dsr.DumpPart, files []dsr.DumpFile, err error) {
	if parts, err = l.st.DumpParts(ctx, l.s.Name); err != nil {
		return nil, nil, err
	}
	files, err = l.st.DumpFiles(ctx, l.s.Name)
	return parts, files, err
}

// settled reports whether nothing of a kind is left to read for a request.
func settled(files []dsr.DumpFile, request string, kind dsr.RecordKind) bool {
	return !slices.ContainsFunc(files, func(f dsr.DumpFile) bool {
		return f.Kind == kind && !f.Settled() && slices.Contains(f.Requests, request)
	})
}

func (l *dumpLane) end(ctx context.Context, request string, why []dsr.Reason) error {
	l.log.InfoContext(ctx, "source searched", "request", request, "source", l.s.Name, "complete", len(why) == 0)
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
