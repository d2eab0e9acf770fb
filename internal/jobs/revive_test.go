package jobs

import (
	"database/sql"
	"errors"
	"testing"
	"time"
)

// bury makes a dead job and returns its number.
func bury(t *testing.T, db *sql.DB, j Job) int64 {
	t.Helper()
	enqueue(t, db, j)
	q := New(db, Options{})
	l := claim(t, q, j.Kind)
	mustExec(t, db, `UPDATE jobs SET state = 'dead', leased_until = NULL, owner = NULL, worker = NULL,
		attempts = max_attempts, last_error = 'boom' WHERE id = ?`, l.ID)
	return l.ID
}

func revive(t *testing.T, db *sql.DB, id int64) error {
	t.Helper()
	return inTx(db, func(tx *sql.Tx) error { return Revive(t.Context(), tx, time.Now(), id) })
}

func TestARevivedJobHasAllItsAttemptsAgain(t *testing.T) {
	t.Parallel()
	db := fresh(t)
	id := bury(t, db, Job{Kind: "k", Key: "a", Args: map[string]string{"part": "7"}, MaxAttempts: 3})
	if err := revive(t, db, id); err != nil {
		t.Fatal(err)
	}
	e := only(t, db, Due)
	if e.Kind != "k" || e.Key != "a" || string(e.Args) != `{"part":"7"}` || e.Attempts != 0 || e.MaxAttempts != 3 || e.LastError != "" {
		t.Errorf("got %+v", e)
	}
	if claim(t, New(db, Options{}), "k").Key != "a" {
		t.Error("it cannot be claimed")
	}
}

func TestARevivedJobJoinsTheOneThatIsQueued(t *testing.T) {
	t.Parallel()
	db := fresh(t)
	id := bury(t, db, job("a"))
	enqueue(t, db, job("a"))
	if err := revive(t, db, id); err != nil {
		t.Fatal(err)
	}
	if e := only(t, db, Due); e.ID == id || e.Wakes != 1 {
		t.Errorf("got %+v; want the younger one, woken", e)
	}
}

func TestOnlyTheDeadAreRevived(t *testing.T) {
	t.Parallel()
	db := fresh(t)
	enqueue(t, db, job("a"))
	living := only(t, db, Due).ID
	for _, id := range []int64{living, living + 1, -1} {
		if err := revive(t, db, id); !errors.Is(err, ErrNotDead) {
			t.Errorf("job %d: got %v, want ErrNotDead", id, err)
		}
	}
	only(t, db, Due)
}
