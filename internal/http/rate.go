package http

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"dsr-server/internal/dsr"
)

// Limits are what one person or token may do, and one address of strangers. Zero is the
// default.
type Limits struct {
	ReadsPerSecond       int // limits.reads_per_second: every call but a submission
	SubmissionsPerSecond int // limits.submissions_per_second: POST /requests
	CallsAtOnce          int // limits.calls_at_once: answers under way
	Streams              int // limits.streams: of those, streams of events
}

// Defaults of Limits, and how many calls may come at once after a pause (at least
// as many as in a second).
const (
	DefaultReadsPerSecond       = 50
	DefaultSubmissionsPerSecond = 10
	DefaultCallsAtOnce          = 64
	DefaultStreams              = 20
	limitBurst                  = 50
)

// strangersShare is how many may be behind one address: it has so many times the calls of
// one of them.
const strangersShare = 4

// admission is the limits in force.
type admission struct {
	rates   map[CallKind]*limiter
	calls   *places
	streams *places
}

// CallKind says under which rate a call falls.
type CallKind int

// Kinds of calls.
const (
	Read CallKind = iota
	Submission
	ofStrangers // of one address
)

func newAdmission(l Limits) *admission {
	byDefault := func(n, d int) int {
		if n <= 0 {
			return d
		}
		return n
	}
	reads, submissions := byDefault(l.ReadsPerSecond, DefaultReadsPerSecond), byDefault(l.SubmissionsPerSecond, DefaultSubmissionsPerSecond)
	return &admission{
		rates: map[CallKind]*limiter{
			Read:        newLimiter(reads, limitBurst, "calls", "person or token; wait as Retry-After says, or raise limits.reads_per_second"),
			Submission:  newLimiter(submissions, limitBurst, "submissions", "person or token; wait as Retry-After says, or raise limits.submissions_per_second"),
			ofStrangers: newLimiter(strangersShare*reads, strangersShare*limitBurst, "calls", "address without a sign-in or a known token; wait as Retry-After says, or raise limits.reads_per_second, of which it has four times"),
		},
		calls:   newPlaces(byDefault(l.CallsAtOnce, DefaultCallsAtOnce), "too_many_calls", "calls", "limits.calls_at_once"),
		streams: newPlaces(byDefault(l.Streams, DefaultStreams), "too_many_streams", "streams of events", "limits.streams"),
	}
}

// limiter holds one token bucket for everybody who calls. Those who are known are told
// apart by who they are and not by address, so that nobody can use up another's share.
type limiter struct {
	perSecond, burst int
	what             string // "submissions"
	whose            string // and what can be done

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

func newLimiter(perSecond, burst int, what, whose string) *limiter {
	return &limiter{perSecond: perSecond, burst: max(burst, perSecond), what: what, whose: whose, buckets: map[string]*rate.Limiter{}}
}

// take takes one call from somebody's bucket. When there is none left the error names the
// limit, and after how long there is one.
func (l *limiter) take(who string, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	res := l.bucket(who, now).ReserveN(now, 1)
	wait := res.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	res.CancelAt(now)
	err := dsr.Errorf(dsr.TooMany, "rate_limited", "over %d %s per second (bursts of %d) for one %s",
		l.perSecond, l.what, l.burst, l.whose)
	err.RetryAfter = wait
	return err
}

// maxBuckets bounds what is remembered of strangers; beyond it the full buckets go.
const maxBuckets = 10_000

func (l *limiter) bucket(who string, now time.Time) *rate.Limiter {
	if b := l.buckets[who]; b != nil {
		return b
	}
	if len(l.buckets) >= maxBuckets {
		for other, b := range l.buckets {
			if b.TokensAt(now) >= float64(l.burst) {
				delete(l.buckets, other)
			}
		}
	}
	b := rate.NewLimiter(rate.Limit(l.perSecond), l.burst)
	l.buckets[who] = b
	return b
}

// places bounds how many of something somebody has at once.
type places struct {
	most                int
	code, what, setting string

	mu    sync.Mutex
	taken map[string]int
}

func newPlaces(most int, code, what, setting string) *places {
	return &places{most: most, code: code, what: what, setting: setting, taken: map[string]int{}}
}

// take takes a place until give is called.
func (p *places) take(who string) (give func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken[who] >= p.most {
		err := dsr.Errorf(dsr.TooMany, p.code, "%d %s of this person or token are under way already; end one, or raise %s", p.most, p.what, p.setting)
		err.RetryAfter = time.Second
		return nil, err
	}
	p.taken[who]++
	return sync.OnceFunc(func() { p.give(who) }), nil
}

func (p *places) give(who string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken[who]--; p.taken[who] == 0 {
		delete(p.taken, who)
	}
}
