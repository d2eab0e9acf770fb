package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/mattn/go-sqlite3"
)

// Snooze is what a handler returns when there is nothing to do before until. The job
// is put back without using up an attempt; a wake makes it due earlier.
func Snooze(until time.Time) error { return &snooze{until} }

type snooze struct{ until time.Time }

func (s *snooze) Error() string { return "snoozed until " + s.until.UTC().Format(time.RFC3339) }

func (q *Queue) snoozed(l *Lease, until time.Time) outcome {
	return outcome{"snoozed", func(ctx context.Context, tx *sql.Tx) error {
		now := q.now().UnixMilli()
		return fenced(ctx, tx, putBack+`, stalls = 0, last_error = NULL,
			run_at = CASE WHEN wakes = ?5 THEN ?6 ELSE ?4 END`+whereHeld,
			l.ID, l.Claim, l.owesDistance(), now, l.noted.Load(), until.UnixMilli())
	}}
}

func (q *Queue) givenBack(l *Lease) outcome {
	return outcome{"given back", func(ctx context.Context, tx *sql.Tx) error {
		return fenced(ctx, tx, putBack+`, run_at = ?4`+whereHeld,
			l.ID, l.Claim, l.owesDistance(), q.now().UnixMilli())
	}}
}

// stalled: storage, or the loss of the lease, was in the way; the work is not at fault.
func (q *Queue) stalled(l *Lease, cause error) outcome {
	return outcome{"stalled", func(ctx context.Context, tx *sql.Tx) error {
		var stalls int
		err := tx.QueryRowContext(ctx, `SELECT stalls + 1 FROM jobs WHERE id = ?`, l.ID).Scan(&stalls)
		if err != nil {
			return fmt.Errorf("read job %d: %w", l.ID, err)
		}
		now := q.now()
		return fenced(ctx, tx, putBack+`, run_at = ?5, stalls = ?6, last_error = ?7`+whereHeld,
			l.ID, l.Claim, l.owesDistance(), now.UnixMilli(),
			now.Add(q.backoff(stalls)).UnixMilli(), stalls, errorText(cause))
	}}
}

// failed uses up an attempt, and gives the job up after the last one.
func (q *Queue) failed(l *Lease, w Work, cause error) outcome {
	return outcome{"failed", func(ctx context.Context, tx *sql.Tx) error {
		var attempts, limit int
		err := tx.QueryRowContext(ctx, `SELECT attempts + 1, max_attempts FROM jobs WHERE id = ?`, l.ID).
			Scan(&attempts, &limit)
		if err != nil {
			return fmt.Errorf("read job %d: %w", l.ID, err)
		}
		if attempts >= limit {
			return q.bury(ctx, tx, l, w, attempts, cause)
		}
		now := q.now()
		return fenced(ctx, tx, putBack+`, run_at = ?5, attempts = ?6, stalls = 0, last_error = ?7`+whereHeld,
			l.ID, l.Claim, l.owesDistance(), now.UnixMilli(),
			now.Add(q.backoff(attempts)).UnixMilli(), attempts, errorText(cause))
	}}
}

func (q *Queue) bury(ctx context.Context, tx *sql.Tx, l *Lease, w Work, attempts int, cause error) error {
	err := fenced(ctx, tx, `
		UPDATE jobs SET state = 'dead', leased_until = NULL, owner = NULL, worker = NULL,
			attempts = ?3, last_error = ?4, updated_at = ?5`+whereHeld,
		l.ID, l.Claim, attempts, errorText(cause), q.now().UnixMilli())
	if err != nil || w.OnDead == nil {
		return err
	}
	if err := w.OnDead(ctx, tx, l, cause); err != nil {
		return fmt.Errorf("give up job %d: %w", l.ID, err)
	}
	return nil
}

// StorageFault reports whether err says that storage takes no writes for now: full,
// read-only, broken, busy, or refused by a trigger. The work may be right as it is.
func StorageFault(err error) bool {
	if e, ok := errors.AsType[sqlite3.Error](err); ok {
		switch e.Code {
		case sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrReadonly, sqlite3.ErrBusy, sqlite3.ErrLocked,
			sqlite3.ErrAbort, sqlite3.ErrPerm, sqlite3.ErrCantOpen, sqlite3.ErrNomem, sqlite3.ErrProtocol:
			return true
		}
		return e.ExtendedCode == sqlite3.ErrConstraintTrigger
	}
	for _, fault := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EIO, fs.ErrPermission} {
		if errors.Is(err, fault) {
			return true
		}
	}
	return false
}

// maxErrorText is what the table's CHECK allows for last_error, in characters.
const maxErrorText = 1000

// errorText is what the table keeps of an error: one line, capped, safe to print.
func errorText(err error) string {
	text := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(err.Error(), "?")))
	return string(text[:min(len(text), maxErrorText)])
}

// jittered doubles from 1 s to 2 min and takes a random half off, so that jobs which
// failed together do not come back together.
func jittered(n int) time.Duration {
	full := min(time.Second<<min(n-1, 10), 2*time.Minute)
	return full/2 + rand.N(full/2) //nolint:gosec // G404: spreads load, guards nothing
}
