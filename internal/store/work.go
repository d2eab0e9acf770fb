package store

import (
	"context"

	"dsr-server/internal/jobs"
)

// Work is the store as the holder of one job's lease sees it: whatever it writes is
// fenced, so that a worker presumed dead changes nothing. It implements fulfil.Store and scan.Store.
type Work struct {
	*Store
	lease *jobs.Lease
}

// Under returns the store for the handler of the leased job.
func (s *Store) Under(l *jobs.Lease) *Work { return &Work{Store: s, lease: l} }

// Alive reports whether the lease still holds; no vendor call starts when it does not.
func (w *Work) Alive() bool { return w.lease.Alive() }

// NoteWakes notes what has been asked for so far; what comes later makes the job run again.
func (w *Work) NoteWakes(ctx context.Context) error { return w.lease.NoteWakes(ctx) }

// TakenOver reports whether the previous holder may have been calling until just now.
func (w *Work) TakenOver() bool { return w.lease.TakenOver }

// Settled says that the distance to the previous holder has been kept.
func (w *Work) Settled() { w.lease.Settled() }

// Stopping is closed when the program is about to stop.
func (w *Work) Stopping() <-chan struct{} { return w.lease.Stopping() }

// step is update for a committed step of the leased job.
func (w *Work) step(ctx context.Context, f func(tx) error) error {
	return w.update(ctx, func(t tx) error {
		if err := jobs.Step(ctx, t.Tx, w.lease); err != nil {
			return err
		}
		return f(t)
	})
}

// held is step for what gets the work no further by itself: a job that does nothing else
// over and over is given up in the end.
func (w *Work) held(ctx context.Context, f func(tx) error) error {
	return w.update(ctx, func(t tx) error {
		if err := jobs.Held(ctx, t.Tx, w.lease); err != nil {
			return err
		}
		return f(t)
	})
}
