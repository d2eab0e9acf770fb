// Package jobs is the queue: one table in which no job is lost and none is in two
// hands. It keeps true that
//
//   - a job is enqueued in the transaction that makes it necessary, or not at all;
//   - among unfinished jobs (kind, key) is unique; enqueueing it again wakes it, and a
//     wake that comes while the job runs is never lost;
//   - every write by a holder is fenced on the claim it was given, so a worker that was
//     presumed dead changes nothing when it comes back;
//   - only an error of the work itself uses up an attempt. A crash, a stop, a snooze
//     and a storage that takes no writes do not.
//
// The states of a row:
//
//	Enqueue          claim                  finished
//	────────▶  due ─────────▶ running ─────────────────▶ (deleted)
//	            ▲                │ │
//	            └────────────────┘ └──────▶ dead (kept and shown)
//	   snoozed, failed, stalled,     out of
//	   given back, woken, freed      attempts
//
// A running job whose lease has ended is claimed like a due one. Arguments, keys and
// error texts carry ids only, never personal data.
package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// DefaultMaxAttempts is how often a job may fail without a committed step in between.
const DefaultMaxAttempts = 5

// ErrLost says that the lease is no longer held: it ran out, or another has the job.
// Whoever gets it rolls back and stops.
var ErrLost = errors.New("jobs: the lease is lost")

// Job is what Enqueue is given. A run means "look for work under this key", so a
// handler that finds its work lies in the future snoozes until then: a job enqueued
// twice keeps one time, the earlier, and a wake can bring it forward.
type Job struct {
	Kind        string
	Key         string
	Line        string    // jobs of one kind in different lines take turns, however many wait in each
	Args        any       // marshalled to a JSON object; ids only; nil is {}
	RunAt       time.Time // zero: at once
	MaxAttempts int       // zero: DefaultMaxAttempts
}

// Enqueue stores j in the caller's transaction; nothing exists unless that commits.
// If an unfinished job has the same kind and key, that one is woken instead and takes
// over the arguments: a waiting job becomes due at j.RunAt if that is earlier (but one
// that waits after an error keeps waiting), a running one runs again as soon as it has
// ended. After the commit Queue.Wake makes an idle queue look at once.
func Enqueue(ctx context.Context, tx *sql.Tx, now time.Time, j Job) error {
	args, err := j.encodeArgs()
	if err != nil {
		return err
	}
	runAt, attempts := j.RunAt, j.MaxAttempts
	if runAt.IsZero() {
		runAt = now
	}
	if attempts == 0 {
		attempts = DefaultMaxAttempts
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO jobs (kind, key, args, state, run_at, max_attempts, created_at, updated_at, line, turn)
		VALUES (?1, ?2, ?3, 'due', ?4, ?5, ?6, ?6, ?7, `+nextTurn+`)
		ON CONFLICT (kind, key) WHERE state <> 'dead' DO UPDATE SET
			wakes = jobs.wakes + 1,
			args = excluded.args,
			max_attempts = CASE WHEN jobs.work = 0 THEN excluded.max_attempts ELSE jobs.max_attempts END,
			work = 1,
			run_at = CASE WHEN jobs.last_error IS NULL AND excluded.run_at < jobs.run_at
				THEN excluded.run_at ELSE jobs.run_at END,
			updated_at = excluded.updated_at`,
		j.Kind, j.Key, args, runAt.UnixMilli(), attempts, now.UnixMilli(), j.Line)
	if err != nil {
		return fmt.Errorf("enqueue %s %s: %w", j.Kind, j.Key, err)
	}
	return nil
}

// nextTurn is the turn of a new job of kind ?1 in line ?7: after the other jobs of its line, but
// not before those whose turn it is now (start-time fair queueing; Goyal, Vin and Cheng, 1996).
// Without lines it is always 0.
const nextTurn = `max(
	coalesce((SELECT min(turn) FROM jobs WHERE kind = ?1 AND state <> 'dead'), 0),
	coalesce((SELECT max(turn) + (?7 <> '') FROM jobs WHERE kind = ?1 AND line = ?7 AND state <> 'dead'), 0))`

func (j Job) encodeArgs() (string, error) {
	if j.Args == nil {
		return "{}", nil
	}
	args, err := json.Marshal(j.Args)
	if err != nil {
		return "", fmt.Errorf("enqueue %s %s: arguments: %w", j.Kind, j.Key, err)
	}
	if args[0] != '{' {
		return "", fmt.Errorf("enqueue %s %s: arguments are not a JSON object", j.Kind, j.Key)
	}
	return string(args), nil
}

// Forget deletes the dead jobs of a kind and key, in the caller's transaction: a
// person has seen to them, or what they were about is purged.
func Forget(ctx context.Context, tx *sql.Tx, kind, key string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM jobs WHERE kind = ? AND key = ? AND state = 'dead'`, kind, key)
	if err != nil {
		return fmt.Errorf("forget %s %s: %w", kind, key, err)
	}
	return nil
}

// Withdraw deletes the jobs of a kind and key whatever their state, in the caller's
// transaction, because what they are about is something else now: whoever works at one has
// lost its lease, and commits nothing any more.
func Withdraw(ctx context.Context, tx *sql.Tx, kind, key string) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM jobs WHERE kind = ? AND key = ?`, kind, key); err != nil {
		return fmt.Errorf("withdraw %s %s: %w", kind, key, err)
	}
	return nil
}
