package vendor

import "time"

// limiter admits calls that count together. Only admitted calls count. It is not safe for
// concurrent use.
type limiter interface {
	admit(now time.Time) bool
}

func newLimiter(window RateWindow, rate int, per time.Duration) limiter {
	switch window {
	case Off:
		return unlimited{}
	case Fixed:
		return &fixedWindow{rate: rate, per: per}
	case TokenBucket:
		return &tokenBucket{rate: rate, per: per}
	default:
		return &slidingWindow{rate: rate, per: per}
	}
}

type unlimited struct{}

func (unlimited) admit(time.Time) bool { return true }

// slidingWindow admits at most rate calls in any span shorter than per: a call exactly per
// after the rate-th one before it is admitted.
type slidingWindow struct {
	rate     int
	per      time.Duration
	admitted []time.Time // the last rate ones
}

func (l *slidingWindow) admit(now time.Time) bool {
	if len(l.admitted) == l.rate {
		if now.Sub(l.admitted[0]) < l.per {
			return false
		}
		l.admitted = append(l.admitted[:0], l.admitted[1:]...)
	}
	l.admitted = append(l.admitted, now)
	return true
}

// fixedWindow admits at most rate calls in each per, counted from 1970.
type fixedWindow struct {
	rate   int
	per    time.Duration
	window int64
	used   int
}

func (l *fixedWindow) admit(now time.Time) bool {
	if w := now.UnixNano() / int64(l.per); w != l.window {
		l.window, l.used = w, 0
	}
	if l.used == l.rate {
		return false
	}
	l.used++
	return true
}

// tokenBucket holds rate tokens and refills evenly.
type tokenBucket struct {
	rate   int
	per    time.Duration
	spent  time.Duration // how long until the bucket is full again
	before time.Time
}

func (l *tokenBucket) admit(now time.Time) bool {
	if elapsed := now.Sub(l.before); !l.before.IsZero() && elapsed > 0 {
		l.spent = max(0, l.spent-elapsed)
	}
	l.before = now
	token := l.per / time.Duration(l.rate)
	if l.spent+token > l.per {
		return false
	}
	l.spent += token
	return true
}
