package store

import (
	"context"
	"fmt"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// Answered implements api.Service: the data subject has their answer, and the clock
// stops. From now on the archive is kept for its own retention only.
func (s *Store) Answered(ctx context.Context, call dsr.Call, id string, a dsr.Answer) (dsr.Request, error) {
	event := audit.Event{Kind: audit.RequestAnswered, Data: map[string]string{}}
	return s.changeAs(ctx, call, id, event, func(t tx, r dsr.Request) error {
		a, err := r.AnsweredWith(a, s.opts.Deadlines.Day(r.ReceivedAt), t.today())
		if err != nil {
			return err
		}
		if err := call.SameArchive(r.Released); err != nil {
			return err
		}
		event.Data["told_on"] = string(a.ToldOn)
		return t.storeAnswer(ctx, id, a)
	})
}

func (t tx) storeAnswer(ctx context.Context, id string, a dsr.Answer) error {
	k, err := t.dataKey(ctx, id)
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `UPDATE requests SET answered_at = ?1, updated_at = ?1, answer_outcome = ?3, answer_told_on = ?4, answer_note = ?5 WHERE id = ?2 AND answered_at IS NULL`,
		t.now.UnixMilli(), id, a.Outcome, a.ToldOn, k.Seal(requestPlace("answer_note", id), []byte(a.Note)))
	if err != nil {
		return fmt.Errorf("store answer: %w", err)
	}
	if err := t.setExpiry(ctx, id); err != nil {
		return err
	}
	return t.announce(ctx, dsr.HookAnswered, id, announced{Code: string(a.Outcome)})
}

// Reopen implements api.Service: the answer is taken back, and the clock runs as if there
// had been none.
func (s *Store) Reopen(ctx context.Context, call dsr.Call, id, reason string) (dsr.Request, error) {
	return s.change(ctx, call, id, audit.RequestReopened, func(t tx, r dsr.Request) error {
		if err := dsr.CheckReason(reason); err != nil {
			return err
		}
		if err := r.MayReopen(); err != nil {
			return err
		}
		if err := t.referenceIsFreeFor(ctx, call.By, r); err != nil {
			return err
		}
		k, err := t.dataKey(ctx, id)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `UPDATE requests SET answered_at = NULL, answer_outcome = NULL, answer_told_on = NULL, answer_note = NULL, reopen_reason = ?, updated_at = ? WHERE id = ?`,
			k.Seal(requestPlace("reopen_reason", id), []byte(reason)), t.now.UnixMilli(), id)
		if err != nil {
			return fmt.Errorf("reopen: %w", err)
		}
		return t.setExpiry(ctx, id)
	})
}
