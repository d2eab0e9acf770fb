package jobs

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestStopLetsWorkEndWithinTheGrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := fresh(t)
		begun := make(chan struct{})
		q := New(db, Options{Work: one(func(ctx context.Context, l *Lease) error {
			close(begun)
			<-l.Stopping()
			enqueue(t, db, job("b")) // not claimed any more
			time.Sleep(DefaultGrace - time.Second)
			return ctx.Err()
		})})
		enqueue(t, db, job("a"))
		stop := start(t, q)
		<-begun
		stop()
		if e := only(t, db, Due); e.Key != "b" || e.Wakes != 0 || q.Healthy() == nil {
			t.Errorf("left %+v, healthy %v; want b untouched and a stopped queue", e, q.Healthy())
		}
	})
}

func TestStopCancelsAfterTheGraceAndGivesBackWithoutAnAttempt(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]Handler{
		"cancelled in the middle": func(ctx context.Context, _ *Lease) error {
			<-ctx.Done()
			if cause := context.Cause(ctx); !errors.Is(cause, ErrStopped) {
				return errors.Join(errBoom, cause)
			}
			return ctx.Err()
		},
		"at its next good moment": func(_ context.Context, l *Lease) error {
			<-l.Stopping()
			return ErrStopped
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db := fresh(t)
				begun := make(chan struct{})
				q := New(db, Options{Grace: time.Hour, Work: one(func(ctx context.Context, l *Lease) error {
					close(begun)
					return h(ctx, l)
				})})
				enqueue(t, db, job("a"))
				stop := start(t, q)
				<-begun
				stop() // with heartbeats all through the grace
				if e := only(t, db, Due); e.Attempts != 0 || e.Stalls != 0 || e.LastError != "" || e.RunAt.After(time.Now()) {
					t.Errorf("given back as %+v, want due, no attempt used", e)
				}
				if l := claim(t, New(db, Options{}), "k"); l.TakenOver || l.Attempt != 1 {
					t.Errorf("next holder: taken over %t, attempt %d; want false, 1", l.TakenOver, l.Attempt)
				}
			})
		})
	}
}

func TestEachKindHasItsOwnWorkers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := fresh(t)
		var at, most int
		arrive, leave := make(chan string, 10), make(chan struct{})
		handle := func(_ context.Context, l *Lease) error {
			arrive <- l.Kind
			<-leave
			return nil
		}
		q := New(db, Options{Work: map[string]Work{"slow": {Handle: handle, Workers: 2}, "fast": {Handle: handle}}})
		for _, key := range []string{"a", "b", "c", "d"} {
			enqueue(t, db, Job{Kind: "slow", Key: key})
		}
		enqueue(t, db, Job{Kind: "fast", Key: "a"}, Job{Kind: "unknown", Key: "a"})
		stop := start(t, q)
		for range 5 {
			synctest.Wait()
			at = len(arrive)
			most = max(most, at)
			for range at {
				<-arrive
			}
			for range at {
				leave <- struct{}{}
			}
		}
		stop()
		if e := only(t, db, Due); e.Kind != "unknown" || most != 3 {
			t.Errorf("left %s; %d at once; want unknown, 2 slow and 1 fast", e.Kind, most)
		}
	})
}
