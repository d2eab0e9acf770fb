package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"dsr-server/internal/jobs"
	"dsr-server/internal/store"
)

// readersWait is when a sweep tries again that could not empty the log.
const readersWait = time.Minute

// sweep deletes what is no longer to be kept, if the database is undamaged: first what is due
// by the clock; then files that no request needs any more, because on a full disk the next
// steps need their space; then rows that a purge has left behind; then what the write-ahead
// log still holds of all this. Each step stands by itself, so that a crash between two of them
// only leaves work for the next sweep.
func (p *Program) sweep(ctx context.Context, l *jobs.Lease) error {
	if err := l.NoteWakes(ctx); err != nil {
		return err
	}
	switch good, err := p.inspect(ctx); {
	case err != nil:
		return err
	case !good:
		return errors.Join(p.tellOfArchives(ctx), jobs.Snooze(p.Store.Now().Add(store.SweepEvery)))
	}
	w := p.Store.Under(l)
	doubt, err := p.doubtOfClock(ctx)
	if err != nil {
		return err
	}
	byPlan := []func(context.Context) error{w.ExpireArchives, w.PurgeDue}
	if doubt {
		byPlan = nil
	}
	removeFiles := func(ctx context.Context) error { return p.removeFiles(ctx, w) }
	for _, step := range append(byPlan, removeFiles, w.DropStrays, p.Store.Truncate) {
		err := step(ctx)
		if errors.Is(err, store.ErrReading) {
			return jobs.Snooze(p.Store.Now().Add(readersWait))
		}
		if err != nil {
			return err
		}
	}
	if err := p.Store.KeepReserve(); err != nil {
		p.env.Log.WarnContext(ctx, "no room on the disk is kept for purges", slog.Any("err", err))
	}
	next, err := p.Store.NextSweep(ctx)
	if err != nil {
		return err
	}
	if doubt {
		next = p.Store.Now().Add(store.SweepEvery) // what is due has to wait
	}
	return jobs.Snooze(next)
}

// doubtOfClock reports whether the clock is not to be believed, so that nothing is deleted
// because its time has come, and says so.
func (p *Program) doubtOfClock(ctx context.Context) (bool, error) {
	why := p.Store.ClockDoubt()
	if why != "" {
		p.env.Log.ErrorContext(ctx, "the clock is in doubt; nothing is deleted by plan until it has gone evenly for a day", slog.String("why", why))
	}
	return why != "", p.Store.KeepClockDoubt(ctx)
}

// removeFiles removes the archives' files that this database has made and needs no
// longer. What else lies in the folder stays, and is told.
func (p *Program) removeFiles(ctx context.Context, w *store.Work) error {
	if err := p.Store.InPlace(); err != nil {
		return err
	}
	known, err := p.Store.ArchiveFiles(ctx)
	if err != nil {
		return err
	}
	var unneeded []string
	for name, f := range known.States {
		if !f.InForce && !f.UnderWay {
			unneeded = append(unneeded, name)
		}
	}
	slices.Sort(unneeded)
	if err := p.Fulfil.Discard(ctx, w, unneeded); err != nil {
		return err
	}
	return p.tellOfArchives(ctx)
}
