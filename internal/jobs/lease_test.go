package jobs

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestAWorkerBackFromTheDeadChangesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := database(t)
		db, other := open(t, path), open(t, path)
		q, q2 := New(db, Options{Work: one(nil)}), New(other, Options{Work: one(nil)})
		enqueue(t, db, job("a"))
		dead := claim(t, q, "k") // without a heartbeat
		noClaim(t, q2, "k")
		time.Sleep(DefaultLease)
		l := claim(t, q2, "k")
		if l.Claim <= dead.Claim || !l.TakenOver || l.Attempt != 1 {
			t.Errorf("claim %d after %d, taken over %t, attempt %d; want a higher one, true, 1",
				l.Claim, dead.Claim, l.TakenOver, l.Attempt)
		}
		wantLost(t, db, dead)
		// Its own clocks have it alive: the fence alone must hold.
		dead.term.Store(dead.q.newTerm())
		wantLost(t, db, dead)
		if name := end(t, q, dead, errors.New("boom")); name != "lost" {
			t.Errorf("its attempt ended %q, want lost", name)
		}
		if e := only(t, db, Running); e.Attempts != 0 || e.LastError != "" {
			t.Errorf("attempts %d, error %q; want none", e.Attempts, e.LastError)
		}
		end(t, q2, l, nil)
		wantEmpty(t, db)
		if n := effects(t, db); n != 0 {
			t.Errorf("%d effects of the dead worker landed", n)
		}
	})
}

func TestWhoeverHoldsAWithdrawnJobChangesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := open(t, database(t))
		q := New(db, Options{Work: one(nil)})
		enqueue(t, db, job("a"))
		old := claim(t, q, "k")
		if err := inTx(db, func(tx *sql.Tx) error { return Withdraw(t.Context(), tx, "k", "a") }); err != nil {
			t.Fatal(err)
		}
		enqueue(t, db, job("a"))
		now := claim(t, q, "k")
		wantLost(t, db, old)
		if name := end(t, q, old, errors.New("boom")); name != "lost" {
			t.Errorf("its attempt ended %q, want lost", name)
		}
		end(t, q, now, nil)
		wantEmpty(t, db)
	})
}

// wantLost tries every write of a holder.
func wantLost(t *testing.T, db *sql.DB, l *Lease) {
	t.Helper()
	for name, f := range map[string]func(context.Context, *sql.Tx, *Lease) error{"Held": Held, "Step": Step, "FinishTx": FinishTx} {
		err := inTx(db, func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(t.Context(), `INSERT INTO effects (key, step) VALUES ('dead', 1)`); err != nil {
				return err
			}
			return f(t.Context(), tx, l)
		})
		if !errors.Is(err, ErrLost) {
			t.Errorf("%s: %v, want ErrLost", name, err)
		}
	}
}

func TestALeaseEndsByEitherClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var skew time.Duration
		db := fresh(t)
		q := New(db, Options{Now: func() time.Time { return time.Now().Add(skew) }})
		enqueue(t, db, job("a"))
		l := claim(t, q, "k")
		if !l.Alive() || !l.Deadline().Equal(time.Now().Add(DefaultLease)) {
			t.Errorf("alive %t until %v", l.Alive(), l.Deadline())
		}
		skew = DefaultLease // as after a machine has slept
		if err := inTx(db, func(tx *sql.Tx) error { return Held(t.Context(), tx, l) }); l.Alive() || !errors.Is(err, ErrLost) {
			t.Errorf("alive %t, Held %v after the stored end; want false, ErrLost", l.Alive(), err)
		}
		skew = -time.Hour // a clock that was set back prolongs nothing
		time.Sleep(DefaultLease)
		if err := inTx(db, func(tx *sql.Tx) error { return Held(t.Context(), tx, l) }); l.Alive() || !errors.Is(err, ErrLost) {
			t.Errorf("alive %t, Held %v after the local deadline; want false, ErrLost", l.Alive(), err)
		}
	})
}

func TestHeartbeatsKeepALease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := fresh(t)
		q := New(db, Options{Owner: Command})
		l := acquire(t, q, "lane", "host")
		begin := time.Now()
		for range 20 {
			time.Sleep(DefaultLease / 3)
			synctest.Wait()
			if !l.Alive() || l.Context().Err() != nil {
				t.Fatalf("lost after %v", time.Since(begin))
			}
		}
		if e := only(t, db, Running); e.LeasedUntil.Before(time.Now().Add(DefaultLease / 2)) {
			t.Errorf("stored until %v at %v", e.LeasedUntil, time.Now())
		}
		if _, err := New(db, Options{}).Acquire(t.Context(), "lane", "host"); !errors.Is(err, ErrBusy) {
			t.Errorf("a second Acquire: %v, want ErrBusy", err)
		}
		release(t, l)
	})
}

func release(t *testing.T, l *Lease) {
	t.Helper()
	if err := l.Release(t.Context()); err != nil {
		t.Errorf("Release: %v", err)
	}
}

func TestWorkIsCancelledWhenHeartbeatsFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := fresh(t)
		l := acquire(t, New(db, Options{}), "lane", "host")
		mustExec(t, db, `CREATE TRIGGER full BEFORE UPDATE ON jobs BEGIN SELECT RAISE(ABORT, 'test'); END`)
		begin := time.Now()
		<-l.Context().Done()
		if cause := context.Cause(l.Context()); !errors.Is(cause, ErrLost) {
			t.Errorf("cancelled with %v, want ErrLost", cause)
		}
		if after := time.Since(begin); after != DefaultLease || l.Alive() {
			t.Errorf("cancelled after %v, alive %t; want at the deadline", after, l.Alive())
		}
		mustExec(t, db, `DROP TRIGGER full`)
		release(t, l) // nobody else has taken it meanwhile
		wantEmpty(t, db)
	})
}

func TestWorkIsCancelledWhenAnotherHasTheJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := fresh(t)
		l := acquire(t, New(db, Options{}), "lane", "host")
		mustExec(t, db, `UPDATE jobs SET leased_until = 0`)
		thief := acquire(t, New(db, Options{}), "lane", "host")
		<-l.Context().Done()
		if cause := context.Cause(l.Context()); !errors.Is(cause, ErrLost) {
			t.Errorf("cancelled with %v, want ErrLost", cause)
		}
		if err := l.Release(t.Context()); !errors.Is(err, ErrLost) {
			t.Errorf("Release: %v, want ErrLost", err)
		}
		if !thief.Alive() || !thief.TakenOver {
			t.Errorf("alive %t, taken over %t; want both", thief.Alive(), thief.TakenOver)
		}
		release(t, thief)
	})
}

func TestACommandHoldsAKeyWithoutDoingItsWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := fresh(t)
		ran := make(chan *Lease, 1)
		q := New(db, Options{Work: map[string]Work{"lane": {Handle: func(_ context.Context, l *Lease) error {
			ran <- l
			return nil
		}}}})
		stop := start(t, q)
		l := acquire(t, New(db, Options{Owner: Command}), "lane", "host")
		enqueue(t, db, Job{Kind: "lane", Key: "host", Args: map[string]int{"n": 1}, MaxAttempts: 2})
		q.Wake()
		time.Sleep(time.Minute)
		if len(ran) != 0 {
			t.Fatal("the queue has worked on a job that a command holds")
		}
		release(t, l)
		release(t, l)
		next := <-ran
		if next.TakenOver || string(next.Args) != `{"n":1}` || next.Attempt != 1 {
			t.Errorf("taken over %t, arguments %s, attempt %d; want false, {\"n\":1}, 1", next.TakenOver, next.Args, next.Attempt)
		}
		stop()
		wantEmpty(t, db)
	})
}

func TestReleaseLeavesQueuedWorkAsDueAsItWas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := fresh(t)
		later := time.Now().Add(time.Hour)
		enqueue(t, db, Job{Kind: "lane", Key: "host", RunAt: later})
		release(t, acquire(t, New(db, Options{Owner: Command}), "lane", "host"))
		if e := only(t, db, Due); !e.RunAt.Equal(later) || e.Attempts != 0 {
			t.Errorf("run at %v, attempts %d; want %v, 0", e.RunAt, e.Attempts, later)
		}
	})
}

func TestFreePredecessorLeavesCommandsAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := fresh(t)
		dead, command := New(db, Options{Owner: Serve}), New(db, Options{Owner: Command})
		enqueue(t, db, job("a"))
		claim(t, dead, "k")
		enqueue(t, db, job("b"))
		held := acquire(t, command, "k", "b")
		placeholder := acquire(t, command, "k", "c")

		q := New(db, Options{Work: one(nil)})
		if err := q.FreePredecessor(t.Context()); err != nil {
			t.Fatal(err)
		}
		if l := claim(t, q, "k"); l.Key != "a" || !l.TakenOver || l.Attempt != 1 {
			t.Errorf("claimed %s, taken over %t, attempt %d; want a, true, 1", l.Key, l.TakenOver, l.Attempt)
		}
		noClaim(t, q, "k")
		if !held.Alive() || !placeholder.Alive() {
			t.Error("a command's lease was freed")
		}
		release(t, held)
		release(t, placeholder)
	})
}

func TestAPredecessorIsRememberedUntilTheDistanceIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := fresh(t)
		q := New(db, Options{Work: one(nil)})
		enqueue(t, db, job("a"))
		claim(t, q, "k")
		time.Sleep(DefaultLease)
		taken := func(want bool) *Lease {
			t.Helper()
			l := claim(t, q, "k")
			if l.TakenOver != want {
				t.Fatalf("taken over %t, want %t", l.TakenOver, want)
			}
			return l
		}
		end(t, q, taken(true), Snooze(time.Now())) // did not keep it
		l := taken(true)
		l.Settled()
		end(t, q, l, Snooze(time.Now()))
		end(t, q, taken(false), Snooze(time.Now()))
	})
}

func TestACrashedCommandLeavesNoWorkBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := fresh(t)
		q := New(db, Options{Owner: Command})
		crashed := acquire(t, q, "lane", "host")
		crashed.drop()
		time.Sleep(DefaultLease)
		noClaim(t, q, "lane")
		l := acquire(t, q, "lane", "host")
		if !l.TakenOver {
			t.Error("the next command does not know that one crashed before it")
		}
		release(t, l)
		wantEmpty(t, db)
	})
}
