package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// State is where a job stands; the package comment draws the moves.
type State string

const (
	Due     State = "due"     // waiting for its time or for a free worker
	Running State = "running" // leased
	Dead    State = "dead"    // out of attempts; kept until revived, removed or forgotten
)

// Stats is the queue in numbers.
type Stats struct {
	Due     int // its time has come, nobody has it
	Waiting int // snoozed, scheduled, or waiting after an error
	Running int
	Dead    int
	Stalled int // the last run was stopped by storage
	// OldestDue is the time since which the longest waiting due job could have been
	// running; zero when none is due.
	OldestDue time.Time
}

// Entry is one row of the queue, for operators.
type Entry struct {
	ID                    int64
	Kind, Key             string
	Args                  json.RawMessage // ids only
	State                 State
	RunAt                 time.Time
	Attempts, MaxAttempts int
	Stalls, Wakes         int
	Owner                 Owner  // of the lease, if running
	Worker                string // likewise
	LeasedUntil           time.Time
	LastError             string // empty: the last run ended without one
	CreatedAt, UpdatedAt  time.Time
}

// Reader is a *sql.DB or a *sql.Tx.
type Reader interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Count returns them for the queue as it is at now.
func Count(ctx context.Context, db Reader, now time.Time) (Stats, error) {
	var s Stats
	var oldest sql.NullInt64
	err := db.QueryRowContext(ctx, `
		SELECT count(CASE WHEN state = 'due' AND run_at <= ?1 THEN 1 END),
			count(CASE WHEN state = 'due' AND run_at > ?1 THEN 1 END),
			count(CASE WHEN state = 'running' THEN 1 END),
			count(CASE WHEN state = 'dead' THEN 1 END),
			count(CASE WHEN state <> 'dead' AND stalls > 0 THEN 1 END),
			min(CASE WHEN state = 'due' AND run_at <= ?1 THEN run_at END)
		FROM jobs`, now.UnixMilli()).Scan(&s.Due, &s.Waiting, &s.Running, &s.Dead, &s.Stalled, &oldest)
	if err != nil {
		return Stats{}, fmt.Errorf("count jobs: %w", err)
	}
	if oldest.Valid {
		s.OldestDue = time.UnixMilli(oldest.Int64).UTC()
	}
	return s, nil
}

// List returns all jobs: the dead first, then the others by their time.
func List(ctx context.Context, db Reader) ([]Entry, error) {
	rows, err := db.QueryContext(ctx, selectEntry+` ORDER BY state <> 'dead', run_at, id`)
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	defer rows.Close()
	var entries []Entry
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, fmt.Errorf("list jobs: %w", err)
		}
		entries = append(entries, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	return entries, nil
}

const selectEntry = `
	SELECT id, kind, key, args, state, run_at, attempts, max_attempts, stalls, wakes, coalesce(owner, ''),
		coalesce(worker, ''), coalesce(leased_until, 0), coalesce(last_error, ''), created_at, updated_at
	FROM jobs`

func scanEntry(row interface{ Scan(...any) error }) (Entry, error) {
	var e Entry
	var args string
	var runAt, until, created, updated int64
	err := row.Scan(&e.ID, &e.Kind, &e.Key, &args, &e.State, &runAt, &e.Attempts, &e.MaxAttempts, &e.Stalls, &e.Wakes,
		&e.Owner, &e.Worker, &until, &e.LastError, &created, &updated)
	e.Args = json.RawMessage(args)
	if until != 0 {
		e.LeasedUntil = time.UnixMilli(until).UTC()
	}
	e.RunAt, e.CreatedAt, e.UpdatedAt = time.UnixMilli(runAt).UTC(), time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
	return e, err
}
