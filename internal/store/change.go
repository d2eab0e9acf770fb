package store

import (
	"context"
	"fmt"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// change runs one person's transition: replayed calls answer with the request as it
// is; a new one moves it and puts it on record.
func (s *Store) change(ctx context.Context, call dsr.Call, id string, kind audit.Kind, f func(tx, dsr.Request) error) (dsr.Request, error) {
	return s.changeAs(ctx, call, id, audit.Event{Kind: kind}, f)
}

// changeAs is change with more to put on record than the kind.
func (s *Store) changeAs(ctx context.Context, call dsr.Call, id string, e audit.Event, f func(tx, dsr.Request) error) (r dsr.Request, err error) {
	err = s.update(ctx, func(t tx) error {
		if earlier, err := t.replayed(ctx, call); err != nil || earlier != "" {
			return err
		}
		before, err := t.request(ctx, id)
		if err != nil {
			return err
		}
		if before.Status == dsr.Purged {
			return t.gone(ctx, id)
		}
		if err := call.MeantFor(before); err != nil {
			return err
		}
		if err := f(t, before); err != nil {
			return err
		}
		e.Actor, e.Request = call.By.ID, id
		if err := t.record(ctx, e); err != nil {
			return err
		}
		return t.remember(ctx, call, id)
	})
	if err != nil {
		return r, translate(err)
	}
	s.opts.Woken()
	return s.Lookup(ctx, id)
}

// move changes the status, fenced on the one it was read with, and has webhooks told.
func (t tx) move(ctx context.Context, r dsr.Request, to dsr.Status) error {
	done, err := t.ExecContext(ctx, `UPDATE requests SET status = ?, updated_at = ? WHERE id = ? AND status = ?`,
		string(to), t.now.UnixMilli(), r.ID, string(r.Status))
	if err != nil {
		return fmt.Errorf("move request to %s: %w", to, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return wrongStatus("moved to "+string(to), r.Status, changedMeanwhile)
	}
	return t.announceStatus(ctx, r.ID, to)
}

// changedMeanwhile is for a fence that another transaction went through first.
const changedMeanwhile = "it has changed meanwhile; look at it again"

// wrongStatus says what cannot be done from this status, and what would have to be.
func wrongStatus(what string, s dsr.Status, needs string) error {
	return dsr.Errorf(dsr.Conflict, "wrong_status", "a request that is %s cannot be %s; %s", s, what, needs)
}
