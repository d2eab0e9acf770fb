package export

import (
	"math/rand/v2"
	"time"
)

// Bounds of the pause between two tries of one page.
const (
	backoffFirst = 250 * time.Millisecond
	backoffMost  = 30 * time.Second
)

// Backoff is the pause after the given number of failures in a row (from 1): full
// jitter between zero and a bound that doubles from 250 ms to 30 s.
func Backoff(failures int) time.Duration {
	bound := backoffMost
	if failures < 8 {
		bound = min(backoffFirst<<(failures-1), backoffMost)
	}
	return rand.N(bound) //nolint:gosec // jitter needs no secret
}
