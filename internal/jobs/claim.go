package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// ErrBusy says that another holds the job that was to be acquired.
var ErrBusy = errors.New("jobs: held by another worker")

// claim takes the due job of a kind whose turn it is (of several, the earliest), or one whose
// lease has ended, in one statement. It returns nil when there is none. The lease has no
// heartbeat yet.
func (q *Queue) claim(ctx context.Context, kind string) (*Lease, error) {
	t := q.newTerm()
	ctx, cancel := uncancelled(ctx, t)
	defer cancel()
	l, err := q.scanLease(t, q.db.QueryRowContext(ctx, `
		UPDATE jobs SET claim = claim + 1, taken_over = (taken_over = 1 OR state = 'running'), state = 'running',
			leased_until = ?3, owner = ?4, worker = ?5, updated_at = ?2
		WHERE id = (
			SELECT id FROM jobs
			WHERE kind = ?1 AND state <> 'dead' AND work = 1
				AND (state = 'due' AND run_at <= ?2 OR state = 'running' AND leased_until <= ?2)
			ORDER BY turn, run_at, id LIMIT 1)
		RETURNING id, claim, kind, key, args, attempts + 1, taken_over, wakes`,
		kind, q.now().UnixMilli(), t.stored.UnixMilli(), q.owner, q.worker))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("claim a %s job: %w", kind, err)
	}
	return l, nil
}

// Acquire takes the lease of the unique job (kind, key) for a command, whether or not
// the job is queued, and keeps it alive until Release. What is queued under the key is
// not handled meanwhile, nor by the caller. ErrBusy while another holds it. The
// caller works under Lease.Context, which derives from ctx, and must call Release.
func (q *Queue) Acquire(ctx context.Context, kind, key string) (*Lease, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t := q.newTerm()
	claiming, cancel := uncancelled(ctx, t)
	defer cancel()
	l, err := q.scanLease(t, q.db.QueryRowContext(claiming, `
		INSERT INTO jobs (kind, key, args, state, work, run_at, claim, max_attempts,
			leased_until, owner, worker, created_at, updated_at)
		VALUES (?1, ?2, '{}', 'running', 0, ?3, 1, ?4, ?5, ?6, ?7, ?3, ?3)
		ON CONFLICT (kind, key) WHERE state <> 'dead' DO UPDATE SET
			claim = jobs.claim + 1,
			taken_over = (jobs.taken_over = 1 OR jobs.state = 'running'),
			state = 'running', leased_until = excluded.leased_until,
			owner = excluded.owner, worker = excluded.worker, updated_at = excluded.updated_at
		WHERE jobs.state = 'due' OR jobs.leased_until <= ?3
		RETURNING id, claim, kind, key, args, attempts + 1, taken_over, wakes`,
		kind, key, q.now().UnixMilli(), DefaultMaxAttempts, t.stored.UnixMilli(), q.owner, q.worker))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("acquire %s %s: %w", kind, key, ErrBusy)
	}
	if err != nil {
		return nil, fmt.Errorf("acquire %s %s: %w", kind, key, err)
	}
	l.hold(ctx, ctx.Done())
	return l, nil
}

// Release ends a lease from Acquire and its heartbeat. What is queued under the key
// is as due as it was; no attempt is used. Calling it again does nothing. ErrLost if
// the lease was lost before; after any other error it runs out by itself.
func (l *Lease) Release(ctx context.Context) error {
	if l.ended.Swap(true) {
		return nil
	}
	defer l.drop()
	return l.q.inTx(context.WithoutCancel(ctx), func(ctx context.Context, tx *sql.Tx) error {
		err := fenced(ctx, tx, `
			DELETE FROM jobs WHERE id = ? AND claim = ? AND state = 'running' AND work = 0`, l.ID, l.Claim)
		if errors.Is(err, ErrLost) {
			err = fenced(ctx, tx, putBack+whereHeld, l.ID, l.Claim, l.owesDistance(), l.q.now().UnixMilli())
		}
		return err
	})
}

// FreePredecessor frees what a dead serve process still held, so that its work goes
// on at once; a running command's leases are left alone. Only the one serve of this
// database may call it (a file lock makes sure there is one), before Run.
func (q *Queue) FreePredecessor(ctx context.Context) error {
	_, err := q.db.ExecContext(ctx, `
		UPDATE jobs SET state = 'due', taken_over = 1, leased_until = NULL, owner = NULL, worker = NULL, updated_at = ?
		WHERE state = 'running' AND owner = 'serve' AND work = 1`, q.now().UnixMilli())
	if err != nil {
		return fmt.Errorf("free the predecessor's jobs: %w", err)
	}
	return nil
}

// uncancelled lets a claim end that has begun: one that commits while its caller gives
// up would be in nobody's hands until it runs out. A lease that has ended before it is
// given is of no use either.
func uncancelled(ctx context.Context, t *term) (context.Context, context.CancelFunc) {
	return context.WithDeadline(context.WithoutCancel(ctx), t.local)
}

func (q *Queue) scanLease(t *term, row *sql.Row) (*Lease, error) {
	l := &Lease{q: q, stop: make(chan struct{}), stopped: make(chan struct{})}
	var args string
	var wakes int64
	if err := row.Scan(&l.ID, &l.Claim, &l.Kind, &l.Key, &args, &l.Attempt, &l.TakenOver, &wakes); err != nil {
		return nil, err
	}
	l.Args = []byte(args)
	l.noted.Store(wakes)
	l.term.Store(t)
	return l, nil
}
