package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// ErrNotDead says that a job is not among those that were given up.
var ErrNotDead = errors.New("jobs: there is no dead job with this number")

// Revive enqueues what a dead job was to do, with all its attempts, and removes the dead
// one, in the caller's transaction. If the same work is queued already, that job is woken.
func Revive(ctx context.Context, tx *sql.Tx, now time.Time, id int64) error {
	dead, err := Remove(ctx, tx, id)
	if err != nil {
		return err
	}
	return Enqueue(ctx, tx, now, Job{Kind: dead.Kind, Key: dead.Key, Args: dead.Args, MaxAttempts: dead.MaxAttempts})
}

// FindDead returns a dead job; for any other it is ErrNotDead.
func FindDead(ctx context.Context, db Reader, id int64) (Entry, error) {
	dead, err := scanEntry(db.QueryRowContext(ctx, selectEntry+` WHERE id = ? AND state = 'dead'`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return dead, ErrNotDead
	}
	if err != nil {
		return dead, fmt.Errorf("read job %d: %w", id, err)
	}
	return dead, nil
}

// Remove deletes a dead job in the caller's transaction and returns it: its work is done
// in another way.
func Remove(ctx context.Context, tx *sql.Tx, id int64) (Entry, error) {
	dead, err := FindDead(ctx, tx, id)
	if err != nil {
		return dead, err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM jobs WHERE id = ?`, id); err != nil {
		return dead, fmt.Errorf("remove job %d: %w", id, err)
	}
	return dead, nil
}
