package jobs

import (
	"context"
	"database/sql"
	"testing"
	"testing/synctest"
	"time"
)

// A trigger aborts the handler's own write, as full or broken storage would.
func TestAbortedWritesUseUpNoAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := fresh(t)
		mustExec(t, db, `CREATE TRIGGER broken BEFORE INSERT ON effects BEGIN SELECT RAISE(ABORT, 'test'); END`)
		finished := make(chan struct{})
		runs := 0
		q := New(db, Options{Work: one(func(ctx context.Context, l *Lease) error {
			runs++
			err := inTx(db, func(tx *sql.Tx) error {
				if _, err := tx.ExecContext(ctx, `INSERT INTO effects (key, step) VALUES ('a', 1)`); err != nil {
					return err
				}
				return FinishTx(ctx, tx, l)
			})
			if err == nil {
				close(finished)
			}
			return err
		})})
		enqueue(t, db, Job{Kind: "k", Key: "a", MaxAttempts: 1})
		stop := start(t, q)
		time.Sleep(time.Hour)
		synctest.Wait()
		if e := only(t, db, Due); e.Attempts != 0 || e.Stalls != runs || runs < 10 || count(t, db).Stalled != 1 {
			t.Errorf("attempts %d, stalls %d after %d runs; want 0, all", e.Attempts, e.Stalls, runs)
		}
		mustExec(t, db, `DROP TRIGGER broken`)
		<-finished
		stop()
		wantEmpty(t, db)
		if n := effects(t, db); n != 1 {
			t.Errorf("%d effects, want 1", n)
		}
	})
}

// While the queue's own table takes no writes, nothing is lost either.
func TestWorkGoesOnAfterTheQueueCouldNotWrite(t *testing.T) {
	t.Parallel()
	for write, first := range map[string]error{"UPDATE": errBoom, "DELETE": nil} {
		t.Run(write, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db := fresh(t)
				runs := make(chan int, 100)
				q := New(db, Options{Work: one(func(_ context.Context, l *Lease) error {
					if l.Attempt != 1 {
						t.Errorf("attempt %d, want 1", l.Attempt)
					}
					if len(runs) == 0 {
						mustExec(t, db, `CREATE TRIGGER broken BEFORE `+write+` ON jobs BEGIN SELECT RAISE(ABORT, 'test'); END`)
						runs <- 1
						return first
					}
					runs <- 1
					return nil
				})})
				enqueue(t, db, job("a"))
				stop := start(t, q)
				time.Sleep(time.Minute)
				if s := count(t, db); s.Due+s.Waiting+s.Running != 1 || (q.Healthy() == nil) != (write == "DELETE") {
					t.Errorf("%+v, healthy: %v", s, q.Healthy())
				}
				mustExec(t, db, `DROP TRIGGER broken`)
				time.Sleep(5 * time.Minute)
				stop()
				wantEmpty(t, db)
				if len(runs) < 2 {
					t.Errorf("%d runs, want another after the first", len(runs))
				}
			})
		})
	}
}
