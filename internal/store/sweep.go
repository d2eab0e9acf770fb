package store

import (
	"context"
	"time"

	"dsr-server/internal/jobs"
)

// sweepAt makes the sweep due at a time, or leaves it at an earlier one.
func (t tx) sweepAt(ctx context.Context, at time.Time) error {
	return jobs.Enqueue(ctx, t.Tx, t.now, jobs.Job{Kind: JobSweep, Key: SweepKey, RunAt: at})
}

// SweepEvery is the longest time between two sweeps.
const SweepEvery = time.Hour

// ScheduleSweep makes the sweep due now. Call it at start: from then on each sweep
// says when the next one is.
func (s *Store) ScheduleSweep(ctx context.Context) error {
	err := s.update(ctx, func(t tx) error {
		if err := jobs.Forget(ctx, t.Tx, JobSweep, SweepKey); err != nil {
			return err
		}
		return t.sweepAt(ctx, t.now)
	})
	s.opts.Woken()
	return translate(err)
}

// JobSweep deletes what is kept no longer; its one key is SweepKey.
const (
	JobSweep = "sweep"
	SweepKey = "all"
)
