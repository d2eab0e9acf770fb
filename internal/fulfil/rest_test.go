package fulfil

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// TestTheFirstCallUnderALeaseKeepsItsDistance: while this process was idle another had the
// lease, and may have called just before it gave it back.
func TestTheFirstCallUnderALeaseKeepsItsDistance(t *testing.T) {
	t.Parallel()
	s := Source{Source: dsr.Source{Name: "bot", Lane: "h"}, Export: noVendor{}, Interval: time.Second}
	for name, takeLease := range map[string]func(*testing.T, *Fulfiller) error{
		"lane": func(t *testing.T, f *Fulfiller) error { return f.Lane(t.Context(), noWork{}, "h") },
		"a single call": func(t *testing.T, f *Fulfiller) error {
			_, err := f.Caller(noWork{}, s)(t.Context(), export.Query{Endpoint: dsr.Conversations})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := New(Options{Sources: []Source{s}})
				f.pacer("h", dsr.Conversations)
				time.Sleep(time.Minute)
				begun := time.Now()
				if err := takeLease(t, f); err != nil && !errors.Is(err, errLeaseOver) {
					t.Fatal(err)
				}
				if _, err := f.pacer("h", dsr.Conversations).Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				if waited := time.Since(begun); waited < s.Interval {
					t.Errorf("the first call may come %v after the lease", waited)
				}
			})
		})
	}
}

// noWork is a lease and a store in which nobody waits for anything.
type noWork struct{ Store }

func (noWork) Alive() bool                                        { return false }
func (noWork) TakenOver() bool                                    { return false }
func (noWork) Stopping() <-chan struct{}                          { return nil }
func (noWork) Look(context.Context) error                         { return nil }
func (noWork) Board(context.Context, []string) (dsr.Board, error) { return dsr.Board{}, nil }

// noVendor is never called, because the lease does not hold.
type noVendor struct{ export.Source }
