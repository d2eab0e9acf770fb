package jobs

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestEnqueueIsPartOfTheCallersTransaction(t *testing.T) {
	t.Parallel()
	db := fresh(t)
	undo := errors.New("undo")
	err := inTx(db, func(tx *sql.Tx) error {
		if err := Enqueue(t.Context(), tx, time.Now(), job("a")); err != nil {
			return err
		}
		return undo
	})
	if !errors.Is(err, undo) {
		t.Fatalf("got %v, want %v", err, undo)
	}
	wantEmpty(t, db)
}

func TestEnqueueTakesJSONObjectsOnly(t *testing.T) {
	t.Parallel()
	db := fresh(t)
	for _, args := range []any{"text", 1, []string{"a"}, make(chan int)} {
		err := inTx(db, func(tx *sql.Tx) error {
			return Enqueue(t.Context(), tx, time.Now(), Job{Kind: "k", Key: "a", Args: args})
		})
		if err == nil {
			t.Errorf("arguments %T were taken", args)
		}
	}
	wantEmpty(t, db)
	enqueue(t, db, Job{Kind: "k", Key: "a", Args: map[string]string{"request": "0198"}})
	l := claim(t, New(db, Options{}), "k")
	if got, want := string(l.Args), `{"request":"0198"}`; got != want {
		t.Errorf("arguments %s, want %s", got, want)
	}
}

func TestEnqueueAgainWakesTheUnfinishedJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := fresh(t)
		begin := time.Now()
		later := begin.Add(time.Hour)
		enqueue(t, db, Job{Kind: "k", Key: "a", Args: map[string]int{"n": 1}, RunAt: later})
		enqueue(t, db, Job{Kind: "k", Key: "a", Args: map[string]int{"n": 2}, RunAt: later.Add(time.Hour)})
		if e := only(t, db, Due); e.Wakes != 1 || !e.RunAt.Equal(later) {
			t.Errorf("wakes %d, run at %v; want 1, %v", e.Wakes, e.RunAt, later)
		}
		enqueue(t, db, Job{Kind: "k", Key: "a", Args: map[string]int{"n": 3}})
		l := claim(t, New(db, Options{}), "k")
		if got, want := string(l.Args), `{"n":3}`; got != want {
			t.Errorf("arguments %s, want the latest: %s", got, want)
		}
	})
}

func TestDifferentKindsAndKeysAreDifferentJobs(t *testing.T) {
	t.Parallel()
	db := fresh(t)
	enqueue(t, db, job("a"), job("b"), Job{Kind: "other", Key: "a"})
	if s := count(t, db); s.Due != 3 {
		t.Errorf("%d jobs are due, want 3", s.Due)
	}
}

func TestWakeDoesNotShortenTheWaitAfterAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := fresh(t)
		q := New(db, Options{Work: one(nil), Backoff: func(int) time.Duration { return time.Minute }})
		enqueue(t, db, job("a"))
		end(t, q, claim(t, q, "k"), errors.New("boom"))
		enqueue(t, db, job("a"))
		noClaim(t, q, "k")
		time.Sleep(time.Minute)
		if l := claim(t, q, "k"); l.Attempt != 2 {
			t.Errorf("attempt %d, want 2", l.Attempt)
		}
	})
}

func TestEnqueueBesideADeadJobMakesANewOne(t *testing.T) {
	t.Parallel()
	db := fresh(t)
	q := New(db, Options{Work: one(nil)})
	enqueue(t, db, Job{Kind: "k", Key: "a", MaxAttempts: 1})
	dead := claim(t, q, "k")
	end(t, q, dead, errors.New("boom"))
	enqueue(t, db, job("a"))
	if l := claim(t, q, "k"); l.ID == dead.ID || l.Attempt != 1 {
		t.Errorf("job %d attempt %d, want a new job at its first", l.ID, l.Attempt)
	}
	err := inTx(db, func(tx *sql.Tx) error { return Forget(t.Context(), tx, "k", "a") })
	if s := count(t, db); err != nil || s.Dead != 0 || s.Running != 1 {
		t.Errorf("after Forget: %+v, %v; want only the running one", s, err)
	}
}

func TestTheTableRefusesIllegalMoves(t *testing.T) {
	t.Parallel()
	db := fresh(t)
	q := New(db, Options{Work: one(nil)})
	enqueue(t, db, Job{Kind: "k", Key: "dead", MaxAttempts: 1})
	end(t, q, claim(t, q, "k"), errors.New("boom"))
	enqueue(t, db, job("due"))
	for _, move := range []string{
		`UPDATE jobs SET state = 'due' WHERE state = 'dead'`,
		`UPDATE jobs SET state = 'dead', last_error = 'x' WHERE state = 'due'`,
		`UPDATE jobs SET state = 'done' WHERE state = 'due'`,
		`UPDATE jobs SET state = 'running', leased_until = 1, owner = 'serve', worker = 'w' WHERE state = 'due'`,
		`UPDATE jobs SET state = 'running', claim = claim + 1 WHERE state = 'due'`,
		`UPDATE jobs SET claim = claim - 1 WHERE state = 'dead'`,
		`UPDATE jobs SET args = '[]'`,
	} {
		if _, err := db.ExecContext(t.Context(), move); err == nil || !strings.Contains(err.Error(), "constraint") &&
			!strings.Contains(err.Error(), "jobs: ") {
			t.Errorf("%s: %v, want it refused", move, err)
		}
	}
}

// end makes an attempt end with err, as if a handler had returned it.
func end(t *testing.T, q *Queue, l *Lease, err error) string {
	t.Helper()
	if l.ctx == nil {
		l.hold(t.Context(), nil)
		defer l.drop()
	}
	name, failed := q.settle(l, q.work[l.Kind], err)
	if failed != nil {
		t.Errorf("settle: %v", failed)
	}
	return name
}

// TestLinesTakeTurns: who waits for something idle is not behind all who wait for something busy.
func TestLinesTakeTurns(t *testing.T) {
	t.Parallel()
	db := fresh(t)
	q := New(db, Options{})
	for i := range 40 {
		enqueue(t, db, Job{Kind: "k", Key: fmt.Sprintf("busy%02d", i), Line: "busy"})
	}
	claimed := func(n int) (keys []string) {
		for range n {
			l := claim(t, q, "k")
			keys = append(keys, l.Key)
			if err := inTx(db, func(tx *sql.Tx) error { return FinishTx(t.Context(), tx, l) }); err != nil {
				t.Fatal(err)
			}
		}
		return keys
	}
	claimed(10)
	for i := range 3 {
		enqueue(t, db, Job{Kind: "k", Key: fmt.Sprintf("idle%d", i), Line: "idle"})
	}
	got := strings.Join(claimed(6), " ")
	if want := "busy10 idle0 busy11 idle1 busy12 idle2"; got != want {
		t.Errorf("claimed %s, want %s", got, want)
	}
	enqueue(t, db, Job{Kind: "k", Key: "none"})
	if got, want := strings.Join(claimed(3), " "), "busy13 none busy14"; got != want {
		t.Errorf("claimed %s, want %s", got, want)
	}
}
