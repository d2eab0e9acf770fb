package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"dsr-server/internal/audit"
	edge "dsr-server/internal/http"
)

// Refused calls go on record without letting strangers fill the log: what is alike is told
// once at its first time and then once a minute, with a count. And of each kind only so
// many are told apart; beyond that they are counted together.
const (
	refusalsEvery = time.Minute
	refusalsBurst = 60
	refusalsRate  = rate.Limit(5.0 / 60)
)

// several is the client of refusals that are counted together.
const several = "several"

// refusals turns calls that were refused into events of the audit log.
type refusals struct {
	write func(ctx context.Context, kind audit.Kind, actor, client, code string, count int) error
	now   func() time.Time
	log   *slog.Logger

	mu     sync.Mutex
	since  time.Time       // when counting began
	counts map[refusal]int // since then, beyond what is on record
	apart  map[audit.Kind]*rate.Limiter
}

// refusal is what is alike.
type refusal struct {
	kind                audit.Kind
	actor, client, code string
}

func newRefusals(p *Program) *refusals {
	now := p.env.Now
	if now == nil {
		now = time.Now
	}
	return &refusals{write: p.Store.RecordRefusals, now: now, log: p.env.Log, counts: map[refusal]int{}, apart: map[audit.Kind]*rate.Limiter{}}
}

// kindsOfRefusal are all codes that calls are refused with, and the kinds of their events.
var kindsOfRefusal = map[string]audit.Kind{
	"sign_in_refused":        audit.SignInRefused,
	"code_refused":           audit.SignInRefused,
	"sign_in_throttled":      audit.SignInSlowed,
	"bad_token":              audit.TokenRefused,
	"token_expired":          audit.TokenRefused,
	"insufficient_scope":     audit.CallRefused,
	"provider_refused":       audit.SignInRefused,
	"provider_answer":        audit.SignInRefused,
	"no_role":                audit.SignInRefused,
	"account_disabled":       audit.SignInRefused,
	"another_person":         audit.SignInRefused,
	"bad_setup_token":        audit.TokenRefused,
	"link_ended":             audit.TokenRefused,
	"forbidden":              audit.CallRefused,
	"own_request":            audit.CallRefused,
	"reset_by_you":           audit.CallRefused,
	"token_by_you":           audit.CallRefused,
	"cross_origin":           audit.CallRefused,
	"rate_limited":           audit.CallThrottled,
	"check_limited":          audit.CallThrottled,
	"too_many_calls":         audit.CallThrottled,
	"too_many_streams":       audit.CallThrottled,
	"too_many_connections":   audit.CallThrottled,
	"too_many_open_requests": audit.CallThrottled,
	"no_token":               "", // a call without any is only logged
}

func kindOfRefusal(code string) audit.Kind {
	if kind, known := kindsOfRefusal[code]; known {
		return kind
	}
	return audit.CallRefused
}

// add counts one more, and puts it on record if it is the first of its like.
func (f *refusals) add(ctx context.Context, r edge.Refusal) {
	this := refusal{kindOfRefusal(r.Code), r.Principal, r.Client, r.Code}
	if this.kind == "" {
		return
	}
	if this.actor == "" {
		this.actor = audit.Unknown
	}
	for told, n := range f.due(this) {
		f.tell(ctx, told, n)
	}
}

// due is what has to be told now: the first of its like, and all that was counted before
// if that was long ago.
func (f *refusals) due(this refusal) map[refusal]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, told := f.now(), map[refusal]int{}
	if now.Sub(f.since) >= refusalsEvery {
		told, f.since = f.counted(), now
	}
	if _, before := f.counts[this]; !before && !f.tellApart(this.kind, now) {
		this.actor, this.client = audit.Unknown, several
	}
	if _, before := f.counts[this]; before {
		f.counts[this]++
	} else {
		f.counts[this] = 0
		told[this]++
	}
	return told
}

func (f *refusals) tellApart(kind audit.Kind, now time.Time) bool {
	if f.apart[kind] == nil {
		f.apart[kind] = rate.NewLimiter(refusalsRate, refusalsBurst)
	}
	return f.apart[kind].AllowN(now, 1)
}

// counted takes what was counted and is not on record yet.
func (f *refusals) counted() map[refusal]int {
	told := f.counts
	f.counts = map[refusal]int{}
	for r, n := range told {
		if n == 0 {
			delete(told, r)
		}
	}
	return told
}

// tell puts refusals on record. Where that fails they are counted on.
func (f *refusals) tell(ctx context.Context, r refusal, n int) {
	err := f.write(ctx, r.kind, r.actor, r.client, r.code, n)
	if err == nil {
		return
	}
	f.log.ErrorContext(ctx, "refused calls are not on record yet", slog.Any("err", err))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts[r] += n
}

// run tells what was counted, every minute and in the end.
func (f *refusals) run(ctx context.Context) error {
	tick := time.NewTicker(refusalsEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		f.flush(context.WithoutCancel(ctx))
	}
	return nil
}

func (f *refusals) flush(ctx context.Context) {
	f.mu.Lock()
	told := f.counted()
	f.since = f.now()
	f.mu.Unlock()
	for r, n := range told {
		f.tell(ctx, r, n)
	}
}
