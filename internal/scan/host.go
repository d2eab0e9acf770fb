package scan

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// limiterWindow is how long a vendor remembers a call at least.
const limiterWindow = time.Second

// host is what is known of a host: its pace, and how its sources are doing. A lane and its
// readers share it.
type host struct {
	name   string
	memory time.Duration // how long it remembers a call; zero where there is no limit
	now    func() time.Time
	pacers map[dsr.Endpoint]*export.Pacer // none where there is no limit
	meter  Meter

	hopeless hopeless

	mu      sync.Mutex
	latency map[dsr.Endpoint]time.Duration // of calls, moving average
	sources map[string]*health
	refused map[spanKey]time.Duration // the shortest interval refused as too wide
	turns   map[int64]int             // of units without an answer: how often they had their turn and failed
	noPage  map[string]string         // of sources: why their last answer was no page, in words
}

// health is how one source is doing.
type health struct {
	failures   int // calls failed in a row, but for answers that did not parse
	unparsable int // answers in a row that did not parse
	snoozes    int // in a row, without a good page between
	asleep     time.Time
}

type spanKey struct {
	source   string
	endpoint dsr.Endpoint
}

func newHost(name string, sources []Source, now func() time.Time) *host {
	h := &host{name: name, now: now, meter: unmetered{}, pacers: map[dsr.Endpoint]*export.Pacer{}, turns: map[int64]int{}, noPage: map[string]string{}}
	h.reset()
	var pace time.Duration
	var limit Limit
	for _, s := range sources {
		pace = max(pace, s.Pace)
		if s.Limit.Calls > 0 && (limit.Calls == 0 || s.Limit.Calls < limit.Calls) {
			limit = s.Limit
		}
	}
	if pace == 0 {
		return h
	}
	h.memory = max(limiterWindow, limit.Per)
	h.pacers[dsr.Conversations], h.pacers[dsr.Messages] = export.NewPacer(pace), export.NewPacer(pace)
	if limit.Calls > 0 { // all calls together
		all := export.NewPacer(pace).Within(limit.Calls, limit.Per)
		h.pacers[dsr.Conversations], h.pacers[dsr.Messages] = all, all
	}
	return h
}

// reset forgets how the sources were doing; the pace stays.
func (h *host) reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hopeless.keep(nil)
	h.latency, h.sources, h.refused = map[dsr.Endpoint]time.Duration{}, map[string]*health{}, map[spanKey]time.Duration{}
}

// failedTurn notes that a unit had its turn and failed.
func (h *host) failedTurn(unit int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.turns[unit]++
}

func (h *host) failedTurns(unit int64) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.turns[unit]
}

// idle forgets the units, of which none is open any more.
func (h *host) idle() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.turns)
}

// paced reports whether calls are counted.
func (h *host) paced() bool { return len(h.pacers) > 0 }

func (h *host) gap(e dsr.Endpoint) time.Duration {
	if p, paced := h.pacers[e]; paced {
		return p.Gap()
	}
	return 0
}

// rest lets the pacers begin anew, because the host's lease has been with others.
func (h *host) rest() {
	for _, p := range h.pacers {
		p.Rest()
	}
}

var errLeaseOver = errors.New("the lease of the lane is over")

// call makes one call when the host's pace allows it. A failure that is the vendor's
// is an *export.Error.
func (h *host) call(ctx, pausing context.Context, lease Lease, e dsr.Endpoint, next func(context.Context) (export.Batch, error)) (export.Batch, error) {
	pacer, paced := h.pacers[e]
	if !paced {
		return next(ctx)
	}
	turn, err := h.turn(pausing, pacer, e)
	if err != nil {
		return export.Batch{}, err
	}
	if !lease.Alive() {
		turn.Done(false)
		return export.Batch{}, errLeaseOver
	}
	calling, end := h.meter.Call(turn.Context(ctx), h.name, e)
	b, err := next(calling)
	turn.Done(true)
	end(err)
	if ctx.Err() != nil {
		b.Release()
		return export.Batch{}, context.Cause(ctx)
	}
	if failure, ok := errors.AsType[*export.Error](err); ok && failure.Failure == export.Throttled {
		pacer.Throttled()
	}
	if err != nil {
		return b, fmt.Errorf("%s: %w", e, err)
	}
	h.answered(e, b.Latency)
	return b, nil
}

// turn waits until a call may be sent.
func (h *host) turn(pausing context.Context, pacer *export.Pacer, e dsr.Endpoint) (*export.Turn, error) {
	asked := time.Now()
	turn, err := pacer.Wait(pausing)
	if err == nil {
		h.meter.Waited(h.name, e, time.Since(asked))
	}
	return turn, err
}

// answered takes the latency of a call into the moving average.
func (h *host) answered(e dsr.Endpoint, latency time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if before := h.latency[e]; before > 0 {
		latency = (3*before + latency) / 4
	}
	h.latency[e] = latency
}

func (h *host) latencyOf(e dsr.Endpoint) (latency time.Duration, known bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	latency, known = h.latency[e]
	return latency, known
}

// of is a source's health; h.mu is held.
func (h *host) of(source string) *health {
	s, known := h.sources[source]
	if !known {
		s = &health{}
		h.sources[source] = s
	}
	return s
}

// health returns how a source is doing, and whether it is left alone at present.
func (h *host) health(source string) (s health, asleep bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s = *h.of(source)
	return s, s.asleep.After(h.now())
}

// countFailure counts one more failed call in a row.
func (h *host) countFailure(source string, unparsable bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if unparsable {
		h.of(source).unparsable++
	} else {
		h.of(source).failures++
	}
}

// noteAnswer notes why the last answer of the source was no page; empty: there was none.
func (h *host) noteAnswer(source, why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noPage[source] = why
}

// lastAnswer is why the source's last answer was no page, for the end of a reason.
func (h *host) lastAnswer(source string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.noPage[source]
}

// good notes that something of a unit was read, or that it has been given up.
func (h *host) good(u dsr.Unit) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.turns, u.ID)
	delete(h.noPage, u.Source)
	s := h.of(u.Source)
	s.failures, s.unparsable, s.snoozes = 0, 0, 0
}

// snoozed takes over what the store knows of a source.
func (h *host) snoozed(source string, snoozes int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.of(source).snoozes = snoozes
}

// sleepUntil makes the readers of a source stop after the batch they are at.
func (h *host) sleepUntil(source string, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.of(source)
	s.asleep, s.snoozes = until, s.snoozes+1
}

// refuseSpan remembers that the vendor refuses intervals as wide as the unit's.
func (h *host) refuseSpan(u dsr.Unit) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refused[spanKey{u.Source, u.Endpoint}] = u.Width()
}

// tooWide reports whether the vendor has refused an interval no wider than the unit's:
// asking again would be a call for nothing.
func (h *host) tooWide(u dsr.Unit) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	known, refused := h.refused[spanKey{u.Source, u.Endpoint}]
	return refused && u.Width() >= known && u.Width() > narrowest
}

// narrowest is the interval that is not split further when the vendor refuses it.
const narrowest = time.Hour
