package export

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// sendFor makes calls as fast as the pacer lets it until d is over, and returns when.
func sendFor(t *testing.T, p *Pacer, d time.Duration) (sent []time.Time) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	for {
		turn, err := p.Wait(ctx)
		if err != nil {
			return sent
		}
		sent = append(sent, time.Now())
		turn.Done(true)
	}
}

// most is the largest number of calls in any interval of per.
func most(sent []time.Time, per time.Duration) (n int) {
	for i := range sent {
		in := 0
		for _, at := range sent[i:] {
			if at.Sub(sent[i]) < per {
				in++
			}
		}
		n = max(n, in)
	}
	return n
}

func TestPacerKeepsFiftyInAnyMinute(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		interval time.Duration
		least    int // calls in ten minutes
	}{
		"at the vendor's rate":       {time.Minute / 50, 460},
		"at a rate set far above it": {time.Minute / 500, 499},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sent := sendFor(t, NewPacer(tc.interval).Within(50, time.Minute), 10*time.Minute)
				if got := most(sent, time.Minute); got > 50 {
					t.Errorf("%d calls in a minute", got)
				}
				if len(sent) < tc.least {
					t.Errorf("only %d calls in ten minutes", len(sent))
				}
			})
		})
	}
}

func TestPacerDoesNotCountACallThatWasNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(time.Millisecond).Within(2, time.Minute)
		begun := time.Now()
		for range 10 {
			turn, err := p.Wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			turn.Done(false)
		}
		if waited := time.Since(begun); waited > time.Second {
			t.Errorf("waited %v for calls that nobody made", waited)
		}
	})
}

func TestPacerWindowOutlastsASlowedPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(time.Second).Within(5, time.Minute)
		p.Throttled()
		sent := sendFor(t, p, 5*time.Minute)
		if got := most(sent, time.Minute); got != 5 {
			t.Errorf("got %d calls in a minute, want 5", got)
		}
	})
}

func TestPacerWithoutAWindowOnlyKeepsItsGap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sent := sendFor(t, NewPacer(time.Second/3), time.Minute)
		for i := 1; i < len(sent); i++ {
			if gap := sent[i].Sub(sent[i-1]); gap < 353*time.Millisecond {
				t.Fatalf("a gap of %v", gap)
			}
		}
		if len(sent) < 165 {
			t.Errorf("only %d calls in a minute", len(sent))
		}
	})
}
