package app

import (
	"context"
	"errors"
	"time"

	"dsr-server/internal/jobs"
	"dsr-server/internal/store"
)

// readersWait is when a sweep tries again that could not empty the log.
const readersWait = time.Minute

// sweep deletes what is kept no longer: first what the database holds and names, then
// the files that no row names any more, then what the log still holds of both. Each
// step is whole without the next, so a crash between them only leaves work for the
// sweep that follows.
func (p *Program) sweep(ctx context.Context, l *jobs.Lease) error {
	if err := l.Look(ctx); err != nil {
		return err
	}
	w := p.Store.Under(l)
	for _, step := range []func(context.Context) error{w.ExpireArchives, w.PurgeDue, w.DropStrays, p.removeOrphans, p.Store.Truncate} {
		err := step(ctx)
		if errors.Is(err, store.ErrReading) {
			return jobs.Snooze(p.Store.Now().Add(readersWait))
		}
		if err != nil {
			return err
		}
	}
	next, err := p.Store.NextSweep(ctx)
	if err != nil {
		return err
	}
	return jobs.Snooze(next)
}

func (p *Program) removeOrphans(ctx context.Context) error {
	return p.Vault.Sweep(p.Store.KeepArchive(ctx))
}
