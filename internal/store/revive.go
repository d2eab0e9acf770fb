package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
)

// Jobs are all jobs of the queue, the dead first.
func (s *Store) Jobs(ctx context.Context) ([]jobs.Entry, error) { return jobs.List(ctx, s.r) }

// ReviveJob lets a job that was given up be tried again, and every request that failed
// with it: the one that the job was about or, of a lane, those that still wait for one of
// its sources. It returns these requests. sourcesOn names the sources of a lane.
func (s *Store) ReviveJob(ctx context.Context, by dsr.Principal, id int64, sourcesOn func(lane string) []string) (requests []string, err error) {
	err = s.update(ctx, func(t tx) error {
		dead, err := jobs.FindDead(ctx, t.Tx, id)
		if errors.Is(err, jobs.ErrNotDead) {
			return dsr.Errorf(dsr.NotFound, "not_found", "there is no dead job with the number %d; `dsr-server jobs` lists them", id)
		}
		if err != nil {
			return err
		}
		if requests, err = t.reviveJob(ctx, dead, sourcesOn); err != nil {
			return err
		}
		if err := t.runFailedAgain(ctx, by, requests); err != nil {
			return err
		}
		return t.record(ctx, audit.Event{Kind: audit.JobRevived, Actor: by.ID,
			Data: map[string]string{"job": strconv.FormatInt(id, 10), "kind": dead.Kind, "key": dead.Key}})
	})
	if err != nil {
		return nil, translate(err)
	}
	s.opts.Woken()
	return requests, nil
}

// reviveJob puts the job back into the queue and returns the failed requests that it is
// for. A request's own job is only removed: its next run begins with a plan.
func (t tx) reviveJob(ctx context.Context, dead jobs.Entry, sourcesOn func(lane string) []string) ([]string, error) {
	switch dead.Kind {
	case JobPlan, JobFiles, JobPackage:
		if _, err := jobs.Remove(ctx, t.Tx, dead.ID); err != nil {
			return nil, err
		}
		return t.ids(ctx, `SELECT id FROM requests WHERE status = 'failed' AND id = ?`, dead.Key)
	case JobLane:
		var waiting []string
		for _, source := range sourcesOn(dead.Key) {
			ids, err := t.ids(ctx, `
				SELECT r.id FROM requests r JOIN request_sources p ON p.request_id = r.id
				WHERE r.status = 'failed' AND p.state = 'open' AND p.source = ?`, source)
			if err != nil {
				return nil, err
			}
			waiting = append(waiting, ids...)
		}
		slices.Sort(waiting)
		return slices.Compact(waiting), jobs.Revive(ctx, t.Tx, t.now, dead.ID)
	default:
		return nil, jobs.Revive(ctx, t.Tx, t.now, dead.ID)
	}
}

func (t tx) runFailedAgain(ctx context.Context, by dsr.Principal, ids []string) error {
	for _, id := range ids {
		r, err := t.request(ctx, id)
		if err != nil {
			return err
		}
		if err := t.retry(ctx, r); err != nil {
			return fmt.Errorf("retry %s: %w", id, err)
		}
		if err := t.record(ctx, audit.Event{Kind: audit.RequestRetried, Actor: by.ID, Request: id}); err != nil {
			return err
		}
	}
	return nil
}
