package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Lease is one holder's right to one job. A heartbeat extends it until the handler
// has returned or Release is called. Its methods and the functions that take it may
// be called from several goroutines.
type Lease struct {
	ID        int64
	Claim     int64 // the fence: every claim of a job has a higher number
	Kind, Key string
	Args      json.RawMessage
	Attempt   int // 1 for the first, counted from the last committed step
	// TakenOver: a holder before this one did not give the job back and may have been
	// at work until its lease ended. Whoever must keep a distance to that keeps it
	// before anything else, also before finishing, and then calls Settled.
	TakenOver bool

	q        *Queue
	ctx      context.Context
	cancel   context.CancelCauseFunc
	stopping <-chan struct{}
	term     atomic.Pointer[term]
	noted    atomic.Int64 // wakes when they were last noted
	settled  atomic.Bool
	ended    atomic.Bool // FinishTx or Release was called
	stop     chan struct{}
	stopped  chan struct{}
	dropped  sync.Once
}

// term is how long a lease lasts, by both clocks: what is stored and what others go
// by, and what the holder goes by. Both are read before the statement is sent.
type term struct {
	stored time.Time
	local  time.Time // with the monotonic reading, which no clock change moves
}

func (q *Queue) newTerm() *term {
	return &term{stored: q.now().Add(q.leaseFor), local: time.Now().Add(q.leaseFor)}
}

// Deadline is when the lease ends unless a heartbeat extends it, by the local
// monotonic clock. No call that others must not see twice may start after it.
func (l *Lease) Deadline() time.Time { return l.term.Load().local }

// Alive reports whether the lease still holds as far as can be known without asking.
// The stored end counts too: the monotonic clock stands still while a machine sleeps.
func (l *Lease) Alive() bool {
	t := l.term.Load()
	return time.Now().Before(t.local) && l.q.now().Before(t.stored)
}

// Context is the one the handler was given (for Acquire: derived from the caller's).
// It ends with cause ErrLost when the lease is lost, ErrStopped when grace is over.
func (l *Lease) Context() context.Context { return l.ctx }

// Stopping is closed when the queue begins to stop. Long work that returns ErrStopped
// at its next good moment is spared the cancel that follows the grace.
func (l *Lease) Stopping() <-chan struct{} { return l.stopping }

// Settled says that the distance to a predecessor has been kept: the next holder need
// not keep it again. A committed Step says the same.
func (l *Lease) Settled() { l.settled.Store(true) }

// NoteWakes notes the wakes so far. Call it before each look for work: a wake that comes
// after it makes finishing or snoozing put the job back as due at once. It must not
// be called while the caller has a transaction open. ErrLost if the job is another's.
func (l *Lease) NoteWakes(ctx context.Context) error {
	var wakes int64
	err := l.q.db.QueryRowContext(ctx, `
		SELECT wakes FROM jobs WHERE id = ? AND claim = ? AND state = 'running'`, l.ID, l.Claim).Scan(&wakes)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrLost
	}
	if err != nil {
		return fmt.Errorf("note the wakes of job %d: %w", l.ID, err)
	}
	l.noted.Store(wakes)
	return nil
}

// Held returns nil when l is alive and tx sees its job in its hands; else ErrLost.
// Whatever a holder commits, it commits in a transaction that has asked this.
func Held(ctx context.Context, tx *sql.Tx, l *Lease) error {
	if !l.Alive() {
		return ErrLost
	}
	var one int
	err := tx.QueryRowContext(ctx, `
		SELECT 1 FROM jobs WHERE id = ? AND claim = ? AND state = 'running'`, l.ID, l.Claim).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrLost
	}
	if err != nil {
		return fmt.Errorf("check the lease of job %d: %w", l.ID, err)
	}
	return nil
}

// Step is Held for a transaction that gets the work further: with its commit the job
// has all its attempts again.
func Step(ctx context.Context, tx *sql.Tx, l *Lease) error {
	if !l.Alive() {
		return ErrLost
	}
	err := fenced(ctx, tx, `
		UPDATE jobs SET attempts = 0, stalls = 0 WHERE id = ? AND claim = ? AND state = 'running'`, l.ID, l.Claim)
	if err == nil {
		l.Settled()
	}
	return err
}

// FinishTx ends the job in the caller's transaction, together with its last effect;
// the handler returns nil after the commit. If the job was woken after the last NoteWakes,
// it is due again at once instead. ErrLost if the lease is not held any more.
func FinishTx(ctx context.Context, tx *sql.Tx, l *Lease) error {
	if !l.Alive() {
		return ErrLost
	}
	err := fenced(ctx, tx, `
		DELETE FROM jobs WHERE id = ? AND claim = ? AND state = 'running' AND wakes = ?`,
		l.ID, l.Claim, l.noted.Load())
	if errors.Is(err, ErrLost) {
		now := l.q.now().UnixMilli()
		err = fenced(ctx, tx, putBack+`, run_at = ?5, attempts = 0, stalls = 0, last_error = NULL`+whereHeld,
			l.ID, l.Claim, l.owesDistance(), now, now)
	}
	if err == nil {
		l.ended.Store(true)
	}
	return err
}

// Every statement that gives a job back begins and ends like this; its parameters are
// ?1 id, ?2 claim, ?3 taken over, ?4 now.
const (
	putBack = `UPDATE jobs SET state = 'due', leased_until = NULL, owner = NULL, worker = NULL,
		taken_over = ?3, updated_at = ?4`
	whereHeld = ` WHERE id = ?1 AND claim = ?2 AND state = 'running'`
)

// owesDistance: the next holder has to keep the distance that this one did not keep.
func (l *Lease) owesDistance() bool { return l.TakenOver && !l.settled.Load() }

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// fenced runs a statement that must hit the one row of a claim, or ErrLost.
func fenced(ctx context.Context, db execer, query string, args ...any) error {
	res, err := db.ExecContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("write job %v: %w", args[0], err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("write job %v: %w", args[0], err)
	}
	if n == 0 {
		return ErrLost
	}
	return nil
}
