package outbox_test

import (
	"testing"
	"time"

	"dsr-server/internal/outbox"
)

func TestBackoffGrowsToSixHours(t *testing.T) {
	t.Parallel()
	before := time.Duration(0)
	for n := 1; n <= 8; n++ {
		if wait := outbox.Backoff(n); wait <= before {
			t.Errorf("after failure %d: %s, which is not longer than %s", n, wait, before)
		} else {
			before = wait
		}
	}
	for _, n := range []int{9, 20, 1000} {
		if wait := outbox.Backoff(n); wait < 6*time.Hour || wait > 7*time.Hour {
			t.Errorf("after failure %d: %s", n, wait)
		}
	}
}

func TestAMessageIsTriedForThreeDays(t *testing.T) {
	t.Parallel()
	stored := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	for wait, given := range map[time.Duration]bool{time.Hour: false, outbox.GiveUpAfter: false, outbox.GiveUpAfter + 1: true} {
		if again := outbox.Again(stored, stored, wait); again.IsZero() != given || !given && !again.Equal(stored.Add(wait)) {
			t.Errorf("after %s: got %s", wait, again)
		}
	}
}
