package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// Extend implements api.Service: the deadline moves once, inside the first month.
func (s *Store) Extend(ctx context.Context, call dsr.Call, id string, e dsr.Extension) (dsr.Request, error) {
	if err := e.Validate(); err != nil {
		return dsr.Request{}, err
	}
	event := audit.Event{Kind: audit.RequestExtended, Data: map[string]string{"months": strconv.Itoa(e.Months)}}
	return s.changeAs(ctx, call, id, event, func(t tx, r dsr.Request) error {
		if err := r.MayExtend(t.now, s.opts.Location); err != nil {
			return err
		}
		k, err := t.dataKey(ctx, id)
		if err != nil {
			return err
		}
		due := dsr.ExtendedDueAt(r.ReceivedAt, e.Months, s.opts.Location)
		_, err = t.ExecContext(ctx, `UPDATE requests SET extended = 1, due_at = ?, extension_reason = ?, updated_at = ? WHERE id = ? AND extended = 0`,
			due.UnixMilli(), k.Seal(requestPlace("extension_reason", id), []byte(e.Reason)), t.now.UnixMilli(), id)
		if err != nil {
			return fmt.Errorf("extend deadline: %w", err)
		}
		return t.setExpiry(ctx, id)
	})
}

// Answered implements api.Service: the data subject has their answer, and the clock
// stops. From now on the archive is kept for its own retention only.
func (s *Store) Answered(ctx context.Context, call dsr.Call, id string) (dsr.Request, error) {
	return s.change(ctx, call, id, audit.RequestAnswered, func(t tx, r dsr.Request) error {
		if err := r.MayAnswer(); err != nil {
			return err
		}
		if err := call.LookedAt(r.Released); err != nil {
			return err
		}
		_, err := t.ExecContext(ctx, `UPDATE requests SET answered_at = ?1, updated_at = ?1 WHERE id = ?2 AND answered_at IS NULL`, t.now.UnixMilli(), id)
		if err != nil {
			return fmt.Errorf("store answer: %w", err)
		}
		return t.setExpiry(ctx, id)
	})
}

// startRetention notes that the archive of the request is ready from now on.
func (t tx) startRetention(ctx context.Context, id string) error {
	if _, err := t.ExecContext(ctx, `UPDATE requests SET ready_at = ? WHERE id = ?`, t.now.UnixMilli(), id); err != nil {
		return fmt.Errorf("start retention: %w", err)
	}
	return t.setExpiry(ctx, id)
}

// beyondDue is how long after its deadline an archive is kept at least while the request
// has not been answered.
const beyondDue = 30 * 24 * time.Hour

// setExpiry fixes when the archives of the request expire: retention.archive after they
// became ready, while unanswered not before the deadline has long passed. The sweep is
// due then.
func (t tx) setExpiry(ctx context.Context, id string) error {
	var at, prior sql.NullInt64
	err := t.QueryRowContext(ctx, `
		UPDATE requests SET
			archive_expires_at = CASE WHEN archive_name IS NOT NULL THEN
				max(coalesce(ready_at, ?1) + ?2, iif(answered_at IS NULL, due_at + ?3, 0)) END,
			prior_expires_at = CASE WHEN prior_name IS NOT NULL THEN
				max(coalesce(prior_ready_at, ?1) + ?2, iif(answered_at IS NULL, due_at + ?3, 0)) END
		WHERE id = ?4 RETURNING archive_expires_at, prior_expires_at`,
		t.now.UnixMilli(), t.s.opts.ArchiveRetention.Milliseconds(), beyondDue.Milliseconds(), id).Scan(&at, &prior)
	if err != nil {
		return fmt.Errorf("store expiry: %w", err)
	}
	for _, expires := range []sql.NullInt64{at, prior} {
		if !expires.Valid {
			continue
		}
		if err := t.sweepAt(ctx, fromMillis(expires)); err != nil {
			return err
		}
	}
	return nil
}
