package export

import (
	"context"
	"net/http/httptrace"
	"sync"
	"time"
)

// Pacer keeps the calls to one endpoint of one vendor host under its limit. The gap
// is measured from the moment the previous request was really written to the
// connection: a schedule would shorten the gap after a late wake-up, and a vendor
// that counts a sliding second would answer 429.
//
// The gap is 1.06/rate; each 429 adds 3 % of 1/rate up to 1.2/rate, and ten minutes
// without one bring it back. Where the vendor counts over a longer time, Within adds that
// count: gaps alone would keep it too, but not if somebody sets a rate above the vendor's.
type Pacer struct {
	turn chan struct{} // holds one token; whoever has it may send

	mu       sync.Mutex
	interval time.Duration // 1/rate
	gap      time.Duration
	last     time.Time // when the previous request was sent
	slowed   time.Time // when the last 429 came

	most int // calls in any per; 0: not counted
	per  time.Duration
	sent []time.Time // the last ones, at most most, oldest first
}

// calm is how long without a 429 brings the pace back.
const calm = 10 * time.Minute

// NewPacer returns a Pacer for one call per interval. The first call waits a full
// gap, as if another process had just made one.
func NewPacer(interval time.Duration) *Pacer {
	p := &Pacer{turn: make(chan struct{}, 1), interval: interval, last: time.Now()}
	p.gap = p.scale(106)
	p.turn <- struct{}{}
	return p
}

// Within bounds the calls that are sent in any interval of per, however it is laid. It
// returns p, which nobody may have used before.
func (p *Pacer) Within(most int, per time.Duration) *Pacer {
	p.most, p.per = most, per
	return p
}

func (p *Pacer) scale(percent int64) time.Duration {
	return p.interval / 100 * time.Duration(percent)
}

// Wait blocks until a call may be sent, or ctx ends. The Turn must be ended with Done.
func (p *Pacer) Wait(ctx context.Context) (*Turn, error) {
	select {
	case <-p.turn:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	timer := time.NewTimer(p.pause())
	defer timer.Stop()
	select {
	case <-timer.C:
		return &Turn{pacer: p}, nil
	case <-ctx.Done():
		p.turn <- struct{}{}
		return nil, context.Cause(ctx)
	}
}

func (p *Pacer) pause() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gap > p.scale(106) && time.Since(p.slowed) > calm {
		p.gap = p.scale(106)
	}
	pause := p.gap - time.Since(p.last)
	if p.most > 0 && len(p.sent) == p.most {
		pause = max(pause, p.per-time.Since(p.sent[0]))
	}
	return pause
}

// note takes down that a call was sent just now.
func (p *Pacer) note() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
	if p.most == 0 {
		return
	}
	if len(p.sent) == p.most {
		p.sent = append(p.sent[:0], p.sent[1:]...)
	}
	p.sent = append(p.sent, p.last)
}

// Rest makes the next call wait a full gap: another process may just have made one.
func (p *Pacer) Rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
}

// Gap is the present distance between two calls.
func (p *Pacer) Gap() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gap
}

// Throttled tells the pacer that the vendor answered 429.
func (p *Pacer) Throttled() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gap = min(p.gap+p.scale(3), p.scale(120))
	p.slowed = time.Now()
}

// Turn is the right to send one call.
type Turn struct {
	pacer *Pacer
	once  sync.Once
}

// Context returns a context for the call that passes the turn on as soon as the
// request has been written, while the answer is still awaited.
func (t *Turn) Context(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { t.pass(true) },
	})
}

// Done ends the turn; sent says whether a call may have gone out, for one that
// failed before the request was known to be written.
func (t *Turn) Done(sent bool) { t.pass(sent) }

func (t *Turn) pass(sent bool) {
	t.once.Do(func() {
		if sent {
			t.pacer.note()
		}
		t.pacer.turn <- struct{}{}
	})
}
