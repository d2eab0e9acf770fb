package export

import (
	"context"
	"math/rand/v2"
	"net/http/httptrace"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const third = time.Second / 3

// take waits for a turn and returns it, with when it came.
func take(t *testing.T, p *Pacer) (*Turn, time.Time) {
	t.Helper()
	turn, err := p.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return turn, time.Now()
}

// write does what net/http does when the request has been written.
func write(turn *Turn) {
	httptrace.ContextClientTrace(turn.Context(context.Background())).WroteRequest(httptrace.WroteRequestInfo{})
}

func TestGapIsMeasuredFromTheRealSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(third)
		begun := time.Now()
		turn, at := take(t, p)
		if at.Sub(begun) != p.Gap() {
			t.Errorf("the first call went out after %v: somebody may have called just before", at.Sub(begun))
		}
		time.Sleep(5 * time.Second) // dialling took its time
		write(turn)
		sent := time.Now()
		next, at := take(t, p)
		if got := at.Sub(sent); got != p.Gap() {
			t.Errorf("the next turn came %v after the request was written, want %v", got, p.Gap())
		}
		write(next)
		time.Sleep(time.Minute) // the answer takes its time; turns do not wait for it
		next.Done(true)
		last, at := take(t, p)
		if !at.Equal(time.Now()) {
			t.Error("a turn after a minute had to wait")
		}
		last.Done(true)
	})
}

func TestAnUnsentCallPassesItsTurnOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(third)
		turn, first := take(t, p)
		turn.Done(false)
		_, second := take(t, p)
		if second != first {
			t.Errorf("waited %v for a call that was never made", second.Sub(first))
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(third)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := p.Wait(ctx); err == nil {
			t.Error("got a turn")
		}
		turn, _ := take(t, p)
		for range 3 { // waiting for the turn, while somebody has it
			if _, err := p.Wait(ctx); err == nil {
				t.Error("got a turn that somebody has")
			}
		}
		turn.Done(true)
		take(t, p)
	})
}

func TestPaceSlowsDownWithEach429AndComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(third)
		near := func(what string, percent float64) {
			t.Helper()
			if got := float64(p.Gap()) / float64(third) * 100; got < percent-0.01 || got > percent+0.01 {
				t.Errorf("%s: the gap is %.2f %% of 1/rate, want %.0f %%", what, got, percent)
			}
		}
		near("at first", 106)
		for _, percent := range []float64{109, 112, 115, 118, 120, 120} {
			p.Throttled()
			near("after a 429", percent)
		}
		time.Sleep(calm)
		turn, _ := take(t, p)
		turn.Done(true)
		near("after ten minutes", 120)
		time.Sleep(time.Second)
		turn, _ = take(t, p)
		turn.Done(true)
		near("after more than ten minutes", 106)
		p.Throttled()
		near("after another 429", 109)
	})
}

// TestNeverMoreThanThreeInAnySecond sends from eight chains for ten minutes, with wake-ups,
// dialling and the way to the vendor all taking their time, to one who counts strictly.
func TestNeverMoreThanThreeInAnySecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(third)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		var mu sync.Mutex
		var arrived []time.Time
		var chains sync.WaitGroup
		for chain := range uint64(8) {
			random := rand.New(rand.NewPCG(1, chain))
			chains.Go(func() {
				for {
					turn, err := p.Wait(ctx)
					if err != nil {
						return
					}
					time.Sleep(time.Duration(random.Int64N(int64(200 * time.Millisecond))))
					write(turn)
					time.Sleep(30*time.Millisecond + time.Duration(random.Int64N(int64(50*time.Millisecond)))) // the way
					mu.Lock()
					arrived = append(arrived, time.Now())
					mu.Unlock()
					time.Sleep(time.Duration(random.Int64N(int64(2 * time.Second))))
					turn.Done(true)
				}
			})
		}
		chains.Wait()
		if n := most(arrived, time.Second); n > 3 {
			t.Errorf("%d calls came within a second", n)
		}
		if len(arrived) < 1100 {
			t.Errorf("%d calls in ten minutes: the pace is not used", len(arrived))
		}
	})
}
