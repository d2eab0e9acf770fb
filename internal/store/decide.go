package store

import (
	"context"
	"fmt"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// Cancel implements api.Service: from queued or running.
func (s *Store) Cancel(ctx context.Context, call dsr.Call, id string) (dsr.Request, error) {
	return s.change(ctx, call, id, audit.RequestCancelled, func(t tx, r dsr.Request) error {
		if !r.Status.CanMove(dsr.Cancelled) {
			return wrongStatus("cancelled", r.Status, "it must be queued or running")
		}
		return t.move(ctx, r, dsr.Cancelled)
	})
}

// Retry implements api.Service: only what is missing will be read again.
func (s *Store) Retry(ctx context.Context, call dsr.Call, id string) (dsr.Request, error) {
	return s.change(ctx, call, id, audit.RequestRetried, func(t tx, r dsr.Request) error {
		if !r.Retryable() {
			return wrongStatus("retried", r.Status, "it must be failed, in review, or ready with an incomplete result")
		}
		return t.runAgain(ctx, r)
	})
}

// runAgain begins another run of a request.
func (t tx) runAgain(ctx context.Context, r dsr.Request) error {
	if err := t.move(ctx, r, dsr.Queued); err != nil {
		return err
	}
	if r.Status == dsr.Ready {
		if err := t.keepInForce(ctx, r); err != nil {
			return err
		}
	}
	_, err := t.ExecContext(ctx, `
		UPDATE requests SET run = run + 1, complete = NULL, warnings = NULL, error_code = NULL, error_detail = NULL WHERE id = ?`, r.ID)
	if err != nil {
		return fmt.Errorf("begin another run: %w", err)
	}
	return t.enqueue(ctx, JobPlan, r.ID)
}

// Approve implements api.Service: review becomes ready; complete stays what it is.
func (s *Store) Approve(ctx context.Context, call dsr.Call, id string) (dsr.Request, error) {
	return s.decide(ctx, call, id, audit.RequestApproved, dsr.Ready)
}

// Reject implements api.Service: review becomes rejected.
func (s *Store) Reject(ctx context.Context, call dsr.Call, id string) (dsr.Request, error) {
	return s.decide(ctx, call, id, audit.RequestRejected, dsr.Rejected)
}

// decided names the two decisions as error texts do.
var decided = map[dsr.Status]string{dsr.Ready: "approved", dsr.Rejected: "rejected"}

func (s *Store) decide(ctx context.Context, call dsr.Call, id string, kind audit.Kind, to dsr.Status) (dsr.Request, error) {
	return s.change(ctx, call, id, kind, func(t tx, r dsr.Request) error {
		if r.Status != dsr.Review {
			return wrongStatus(decided[to], r.Status, "it must be in review")
		}
		if r.CreatedBy == call.By.ID {
			return dsr.Errorf(dsr.Forbidden, "own_request", "nobody decides about a request they created; ask another approver")
		}
		if err := call.LookedAt(r.Result.Archive); err != nil {
			return err
		}
		if err := t.move(ctx, r, to); err != nil {
			return err
		}
		if to == dsr.Ready {
			if err := t.replace(ctx, r.ID); err != nil {
				return err
			}
		}
		return t.startRetention(ctx, r.ID)
	})
}

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

// move changes the status, fenced on the one it was read with.
func (t tx) move(ctx context.Context, r dsr.Request, to dsr.Status) error {
	done, err := t.ExecContext(ctx, `UPDATE requests SET status = ?, updated_at = ? WHERE id = ? AND status = ?`,
		string(to), t.now.UnixMilli(), r.ID, string(r.Status))
	if err != nil {
		return fmt.Errorf("move request to %s: %w", to, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return wrongStatus("moved to "+string(to), r.Status, changedMeanwhile)
	}
	return nil
}

// changedMeanwhile is for a fence that another transaction went through first.
const changedMeanwhile = "it has changed meanwhile; look at it again"

// wrongStatus says what cannot be done from this status, and what would have to be.
func wrongStatus(what string, s dsr.Status, needs string) error {
	return dsr.Errorf(dsr.Conflict, "wrong_status", "a request that is %s cannot be %s; %s", s, what, needs)
}
