package store

import (
	"context"
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
		return nil
	})
}

// Answered implements api.Service: the data subject has their answer, and the clock
// stops. From now on the archive is kept for its own retention only.
func (s *Store) Answered(ctx context.Context, call dsr.Call, id string) (dsr.Request, error) {
	return s.change(ctx, call, id, audit.RequestAnswered, func(t tx, r dsr.Request) error {
		if err := r.MayAnswer(); err != nil {
			return err
		}
		_, err := t.ExecContext(ctx, `UPDATE requests SET answered_at = ?1, updated_at = ?1 WHERE id = ?2 AND answered_at IS NULL`, t.now.UnixMilli(), id)
		if err != nil {
			return fmt.Errorf("store answer: %w", err)
		}
		r.AnsweredAt = t.now
		return t.setExpiry(ctx, r)
	})
}

// startRetention notes that the archive of r is ready from now on.
func (t tx) startRetention(ctx context.Context, r dsr.Request) error {
	if _, err := t.ExecContext(ctx, `UPDATE requests SET ready_at = ? WHERE id = ?`, t.now.UnixMilli(), r.ID); err != nil {
		return fmt.Errorf("start retention: %w", err)
	}
	return t.setExpiry(ctx, r)
}

// setExpiry fixes when the archive expires: retention.archive after it became ready,
// while unanswered not before 90 days. The sweep is due then.
func (t tx) setExpiry(ctx context.Context, r dsr.Request) error {
	keep := t.s.opts.ArchiveRetention
	if r.AnsweredAt.IsZero() {
		keep = max(keep, unanswered)
	}
	var at int64
	err := t.QueryRowContext(ctx, `
		UPDATE requests SET archive_expires_at = coalesce(ready_at, ?1) + ?2 WHERE id = ?3 RETURNING archive_expires_at`,
		t.now.UnixMilli(), keep.Milliseconds(), r.ID).Scan(&at)
	if err != nil {
		return fmt.Errorf("store expiry: %w", err)
	}
	return t.sweepAt(ctx, time.UnixMilli(at))
}
