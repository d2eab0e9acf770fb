// Package scan is the engine: it reads what the sources have, for every request that
// waits for it. It keeps true that whatever could hide a record ends the search of that
// source as incomplete with a reason, that a batch's effects are committed whole or not
// at all, and that a vendor's limit is kept by whoever reads.
//
// Everything that is read is a unit (dsr.Unit): a chain of pages over an interval, or a
// file. The sources on one host are read by one lane at a time, because the limit is the
// host's. A lane looks at what is open, gives units to readers, and draws conclusions;
// a reader reads one unit batch by batch. What a failure means is decided in one place.
//
// In reading order:
//
//	scan.go            Engine: what others call
//	lane.go            one run of a host's lane
//	settle.go          when a search has ended
//	proof.go           why it is not complete
//	contradiction.go   what a folder says against itself
//	page_chain.go      whether a folder has all the pages that its pages name
//	schedule.go        which unit next, and for whom
//	short_cut.go       where a conversation asked for by its id should lie
//	partition.go       how long the next interval is, and how many are read side by side
//	open_work.go       what is open, and what is being read
//	reader.go          one unit: next batch, commit, or what a failure means
//	act.go             what is done about a failure
//	collect.go         a batch: what of it belongs to whom
//	reading.go         a unit as it is being read, and its commit
//	compact.go         a record without white space
//	chain.go           a page: what it says of its chain, and its anomalies
//	end_check.go       what is after an end that the vendor did not confirm
//	cycle.go           a chain that goes in circles
//	failure.go         what a failure means
//	target.go          what is looked for, by which requests
//	host.go            a host: pace, failures in a row, latency
//	question.go        a question about one conversation that is given up in all its pieces
//	store.go           what the engine needs of its sources and its store
//	meter.go           what is told to whoever operates the service
package scan

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/match"
)

// Options configure an Engine.
type Options struct {
	Sources   []Source
	Now       func() time.Time                 // time.Now
	Log       *slog.Logger                     // discards
	Backoff   func(failures int) time.Duration // export.Backoff
	JoinDelay time.Duration                    // how long a new unit waits for other requests to join; 500 ms
	Meter     Meter                            // nobody is told
}

// Engine reads for requests. Its pacers live as long as it does, so one process has one.
type Engine struct {
	settings
	all     []Source
	sources map[string]Source // by name

	mu    sync.Mutex
	hosts map[string]*host
	held  map[string]Lease // of the lanes that run in this process
}

// New returns an Engine for the sources; it makes no call.
func New(o Options) *Engine {
	s := settings{now: o.Now, log: o.Log, backoff: o.Backoff, joinDelay: o.JoinDelay, meter: o.Meter}
	if s.now == nil {
		s.now = time.Now
	}
	if s.backoff == nil {
		s.backoff = export.Backoff
	}
	if s.joinDelay == 0 {
		s.joinDelay = 500 * time.Millisecond
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.meter == nil {
		s.meter = unmetered{}
	}
	e := &Engine{settings: s, all: o.Sources, sources: map[string]Source{}, hosts: map[string]*host{}, held: map[string]Lease{}}
	for _, s := range o.Sources {
		e.sources[s.Name] = s
	}
	return e
}

// Source returns the configured source of that name.
func (e *Engine) Source(name string) (Source, bool) {
	s, configured := e.sources[name]
	return s, configured
}

// SourcesOn lists the configured sources on a host.
func (e *Engine) SourcesOn(lane string) (names []string) {
	for _, s := range e.on(lane) {
		names = append(names, s.Name)
	}
	return names
}

func (e *Engine) on(lane string) (sources []Source) {
	for _, s := range e.all {
		if s.Lane == lane {
			sources = append(sources, s)
		}
	}
	return sources
}

// host returns what is known of a host, whose pace is the lowest of its sources'.
func (e *Engine) host(lane string) *host {
	e.mu.Lock()
	defer e.mu.Unlock()
	h, known := e.hosts[lane]
	if !known {
		h = newHost(lane, e.on(lane), e.now)
		h.meter = e.meter
		e.hosts[lane] = h
	}
	return h
}

// Gap is the present time between two calls to an endpoint of a host; zero where there is no limit.
func (e *Engine) Gap(lane string, endpoint dsr.Endpoint) time.Duration {
	return e.host(lane).gap(endpoint)
}

// Memory is how long a host may remember a call when it counts: who takes over from a
// holder that vanished waits it out first.
func (e *Engine) Memory(lane string) time.Duration { return e.host(lane).memory }

// Held returns the lease under which this process reads from the host, if it does.
func (e *Engine) Held(lane string) (Lease, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	lease, held := e.held[lane]
	return lease, held
}

// hold notes whose lease a lane runs under, until the returned func is called.
func (e *Engine) hold(lane string, lease Lease) (release func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.held[lane] = lease
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.held, lane)
	}
}

// Caller reads single batches of a source under the lease of its host, at the host's
// pace. A failure that is the vendor's is an *export.Error.
func (e *Engine) Caller(lease Lease, s Source) func(context.Context, dsr.Unit) (export.Batch, error) {
	h := e.host(s.Lane)
	h.rest()
	return func(ctx context.Context, u dsr.Unit) (export.Batch, error) {
		nothing, err := match.Compile(nil, fieldsOf(s, u.Endpoint))
		if err != nil {
			return export.Batch{}, err
		}
		r, err := s.Export.Open(ctx, u, export.Wanted{Matcher: nothing})
		if err != nil {
			return export.Batch{}, err
		}
		defer r.Close()
		b, err := h.call(ctx, ctx, lease, u.Endpoint, r.Next)
		b.Release() // who keeps one batch beside the next must not wait for itself
		return b, err
	}
}

// Lane reads for all requests that wait for sources on the host until nothing is left
// to do (nil), all that is left waits for a time (Later), or the lease or the storage
// fails. It returns ErrStopping when it stopped between two batches, as asked.
func (e *Engine) Lane(ctx context.Context, st Store, name string) error {
	defer e.hold(name, st)()
	l := newLane(e.settings, e.host(name), st, e.on(name))
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
	l.join()
	return err
}
