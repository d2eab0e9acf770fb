package api

import (
	"math"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"dsr-server/internal/dsr"
)

// Limits are the calls per second that one token may make. Zero is the default.
type Limits struct {
	ReadsPerSecond       int // limits.reads_per_second: every call but a submission
	SubmissionsPerSecond int // limits.submissions_per_second: POST /requests
}

// Defaults of Limits, and how many calls may come at once after a pause (at least
// as many as in a second).
const (
	DefaultReadsPerSecond       = 50
	DefaultSubmissionsPerSecond = 10
	limitBurst                  = 50
)

// limiter holds one token bucket per principal. It is keyed by who was
// authenticated, not by address: nobody can use up another's share, and the number
// of buckets is bounded by the number of tokens.
type limiter struct {
	perSecond, burst int
	what             string // "submissions"
	setting          string // that changes perSecond

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

func newLimiter(perSecond, byDefault int, what, setting string) *limiter {
	if perSecond <= 0 {
		perSecond = byDefault
	}
	return &limiter{perSecond: perSecond, burst: max(limitBurst, perSecond), what: what, setting: setting,
		buckets: make(map[string]*rate.Limiter)}
}

// allow takes one call from the principal's bucket. When there is none left it
// returns an error that names the limit, and after how long there is one.
func (l *limiter) allow(principal string, now time.Time) (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[principal]
	if b == nil {
		b = rate.NewLimiter(rate.Limit(l.perSecond), l.burst)
		l.buckets[principal] = b
	}
	res := b.ReserveN(now, 1)
	wait := res.DelayFrom(now)
	if wait == 0 {
		return 0, nil
	}
	res.CancelAt(now)
	return wait, dsr.Errorf(dsr.TooMany, "rate_limited", "over %d %s per second (bursts of %d) for this token; wait as Retry-After says, or raise %s",
		l.perSecond, l.what, l.burst, l.setting)
}

// retryAfter is a Retry-After header: whole seconds, never too short.
func retryAfter(wait time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(wait.Seconds()))))
}

// tokenLimits are the limiters of one server.
type tokenLimits struct{ reads, submissions *limiter }

func newTokenLimits(l Limits) tokenLimits {
	return tokenLimits{
		reads:       newLimiter(l.ReadsPerSecond, DefaultReadsPerSecond, "calls", "limits.reads_per_second"),
		submissions: newLimiter(l.SubmissionsPerSecond, DefaultSubmissionsPerSecond, "submissions", "limits.submissions_per_second"),
	}
}
