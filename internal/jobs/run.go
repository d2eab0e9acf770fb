package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"
)

// run does one attempt and writes how it ended.
func (q *Queue) run(l *Lease) {
	w := q.work[l.Kind]
	defer q.Wake() // last: the slot is free then
	defer func() { <-q.slots[l.Kind] }()
	defer l.drop()
	begun := time.Now()
	ctx, ended := q.attempt(l.ctx, l)
	err := q.call(ctx, w.Handle, l)
	outcome, failed := q.settle(l, w, err)
	took := time.Since(begun)
	ended(outcome, took)
	l.log().InfoContext(l.ctx, "job attempt ended", slog.String("outcome", outcome),
		slog.Duration("took", took), slog.Any("err", err))
	if failed != nil {
		l.log().ErrorContext(l.ctx, "the end of a job attempt was not recorded; its lease will run out",
			slog.Any("err", failed))
	}
}

// call turns a panic into an error. Only errors of the Go runtime show their text:
// anything else thrown may hold what the work was reading.
func (q *Queue) call(ctx context.Context, h Handler, l *Lease) (err error) {
	defer func() {
		switch v := recover().(type) {
		case nil:
			return
		case runtime.Error:
			err = fmt.Errorf("panic: %s", v.Error()) // not wrapped: no panic is a StorageFault
		default:
			err = fmt.Errorf("panic with a %T", v)
		}
		l.log().ErrorContext(l.ctx, "job handler panicked", slog.Any("err", err), slog.String("stack", string(debug.Stack())))
	}()
	return h(ctx, l)
}

// outcome is one way for an attempt to end.
type outcome struct {
	name  string
	write func(ctx context.Context, tx *sql.Tx) error
}

func (q *Queue) judge(l *Lease, w Work, err error) outcome {
	snoozed, isSnooze := errors.AsType[*snooze](err)
	cancelled := context.Cause(l.ctx)
	switch {
	case err == nil:
		return outcome{"finished", func(ctx context.Context, tx *sql.Tx) error { return FinishTx(ctx, tx, l) }}
	case isSnooze:
		return q.snoozed(l, snoozed.until)
	case l.isStopping() && (cancelled != nil || errors.Is(err, ErrStopped)):
		return q.givenBack(l)
	case cancelled != nil, errors.Is(err, ErrLost), errors.Is(err, ErrStopped), StorageFault(err):
		return q.stalled(l, err)
	default:
		return q.failed(l, w, err)
	}
}

// settle writes the outcome while the lease is alive. One that cannot be written
// becomes a stall: the job waits, no attempt is used, and it is done again.
func (q *Queue) settle(l *Lease, w Work, err error) (string, error) {
	out := q.judge(l, w, err)
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		failed := q.record(l, out)
		switch {
		case failed == nil:
			return out.name, nil
		case errors.Is(failed, ErrLost) && l.ended.Load():
			return "finished", nil // by FinishTx
		case errors.Is(failed, ErrLost):
			return "lost", nil
		case !l.Alive() || context.Cause(l.ctx) != nil:
			return "unknown", failed
		}
		select {
		case <-l.ctx.Done():
		case <-time.After(wait):
		}
		out = q.stalled(l, errors.Join(err, fmt.Errorf("record %q: %w", out.name, failed)))
	}
}

func (q *Queue) record(l *Lease, out outcome) error {
	ctx, cancel := context.WithDeadline(context.Background(), l.Deadline())
	defer cancel()
	return q.inTx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := Held(ctx, tx, l); err != nil {
			return err
		}
		return out.write(ctx, tx)
	})
}

func (l *Lease) log() *slog.Logger {
	return l.q.log.With(slog.Int64("job", l.ID), slog.String("kind", l.Kind), slog.String("key", l.Key),
		slog.Int("attempt", l.Attempt), slog.Int64("claim", l.Claim), slog.Bool("taken_over", l.TakenOver))
}

func (l *Lease) isStopping() bool {
	select {
	case <-l.stopping:
		return true
	default:
		return false
	}
}
