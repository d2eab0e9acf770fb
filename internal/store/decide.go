package store

import (
	"context"
	"errors"
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
		return t.retry(ctx, r)
	})
}

// retry begins another run of a request, which reads what is missing.
func (t tx) retry(ctx context.Context, r dsr.Request) error {
	if err := t.runAgain(ctx, r); err != nil {
		return err
	}
	return t.enqueuePlan(ctx, r.ID, r.Sources)
}

// runAgain begins another run of a request, which is still to be planned.
func (t tx) runAgain(ctx context.Context, r dsr.Request) error {
	if err := t.move(ctx, r, dsr.Queued); err != nil {
		return err
	}
	if r.Status == dsr.Ready && r.Released != nil {
		if err := t.keepInForce(ctx, r); err != nil {
			return err
		}
	}
	_, err := t.ExecContext(ctx, `
		UPDATE requests SET run = run + 1, repackaging = 0, repackaging_failed = 0, complete = NULL, warnings = NULL, error_code = NULL, error_detail = NULL WHERE id = ?`, r.ID)
	if err != nil {
		return fmt.Errorf("begin another run: %w", err)
	}
	return nil
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
		if err := t.mayDecide(ctx, call.By.ID, r); err != nil {
			return err
		}
		if to == dsr.Ready && r.Outdated {
			return dsr.Errorf(dsr.Conflict, "repackaging", "what is withheld has changed, and the archive is not made again yet; wait until repackaging is false, look at it, and approve it then")
		}
		if err := call.SameArchive(r.Result.Archive); err != nil {
			return err
		}
		if err := t.move(ctx, r, to); err != nil {
			return err
		}
		if err := t.noteDecision(ctx, id, call.Note); err != nil {
			return err
		}
		if err := t.settle(ctx, id, to); err != nil {
			return err
		}
		return t.startRetention(ctx, r.ID)
	})
}

// mayDecide keeps two people two: who decides has neither submitted the request nor just made
// the token or the link that opens the account of whoever has.
func (t tx) mayDecide(ctx context.Context, by string, r dsr.Request) error {
	if r.CreatedBy == by {
		return dsr.Errorf(dsr.Forbidden, "own_request", "nobody decides about a request they created; ask another approver")
	}
	made, err := t.hasJustMadeToken(ctx, by, r)
	if err != nil {
		return err
	}
	if made {
		return dsr.Errorf(dsr.Forbidden, "token_by_you", "for a week after you have made a token you decide about nothing that was submitted with it; ask another approver")
	}
	reset, err := t.hasJustReset(ctx, by, r)
	if err == nil && reset {
		return dsr.Errorf(dsr.Forbidden, "reset_by_you", "for a week after you have reset an account you decide about nothing that it has submitted since; ask another approver")
	}
	return err
}

// barred is why by may not decide about a result that waits for it.
func (t tx) barred(ctx context.Context, by dsr.Principal, r dsr.Request) (why *dsr.Error, err error) {
	if r.Status != dsr.Review || !by.Role.May(dsr.Decide) {
		return nil, nil
	}
	if err = t.mayDecide(ctx, by.ID, r); errors.As(err, &why) {
		return why, nil
	}
	return nil, err
}

// settle ends what a decision leaves no use for: the archive released before, and of a
// rejected result the making of another one.
func (t tx) settle(ctx context.Context, id string, to dsr.Status) error {
	if to == dsr.Ready {
		return t.replace(ctx, id)
	}
	return t.endRepackaging(ctx, id, false)
}

// noteDecision keeps what was said about a decision; of an earlier one nothing stays.
func (t tx) noteDecision(ctx context.Context, id, note string) error {
	k, err := t.dataKey(ctx, id)
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `UPDATE requests SET decision_note = ? WHERE id = ?`, k.Seal(requestPlace("decision_note", id), []byte(note)), id)
	if err != nil {
		return fmt.Errorf("store decision: %w", err)
	}
	return nil
}
