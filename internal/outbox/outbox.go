// Package outbox sends what was stored in the transaction of what it tells. It keeps true that
// messages under one key go out one after the other, that a message whose try is not on record
// is sent again, and that nothing is tried for longer than GiveUpAfter.
package outbox

import (
	"context"
	"math/rand/v2"
	"time"
)

// Lease is the right to send what waits under one key.
type Lease interface {
	NoteWakes(ctx context.Context) error
	Alive() bool
	Stopping() <-chan struct{}
}

// Steps are how messages of one kind are sent.
type Steps[M any] struct {
	// Next is the earliest message that waits; nil: none does.
	Next func(context.Context) (*M, error)
	// DueAt is when a message may be tried.
	DueAt func(M) time.Time
	// Try tries a message once and puts on record what came of it.
	Try func(context.Context, M) error
	Now func() time.Time
}

// Drain sends what waits, one after the other, and returns nil when nothing does.
func Drain[M any](ctx context.Context, l Lease, s Steps[M]) error {
	for {
		if err := l.NoteWakes(ctx); err != nil {
			return err
		}
		m, err := s.Next(ctx)
		if err != nil || m == nil {
			return err
		}
		if due := s.DueAt(*m); due.After(s.Now()) {
			return Later{due}
		}
		if stopping(l) {
			return Stopped{}
		}
		if err := s.Try(ctx, *m); err != nil {
			return err
		}
	}
}

func stopping(l Lease) bool {
	select {
	case <-l.Stopping():
		return true
	default:
		return !l.Alive()
	}
}

// Later says that nothing is due before a time.
type Later struct{ Until time.Time }

func (l Later) Error() string { return "the next try is at " + l.Until.UTC().Format(time.RFC3339) }

// Stopped says that the program is about to stop, or that the lease is lost.
type Stopped struct{}

func (Stopped) Error() string { return "outbox: the program is stopping" }

// GiveUpAfter is how long a message is tried.
const GiveUpAfter = 72 * time.Hour

// Again is when a message is tried next that was stored at since and is to wait; zero: it is
// given up.
func Again(now, since time.Time, wait time.Duration) time.Time {
	if again := now.Add(wait); !again.After(since.Add(GiveUpAfter)) {
		return again
	}
	return time.Time{}
}

// Backoff is how long a message waits after its nth failure: from 5 s, three times as long
// each time, to 6 h, with a random tenth so that receivers are not met by all at once.
func Backoff(n int) time.Duration {
	wait := 5 * time.Second
	for range n - 1 {
		if wait *= 3; wait >= maxBackoff {
			wait = maxBackoff
			break
		}
	}
	return wait + rand.N(wait/10+1) //nolint:gosec // G404: spreads load, guards nothing
}

const maxBackoff = 6 * time.Hour
