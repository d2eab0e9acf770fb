package jobs

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mattn/go-sqlite3"
)

var errBoom = errors.New("boom")

func TestAWokenQueueStartsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := fresh(t)
		ran := make(chan time.Time, 1)
		q := New(db, Options{Poll: time.Hour, Work: one(func(context.Context, *Lease) error {
			ran <- time.Now()
			return nil
		})})
		stop := start(t, q)
		synctest.Wait() // it has looked, and sleeps
		begin := time.Now()
		enqueue(t, db, job("a"))
		q.Wake()
		if at := <-ran; !at.Equal(begin) {
			t.Errorf("started after %v", at.Sub(begin))
		}
		stop()
		wantEmpty(t, db)
	})
}

func TestAWakeThatNobodyWaitsForIsKept(t *testing.T) {
	t.Parallel()
	q := New(fresh(t), Options{})
	q.Wake() // as between a claim that found nothing and the wait after it
	q.Wake()
	select {
	case <-q.nudge:
	default:
		t.Error("the queue would go to sleep")
	}
}

func TestPollingFindsWhatNobodyWokeTheQueueFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := fresh(t)
		ran := make(chan time.Time, 1)
		start(t, New(db, Options{Work: one(func(context.Context, *Lease) error {
			ran <- time.Now()
			return nil
		})}))
		due := time.Now().Add(90 * time.Second)
		enqueue(t, db, Job{Kind: "k", Key: "a", RunAt: due})
		if at := <-ran; at.Before(due) || at.After(due.Add(DefaultPoll)) {
			t.Errorf("started %v after it was due", at.Sub(due))
		}
	})
}

// A job is woken between its handler's last look for work and its end.
func TestNoWakeIsLost(t *testing.T) {
	t.Parallel()
	for name, ending := range map[string]func(*sql.DB, *Lease) error{
		"finished": func(*sql.DB, *Lease) error { return nil },
		"finished in a transaction": func(db *sql.DB, l *Lease) error {
			return inTx(db, func(tx *sql.Tx) error { return FinishTx(context.Background(), tx, l) })
		},
		"snoozed": func(*sql.DB, *Lease) error { return Snooze(time.Now().Add(24 * time.Hour)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db := fresh(t)
				runs := 0
				again := make(chan struct{})
				q := New(db, Options{Work: one(func(ctx context.Context, l *Lease) error {
					runs++
					if runs == 2 {
						close(again)
						return nil
					}
					enqueue(t, db, job("a")) // before the look: seen by it
					if err := l.NoteWakes(ctx); err != nil {
						return err
					}
					enqueue(t, db, job("a")) // after it
					return ending(db, l)
				})})
				begin := time.Now()
				enqueue(t, db, job("a"))
				stop := start(t, q)
				<-again
				if waited := time.Since(begin); waited != 0 {
					t.Errorf("ran again after %v, want at once", waited)
				}
				stop()
				wantEmpty(t, db)
				if runs != 2 {
					t.Errorf("%d runs, want 2", runs)
				}
			})
		})
	}
}

func TestALookTakesTheWakesBeforeIt(t *testing.T) {
	t.Parallel()
	db := fresh(t)
	runs := 0
	done := make(chan struct{}, 2)
	q := New(db, Options{Work: one(func(ctx context.Context, l *Lease) error {
		defer func() { done <- struct{}{} }()
		runs++
		enqueue(t, db, job("a"))
		return l.NoteWakes(ctx)
	})})
	enqueue(t, db, job("a"))
	stop := start(t, q)
	<-done
	stop()
	wantEmpty(t, db)
	if runs != 1 {
		t.Errorf("%d runs, want 1", runs)
	}
}

func TestHowAnAttemptEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handle   Handler
		attempts int
		stalls   int
		wait     time.Duration
		text     string
	}{
		"snooze uses no attempt": {
			handle: func(context.Context, *Lease) error { return Snooze(time.Now().Add(time.Hour)) },
			wait:   time.Hour,
		},
		"an error uses one": {
			handle:   func(context.Context, *Lease) error { return errBoom },
			attempts: 1, wait: time.Minute, text: "boom",
		},
		"an error text is one capped line": {
			handle:   func(context.Context, *Lease) error { return errors.New("\x1b[2J" + strings.Repeat("é\n", 2000)) },
			attempts: 1, wait: time.Minute, text: " [2J" + strings.Repeat("é ", 498),
		},
		"a panic uses one and is recorded": {
			handle: func(_ context.Context, l *Lease) error {
				pages := make([]int, l.Attempt-1)
				return Snooze(time.Unix(int64(pages[3]), 0))
			},
			attempts: 1, wait: time.Minute, text: "panic: runtime error: index out of range [3] with length 0",
		},
		"a thrown text is not recorded": {
			handle:   func(context.Context, *Lease) error { panic("ana@example.com") },
			attempts: 1, wait: time.Minute, text: "panic with a string",
		},
		"a thrown error's text is not recorded": {
			handle:   func(context.Context, *Lease) error { panic(errors.New("ana@example.com")) },
			attempts: 1, wait: time.Minute, text: "panic with a *errors.errorString",
		},
		"a full disk uses none": {
			handle: func(context.Context, *Lease) error { return &wrapped{sqlite3.Error{Code: sqlite3.ErrFull}} },
			stalls: 1, wait: time.Minute, text: "page: " + sqlite3.Error{Code: sqlite3.ErrFull}.Error(),
		},
		"a full blob store uses none": {
			handle: func(context.Context, *Lease) error { return &wrapped{syscall.ENOSPC} },
			stalls: 1, wait: time.Minute, text: "page: no space left on device",
		},
		"a lost lease that came back uses none": {
			handle: func(context.Context, *Lease) error { return &wrapped{ErrLost} },
			stalls: 1, wait: time.Minute, text: "page: " + ErrLost.Error(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db := fresh(t)
				q := New(db, Options{Work: one(c.handle), Poll: time.Second, Backoff: func(int) time.Duration { return time.Minute }})
				stop := start(t, q)
				synctest.Wait()
				begin := time.Now()
				enqueue(t, db, job("a"))
				q.Wake()
				synctest.Wait()
				stop()
				e := only(t, db, Due)
				if e.Attempts != c.attempts || e.Stalls != c.stalls || e.LastError != c.text {
					t.Errorf("attempts %d, stalls %d, error %q; want %d, %d, %q",
						e.Attempts, e.Stalls, e.LastError, c.attempts, c.stalls, c.text)
				}
				if got := e.RunAt.Sub(begin); got != c.wait {
					t.Errorf("waits %v, want %v", got, c.wait)
				}
			})
		})
	}
}

type wrapped struct{ err error }

func (w *wrapped) Error() string { return "page: " + w.err.Error() }
func (w *wrapped) Unwrap() error { return w.err }

func TestAJobOutOfAttemptsIsKeptAndItsOwnerTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := fresh(t)
		told := make(chan struct{})
		runs := 0
		q := New(db, Options{Work: map[string]Work{"k": {
			Handle: func(context.Context, *Lease) error { runs++; return errBoom },
			OnDead: func(ctx context.Context, tx *sql.Tx, l *Lease, cause error) error {
				if !errors.Is(cause, errBoom) || l.Attempt != DefaultMaxAttempts {
					t.Errorf("told %v at attempt %d", cause, l.Attempt)
				}
				close(told)
				_, err := tx.ExecContext(ctx, `INSERT INTO effects (key, step) VALUES (?, 0)`, l.Key)
				return err
			},
		}}})
		enqueue(t, db, job("a"))
		stop := start(t, q)
		<-told
		time.Sleep(time.Hour)
		stop()
		e := only(t, db, Dead)
		if runs != DefaultMaxAttempts || e.Attempts != DefaultMaxAttempts || e.LastError != "boom" || effects(t, db) != 1 {
			t.Errorf("%d runs, %+v, %d effects", runs, e, effects(t, db))
		}
	})
}

func TestAJobIsNotGivenUpWhileItsOwnerCannotBeTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := fresh(t)
		asked := 0
		told := make(chan struct{})
		q := New(db, Options{Work: map[string]Work{"k": {
			Handle: func(context.Context, *Lease) error { return errBoom },
			OnDead: func(context.Context, *sql.Tx, *Lease, error) error {
				asked++
				if asked < 3 {
					return errors.New("not now")
				}
				close(told)
				return nil
			},
		}}})
		enqueue(t, db, Job{Kind: "k", Key: "a", MaxAttempts: 1})
		stop := start(t, q)
		<-told
		stop()
		only(t, db, Dead)
	})
}

func TestACommittedStepGivesAllAttemptsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := fresh(t)
		finished := make(chan struct{})
		var attempts []int
		step := 0
		q := New(db, Options{Work: one(func(ctx context.Context, l *Lease) error {
			attempts = append(attempts, l.Attempt)
			if len(attempts)%2 == 1 {
				return errBoom
			}
			step++
			err := inTx(db, func(tx *sql.Tx) error {
				if _, err := tx.ExecContext(ctx, `INSERT INTO effects (key, step) VALUES ('a', ?)`, step); err != nil {
					return err
				}
				return Step(ctx, tx, l)
			})
			if err != nil || step < 6 {
				return errors.Join(errBoom, err)
			}
			close(finished)
			return nil
		})})
		enqueue(t, db, Job{Kind: "k", Key: "a", MaxAttempts: 3})
		stop := start(t, q)
		<-finished
		stop()
		wantEmpty(t, db)
		if n := effects(t, db); n != 6 {
			t.Errorf("%d steps, want 6", n)
		}
		for i, a := range attempts {
			// 1 fails, 2 steps and fails, which is the first failure since the step.
			if want := []int{1, 2, 2}[min(i, 2)]; i > 1 && i%2 == 1 && a != 3 || i <= 1 && a != want {
				t.Errorf("attempts %v: number %d is %d", attempts, i, a)
			}
		}
	})
}

func TestRunRefusesATableThatCannotBeRead(t *testing.T) {
	t.Parallel()
	db := fresh(t)
	mustExec(t, db, `DROP TABLE jobs`)
	q := New(db, Options{Work: one(nil)})
	if q.Healthy() == nil {
		t.Error("healthy before Run")
	}
	if err := q.Run(t.Context()); err == nil {
		t.Error("Run started without a table")
	}
	if err := q.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "before") {
		t.Errorf("a second Run: %v", err)
	}
}

func TestBackoffGrowsAndIsBounded(t *testing.T) {
	t.Parallel()
	for n, full := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 8: 2 * time.Minute, 1000: 2 * time.Minute} {
		for range 100 {
			if d := jittered(n); d < full/2 || d >= full {
				t.Fatalf("after failure %d: %v, want within [%v, %v)", n, d, full/2, full)
			}
		}
	}
}
