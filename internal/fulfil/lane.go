package fulfil

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

const (
	// limiterWindow is how long a vendor remembers a call at least; see Memory.
	limiterWindow = time.Second
	// glance is how often a busy lane looks for new requests.
	glance = 250 * time.Millisecond
	// patience is the longest wait for which a lane keeps its job.
	patience = 2 * time.Second
)

// lane is one run of the job of one vendor host: nobody else talks to that host. It
// scans and collects at the same time, each endpoint at its own pace.
type lane struct {
	f        *Fulfiller
	st       Store
	name     string
	names    []string // of its sources
	log      *slog.Logger
	board    dsr.Board              // as it was when last looked at
	seen     time.Time              // when that was
	fresh    bool                   // just now
	begun    map[int64]bool         // ranges given a reader since then
	reading  map[int64]dsr.Endpoint // ranges with a reader
	requests map[string]dsr.Request // that ranges are read for
	picks    int                    // ranges chosen so far
	done     chan finished
	poke     chan struct{} // something changed that the lane should look at
	mu       sync.Mutex
	failures map[string]int                 // per source, calls failed in a row
	latency  map[dsr.Endpoint]time.Duration // of calls, moving average
	asleep   map[string]time.Time           // until when a source is left alone
	refused  map[spanKey]time.Duration      // the shortest range refused as too wide
}

type spanKey struct {
	source   string
	endpoint dsr.Endpoint
}

// finished is what a reader says when it stops.
type finished struct {
	rangeID int64
	changed bool // there may be other work than before
	err     error
}

// Lane reads for all requests that wait for sources on the host until nothing is left
// to do (nil), all that is left waits for a time (Later), or the lease or the storage
// fails.
func (f *Fulfiller) Lane(ctx context.Context, st Store, name string) error {
	l := &lane{
		f: f, st: st, name: name, log: f.o.Log.With(slog.String("lane", name)), reading: map[int64]dsr.Endpoint{}, requests: map[string]dsr.Request{},
		done: make(chan finished), poke: make(chan struct{}, 1), failures: map[string]int{}, asleep: map[string]time.Time{}, refused: map[spanKey]time.Duration{}, latency: map[dsr.Endpoint]time.Duration{},
	}
	l.names = f.SourcesOn(name)
	defer f.hold(name, st)()
	f.rest(name)
	calling, cancel := context.WithCancel(ctx)
	defer cancel()
	pausing, wakeUp := context.WithCancelCause(calling)
	defer context.AfterFunc(calling, func() { wakeUp(context.Cause(calling)) })()
	go func() {
		select {
		case <-st.Stopping():
			wakeUp(ErrStopping)
		case <-calling.Done():
		}
	}()
	err := l.run(calling, pausing)
	if !errors.Is(err, ErrStopping) {
		cancel()
	}
	for len(l.reading) > 0 { // no reader outlives its lane
		delete(l.reading, (<-l.done).rangeID)
	}
	return err
}

// run works until there is nothing more to do. Calls and commits go on until calling
// ends; waits of all kinds end with pausing, which ends when the program is to stop.
func (l *lane) run(calling, pausing context.Context) error {
	if l.st.TakenOver() {
		if err := sleep(pausing, l.f.Memory(l.name)); err != nil {
			return err
		}
		l.st.Settled()
	}
	for pausing.Err() == nil {
		if err := l.look(calling); err != nil {
			return err
		}
		wake, err := l.start(calling, pausing)
		if err != nil {
			return err
		}
		if len(l.reading) == 0 && !l.fresh {
			l.seen = time.Time{} // what was in sight is done: look again before saying so
			continue
		}
		if len(l.reading) == 0 && wake.IsZero() {
			return nil
		}
		if len(l.reading) == 0 && wake.Sub(l.f.o.Now()) > patience {
			return Later{wake}
		}
		if err := l.wait(pausing); err != nil {
			return err
		}
	}
	return context.Cause(pausing)
}

// look brings the board up to date when it is older than a glance, and draws the
// conclusions; l.fresh says whether it did.
func (l *lane) look(ctx context.Context) (err error) {
	if l.fresh = time.Since(l.seen) > glance; !l.fresh {
		return nil
	}
	for changed := true; changed; {
		if err := l.st.Look(ctx); err != nil {
			return err
		}
		if l.board, err = l.st.Board(ctx, l.names); err != nil {
			return err
		}
		if changed, err = l.settle(ctx, l.board); err != nil {
			return err
		}
	}
	l.seen, l.begun = time.Now(), map[int64]bool{}
	return nil
}

// wait returns when a reader has stopped, something changed, or it is time to look again.
func (l *lane) wait(pausing context.Context) error {
	timer := time.NewTimer(glance)
	defer timer.Stop()
	select {
	case <-pausing.Done():
		return context.Cause(pausing)
	case end := <-l.done:
		delete(l.reading, end.rangeID)
		l.begun[end.rangeID] = true // the board may still show it as being read
		if end.changed {
			l.seen = time.Time{}
		}
		return end.err
	case <-l.poke:
		l.seen = time.Time{}
	case <-timer.C:
	}
	return nil
}

// start gives every endpoint as many readers as it can use. It returns when the
// earliest range that has to wait may begin; zero when none waits.
func (l *lane) start(calling, pausing context.Context) (wake time.Time, err error) {
	for _, e := range []dsr.Endpoint{dsr.Conversations, dsr.Messages} {
		for l.readers(e) < l.parallel(e) {
			c := l.choose(l.board, e)
			if c.none() {
				wake = sooner(wake, c.notBefore)
				break
			}
			g, err := l.begin(calling, pausing, c.next)
			if err != nil {
				return wake, err
			}
			l.board.Ranges = append(l.board.Ranges, g)
		}
	}
	return wake, nil
}

func (l *lane) readers(e dsr.Endpoint) (n int) {
	for _, endpoint := range l.reading {
		if endpoint == e {
			n++
		}
	}
	return n
}

// begin starts a reader for the range; a range that resumes keeps its place.
func (l *lane) begin(ctx, pausing context.Context, g dsr.Range) (dsr.Range, error) {
	if g.State != dsr.RangeReading {
		var err error
		if g, err = l.st.BeginRange(ctx, g); err != nil {
			return g, err
		}
	}
	r, err := l.newReader(ctx, g)
	if err != nil {
		return g, err
	}
	l.reading[g.ID], l.begun[g.ID] = g.Endpoint, true
	go func() {
		changed, err := r.survive(ctx, pausing)
		l.done <- finished{g.ID, changed, err}
	}()
	return g, nil
}

// survive is run, but a fault of ours becomes an error of the lane instead of the end
// of the program. What was panicked with may be a record and is not repeated.
func (r *reader) survive(ctx, pausing context.Context) (changed bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			r.l.log.ErrorContext(ctx, "reader panicked", slog.Int64("range", r.g.ID), slog.String("stack", string(debug.Stack())))
			changed, err = true, fmt.Errorf("range %d: panic with a %T", r.g.ID, p)
		}
	}()
	return r.run(ctx, pausing)
}

func (l *lane) nudge() {
	select {
	case l.poke <- struct{}{}:
	default:
	}
}

// failed counts one more failed call in a row and returns how many there are.
func (l *lane) failed(source string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failures[source]++
	return l.failures[source]
}

func (l *lane) good(source string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.failures, source)
}

// sleepUntil makes the readers of a source stop after the page they are at.
func (l *lane) sleepUntil(source string, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asleep[source] = until
}

func (l *lane) sleeps(source string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asleep[source].After(l.f.o.Now())
}

// refuseSpan remembers that the vendor refuses ranges as wide as g.
func (l *lane) refuseSpan(g dsr.Range) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused[spanKey{g.Source, g.Endpoint}] = width(g)
}

// tooWide reports whether the vendor has refused a range no wider than g: asking
// again would be a call for nothing.
func (l *lane) tooWide(g dsr.Range) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	known, refused := l.refused[spanKey{g.Source, g.Endpoint}]
	return refused && width(g) >= known && width(g) > narrowest
}

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

var errLeaseOver = errors.New("the lease of the lane is over")

// fetch makes one paced call of the lane.
func (l *lane) fetch(ctx, pausing context.Context, s Source, q export.Query) (export.Page, error) {
	if l.sleeps(s.Name) {
		return export.Page{}, errAside
	}
	page, err := l.f.call(ctx, pausing, l.st, s, q)
	if err == nil {
		l.answered(q.Endpoint, page.Latency)
	}
	return page, err
}

// Lease is what a vendor call needs: the right to talk to the host.
type Lease interface {
	// Alive reports whether the lease holds; no vendor call starts when it does not.
	Alive() bool
}

// Caller makes single calls to a source under the lease of its host, at the host's pace.
// A failure that is the vendor's is an *export.Error.
func (f *Fulfiller) Caller(lease Lease, s Source) func(context.Context, export.Query) (export.Page, error) {
	f.rest(s.Lane)
	return func(ctx context.Context, q export.Query) (export.Page, error) { return f.call(ctx, ctx, lease, s, q) }
}

// call makes one call when the host's pace allows it. A failure that is the vendor's
// is an *export.Error.
func (f *Fulfiller) call(ctx, pausing context.Context, lease Lease, s Source, q export.Query) (export.Page, error) {
	pacer := f.pacer(s.Lane, q.Endpoint)
	turn, err := pacer.Wait(pausing)
	if err != nil {
		return export.Page{}, err
	}
	if !lease.Alive() {
		turn.Done(false)
		return export.Page{}, errLeaseOver
	}
	page, err := s.Export.Fetch(turn.Context(ctx), q)
	turn.Done(true)
	if ctx.Err() != nil {
		return page, context.Cause(ctx)
	}
	if failure, ok := errors.AsType[*export.Error](err); ok && failure.Failure == export.Throttled {
		pacer.Throttled()
	}
	if err != nil {
		return page, fmt.Errorf("%s: %w", q.Endpoint, err)
	}
	return page, nil
}
