package app

import (
	"context"
	"database/sql"
	"errors"

	"dsr-server/internal/fulfil"
	"dsr-server/internal/jobs"
	"dsr-server/internal/scan"
	"dsr-server/internal/store"
)

// lanesAtOnce is how many vendor hosts are read at the same time.
const lanesAtOnce = 8

// filesAtOnce is for how many requests files are fetched at the same time; of one host
// there is one at a time.
const filesAtOnce = 4

// work says how each kind of job is done.
func (p *Program) work() map[string]jobs.Work {
	f := p.Fulfil
	return map[string]jobs.Work{
		store.JobPlan:      {Workers: 2, Handle: p.handle(f.Plan), OnDead: p.failRequest},
		store.JobLane:      {Workers: lanesAtOnce, Handle: p.handle(f.Scan), OnDead: p.failLane},
		store.JobFiles:     {Workers: filesAtOnce, Handle: p.handle(f.FetchFiles), OnDead: p.failRequest},
		store.JobPackage:   {Workers: 2, Handle: p.handle(f.Package), OnDead: p.failRequest},
		store.JobRepackage: {Workers: 2, Handle: p.handle(f.Repackage), OnDead: p.endRepackaging},
		store.JobSweep:     {Workers: 1, Handle: p.sweep, OnDead: p.sweepLater},
		store.JobWebhook:   {Workers: webhooksAtOnce, Handle: p.deliver},
		store.JobMail:      {Workers: mailsAtOnce, Handle: p.mailStaff},
		store.JobDeadlines: {Workers: 1, Handle: p.tellDeadlines, OnDead: p.sweepLater},
	}
}

// handle makes a job's handler of one step of the story; the job's key is what the
// step is about.
func (p *Program) handle(step func(context.Context, fulfil.Store, string) error) jobs.Handler {
	return func(ctx context.Context, l *jobs.Lease) error {
		err := step(ctx, p.Store.Under(l), l.Key)
		if later, ok := errors.AsType[scan.Later](err); ok {
			return jobs.Snooze(later.Until)
		}
		if errors.Is(err, scan.ErrStopping) {
			return jobs.ErrStopped
		}
		return err
	}
}

// sweepLater keeps the sweep coming back although one has failed for good.
func (p *Program) sweepLater(ctx context.Context, tx *sql.Tx, l *jobs.Lease, _ error) error {
	now := p.Store.Now()
	return jobs.Enqueue(ctx, tx, now, jobs.Job{Kind: l.Kind, Key: l.Key, RunAt: now.Add(store.SweepEvery)})
}

// failLane fails the requests that wait for the sources of a host whose job was given up.
func (p *Program) failLane(ctx context.Context, tx *sql.Tx, l *jobs.Lease, _ error) error {
	for _, source := range p.Fulfil.SourcesOn(l.Key) {
		if err := p.Store.FailWaiting(ctx, tx, source); err != nil {
			return err
		}
	}
	return nil
}

// endRepackaging leaves the request as it was, and says so.
func (p *Program) endRepackaging(ctx context.Context, tx *sql.Tx, l *jobs.Lease, _ error) error {
	return p.Store.EndRepackaging(ctx, tx, l.Key)
}

func (p *Program) failRequest(ctx context.Context, tx *sql.Tx, l *jobs.Lease, _ error) error {
	return p.Store.Fail(ctx, tx, l.Key)
}
