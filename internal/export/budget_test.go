package export

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// TestBudgetIsKeptAndNobodyWaitsForEver: readers that each grow bit by bit to as much as
// one may hold never hold more than the budget together, and all come to their end.
func TestBudgetIsKeptAndNobodyWaitsForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // which fails if all of them wait
		const all = 4096
		b := NewBudget(all)
		var held, most atomic.Int64
		var readers sync.WaitGroup
		for n := range uint64(32) {
			readers.Go(func() {
				r := rand.New(rand.NewPCG(n, 1))
				s := b.Share()
				defer s.Close()
				for mine := int64(0); ; {
					step := 1 + r.Int64N(all/8)
					if err := s.Take(t.Context(), step); err != nil {
						if _, limit := errors.AsType[*TooLarge](err); !limit || mine+step <= b.alone() {
							t.Errorf("got %v at %d and %d more", err, mine, step)
						}
						held.Add(-mine)
						return
					}
					mine += step
					for now := held.Add(step); now > most.Load(); now = held.Load() {
						most.Store(now)
					}
					if r.IntN(4) == 0 {
						back := r.Int64N(mine + 1)
						held.Add(-back)
						mine -= back
						s.Give(back)
					}
				}
			})
		}
		readers.Wait()
		if most.Load() > all || most.Load() < all/2 {
			t.Errorf("%d of %d were held", most.Load(), all)
		}
		if !b.pool.TryAcquire(all/4) || !b.rest.TryAcquire(1) {
			t.Error("something was not given back")
		}
	})
}

func TestWaitForTheBudgetEndsWithTheContext(t *testing.T) {
	t.Parallel()
	b := NewBudget(4096)
	first, second, third := b.Share(), b.Share(), b.Share()
	if err := errors.Join(first.Take(t.Context(), 1024), second.Take(t.Context(), 1)); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	if err := third.Take(ctx, 1); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	second.Close()
	second.Close()
	if err := third.Take(t.Context(), 1); err != nil {
		t.Error(err)
	}
	if err := third.Take(t.Context(), 1<<20); err == nil || !strings.Contains(err.Error(), "limits.memory") {
		t.Errorf("got %v, want the setting named", err)
	}
}
