package scan

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/match"
)

// TestTheFirstCallUnderALeaseKeepsItsDistance: while this process was idle another had the
// lease, and may have called just before it gave it back.
func TestTheFirstCallUnderALeaseKeepsItsDistance(t *testing.T) {
	t.Parallel()
	s := Source{Source: dsr.Source{Name: "bot", Lane: "h"}, Export: noVendor{}, Pace: time.Second}
	for name, takeLease := range map[string]func(*testing.T, *Engine) error{
		"lane": func(t *testing.T, e *Engine) error { return e.Lane(t.Context(), noWork{}, "h") },
		"a single call": func(t *testing.T, e *Engine) error {
			_, err := e.Caller(noWork{}, s)(t.Context(), dsr.Unit{Endpoint: dsr.Conversations})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := New(Options{Sources: []Source{s}})
				pacer := e.host("h").pacers[dsr.Conversations]
				time.Sleep(time.Minute)
				begun := time.Now()
				if err := takeLease(t, e); err != nil && !errors.Is(err, errLeaseOver) {
					t.Fatal(err)
				}
				if _, err := pacer.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				if waited := time.Since(begun); waited < s.Pace {
					t.Errorf("the first call may come %v after the lease", waited)
				}
			})
		})
	}
}

// TestWhoTakesOverWaitsOutTheHostsMemory: nobody knows when the holder that vanished made
// its last call. Where there is no limit, nobody waits.
func TestWhoTakesOverWaitsOutTheHostsMemory(t *testing.T) {
	t.Parallel()
	bot := dsr.Source{Name: "bot", Lane: "h"}
	for name, tc := range map[string]struct {
		source Source
		want   time.Duration
	}{
		"a second":   {Source{Source: bot, Export: noVendor{}, Pace: time.Second / 3}, time.Second},
		"its window": {Source{Source: bot, Export: noVendor{}, Pace: time.Second, Limit: Limit{Calls: 50, Per: time.Minute}}, time.Minute},
		"files":      {Source{Source: bot, Export: noVendor{}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := New(Options{Sources: []Source{tc.source}})
				begun := time.Now()
				if err := e.Lane(t.Context(), takenOver{}, "h"); err != nil {
					t.Fatal(err)
				}
				if waited := time.Since(begun); waited != tc.want || e.Memory("h") != tc.want {
					t.Errorf("waited %v, want %v", waited, tc.want)
				}
			})
		})
	}
}

// noWork is a lease and a store in which nobody waits for anything.
type noWork struct{ Store }

func (noWork) Alive() bool                                              { return false }
func (noWork) TakenOver() bool                                          { return false }
func (noWork) Settled()                                                 {}
func (noWork) Stopping() <-chan struct{}                                { return nil }
func (noWork) NoteWakes(context.Context) error                          { return nil }
func (noWork) OpenWork(context.Context, []string) (dsr.OpenWork, error) { return dsr.OpenWork{}, nil }

// takenOver is noWork after a holder that vanished.
type takenOver struct{ noWork }

func (takenOver) TakenOver() bool { return true }

// noVendor is never called, because the lease does not hold.
type noVendor struct{ export.Source }

func (noVendor) Schema() match.Schema { return match.Schema{} }

func (noVendor) Open(context.Context, dsr.Unit, export.Wanted) (export.Reader, error) {
	return &stubReader{}, nil
}

// TestAHostForgetsWhoseTurnItWas once the unit has been read or given up, and when there is
// nothing left to do: units go in other ways too.
func TestAHostForgetsWhoseTurnItWas(t *testing.T) {
	t.Parallel()
	s := Source{Source: dsr.Source{Name: "bot", Lane: "h"}, Export: noVendor{}}
	e := New(Options{Sources: []Source{s}})
	h := e.host("h")
	h.failedTurn(1)
	h.failedTurn(2)
	h.good(dsr.Unit{ID: 1, Source: "bot"})
	if h.failedTurns(1) != 0 || h.failedTurns(2) != 1 {
		t.Errorf("turns: %v", h.turns)
	}
	if err := e.Lane(t.Context(), noWork{}, "h"); err != nil || len(h.turns) > 0 {
		t.Errorf("after the lane: %v, %v", h.turns, err)
	}
}
