package store

import (
	"context"
	"fmt"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// Hold implements api.Service: until Release nothing of the request is deleted, not
// its archive when that expires and not the request when it is purged.
func (s *Store) Hold(ctx context.Context, call dsr.Call, id, reason string) (dsr.Request, error) {
	if err := dsr.CheckReason(reason); err != nil {
		return dsr.Request{}, err
	}
	return s.change(ctx, call, id, audit.RequestHeld, func(t tx, r dsr.Request) error {
		if r.Hold != nil {
			return held(r)
		}
		k, err := t.dataKey(ctx, id)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `UPDATE requests SET hold_reason = ?1, held_at = ?2, updated_at = ?2, held_by = ?3 WHERE id = ?4 AND held_at IS NULL`,
			k.Seal(requestPlace("hold_reason", id), []byte(reason)), t.now.UnixMilli(), call.By.ID, id)
		if err != nil {
			return fmt.Errorf("store hold: %w", err)
		}
		return nil
	})
}

// Release implements api.Service: it ends the hold; what is overdue by then is
// deleted by the next sweep, which follows at once.
func (s *Store) Release(ctx context.Context, call dsr.Call, id string) (dsr.Request, error) {
	return s.change(ctx, call, id, audit.RequestReleased, func(t tx, r dsr.Request) error {
		if r.Hold == nil {
			return dsr.Errorf(dsr.Conflict, "not_held", "no legal hold keeps this request")
		}
		_, err := t.ExecContext(ctx, `UPDATE requests SET hold_reason = NULL, held_at = NULL, held_by = NULL, updated_at = ? WHERE id = ?`, t.now.UnixMilli(), id)
		if err != nil {
			return fmt.Errorf("release hold: %w", err)
		}
		return t.sweepAt(ctx, t.now)
	})
}

// held is the refusal to delete what a hold keeps.
func held(r dsr.Request) error {
	return dsr.Errorf(dsr.Conflict, "held", "a legal hold since %s keeps this request: %s", r.Hold.Since.Format("2006-01-02"), r.Hold.Reason)
}
