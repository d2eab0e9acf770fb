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
// makes the service unready.
func (p *Program) inspect(ctx context.Context) (good bool, err error) {
	if time.Since(p.inspected.file) >= fileEvery {
		if err := p.Store.CheckDamage(ctx); err != nil {
			return false, p.tellOf(ctx, "the database is damaged; nothing is deleted", err)
		}
		p.inspected.file = time.Now()
	}
	if time.Since(p.inspected.log) >= logEvery {
		if err := p.Store.CheckLog(ctx); err != nil {
			return false, p.tellOf(ctx, "the audit log does not agree with itself or with the database; nothing is deleted", err)
		}
		p.inspected.log = time.Now()
	}
	return true, nil
}

// toldAtMost is how many rows that do not agree are logged one by one.
const toldAtMost = 20

// tellOf logs what an inspection has found. A check that was cut short has found nothing.
func (p *Program) tellOf(ctx context.Context, what string, found error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	p.env.Log.ErrorContext(ctx, what, slog.Any("err", found))
	if e, ok := errors.AsType[*audit.DisagreementError](found); ok {
		for _, problem := range e.Problems[:min(len(e.Problems), toldAtMost)] {
			p.env.Log.ErrorContext(ctx, "not as the audit log says", slog.String("what", problem))
		}
	}
	return nil
}
