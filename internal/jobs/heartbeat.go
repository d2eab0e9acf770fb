package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// hold starts the heartbeat.
func (l *Lease) hold(ctx context.Context, stopping <-chan struct{}) {
	l.ctx, l.cancel = context.WithCancelCause(ctx)
	l.stopping = stopping
	go l.keep()
}

// drop ends the heartbeat and waits for it. It may be called again.
func (l *Lease) drop() {
	l.dropped.Do(func() { close(l.stop) })
	<-l.stopped
	l.cancel(nil)
}

// keep extends the lease three times in its life, or cancels the work as lost.
func (l *Lease) keep() {
	defer close(l.stopped)
	every := l.q.leaseFor / 3
	for wait := min(every, time.Until(l.Deadline())/2); ; { // the claim itself may have taken long
		select {
		case <-l.stop:
			return
		case <-time.After(wait):
		}
		err := l.beat()
		if errors.Is(err, ErrLost) || !l.Alive() {
			l.cancel(ErrLost)
			return
		}
		wait = every
		if err != nil {
			l.log().WarnContext(l.ctx, "heartbeat failed", slog.Any("err", err))
			wait = min(every/5, time.Until(l.Deadline()))
		}
	}
}

func (l *Lease) beat() error {
	t := l.q.newTerm()
	ctx, cancel := context.WithDeadline(context.Background(), l.Deadline())
	defer cancel()
	err := fenced(ctx, l.q.db, `
		UPDATE jobs SET leased_until = ?3 WHERE id = ?1 AND claim = ?2 AND state = 'running'`,
		l.ID, l.Claim, t.stored.UnixMilli())
	if err == nil {
		l.term.Store(t)
	}
	return err
}
