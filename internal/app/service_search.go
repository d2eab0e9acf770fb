package app

import (
	"context"
	"errors"
	"fmt"
	"math"

	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
	"dsr-server/internal/store"
)

// Request adds to a running request how long its search will take.
func (s service) Request(ctx context.Context, by dsr.Principal, id string) (dsr.Request, error) {
	r, err := s.Store.Request(ctx, by, id)
	if err != nil || r.Status != dsr.Running {
		return r, err
	}
	eta, err := s.p.Fulfil.ETA(ctx, s.Store, id)
	r.Progress.ETASeconds = int64(math.Ceil(eta.Seconds()))
	return r, err
}

// Estimate says what a submission would cost; it stores and calls nothing.
func (s service) Estimate(ctx context.Context, sub dsr.Submission) (dsr.Estimate, error) {
	return s.p.Fulfil.Estimate(ctx, s.Store, sub, dsr.DueAt(sub.ReceivedAt, s.p.Config.Location()))
}

// Staff is what those who work on a request may see beside its coverage, and like it
// counts as a view.
func (s service) Staff(ctx context.Context, by dsr.Principal, id string) (dsr.Staff, error) {
	if _, err := s.Store.Request(ctx, by, id); err != nil {
		return dsr.Staff{}, err
	}
	return s.p.Fulfil.Staff(ctx, s.Store, id)
}

// CheckSource tests a source live: under the lease with which this process reads from
// the host just now, or under one of its own.
func (s service) CheckSource(ctx context.Context, name string) ([]dsr.Finding, error) {
	source, configured := s.p.Fulfil.Source(name)
	if !configured {
		return nil, dsr.Errorf(dsr.NotFound, "not_found", "there is no such source")
	}
	if lease, held := s.p.Fulfil.Held(source.Lane); held {
		return s.p.Fulfil.Check(ctx, lease, name)
	}
	lease, err := s.p.Queue.Acquire(ctx, store.JobLane, source.Lane)
	if errors.Is(err, jobs.ErrBusy) {
		return nil, dsr.Errorf(dsr.Conflict, "lane_busy", "another process is reading from this vendor's host; try again when it has ended")
	}
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", name, err)
	}
	findings, err := s.p.Fulfil.Check(lease.Context(), lease, name)
	return findings, errors.Join(err, lease.Release(ctx))
}
