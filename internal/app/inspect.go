package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/store"
)

// The database's file is read through before a sweep, the log and what it speaks of at the
// start of the service and once a day: both take a while where there is much.
const (
	fileEvery = store.SweepEvery / 2
	logEvery  = 24 * time.Hour
)

// inspections are when the database was last found good, by the monotonic clock.
type inspections struct{ file, log time.Time }

// inspect looks whether the database may be acted on. What is wrong with it is logged, and
// makes the service unready; an inspection that could not be made is an error.
func (p *Program) inspect(ctx context.Context) (good bool, err error) {
	for _, i := range []struct {
		last  *time.Time
		every time.Duration
		check func(context.Context) error
	}{{&p.inspected.file, fileEvery, p.Store.CheckDamage}, {&p.inspected.log, logEvery, p.Store.CheckLog}} {
		if time.Since(*i.last) < i.every {
			continue
		}
		if err := i.check(ctx); err != nil {
			return false, p.tellOf(ctx, err)
		}
		*i.last = time.Now()
	}
	return true, nil
}

// toldAtMost is how many rows that do not agree are logged one by one.
const toldAtMost = 20

// tellOf logs what an inspection has found, and returns any other error. A check that was
// cut short has found nothing.
func (p *Program) tellOf(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, store.ErrDamaged):
		p.env.Log.ErrorContext(ctx, "the database is damaged; nothing is deleted by plan", slog.Any("err", err))
	case audit.Found(err):
		p.env.Log.ErrorContext(ctx, "the audit log or the database was changed outside this program; nothing is deleted by plan", slog.Any("err", err))
	default:
		return err
	}
	if e, ok := errors.AsType[*audit.DisagreementError](err); ok {
		for _, problem := range e.Problems[:min(len(e.Problems), toldAtMost)] {
			p.env.Log.ErrorContext(ctx, "changed outside this program", slog.String("what", problem))
		}
	}
	return nil
}
