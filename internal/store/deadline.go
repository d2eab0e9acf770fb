package store

import (
	"context"
	"fmt"
	"strconv"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// Extend implements api.Service: the deadline moves, as far as its regime allows.
func (s *Store) Extend(ctx context.Context, call dsr.Call, id string, e dsr.Extension) (dsr.Request, error) {
	event := audit.Event{Kind: audit.RequestExtended, Data: map[string]string{}}
	return s.changeAs(ctx, call, id, event, func(t tx, r dsr.Request) error {
		first := r
		first.ExtendedSoFar = 0
		by, err := r.ExtendedBy(e, s.opts.Deadlines.On(first), t.today())
		if err != nil {
			return err
		}
		k, err := t.dataKey(ctx, id)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `UPDATE requests SET extended_by = ?, extension_reason = ?, updated_at = ? WHERE id = ?`,
			by, k.Seal(requestPlace("extension_reason", id), []byte(e.Reason)), t.now.UnixMilli(), id)
		if err != nil {
			return fmt.Errorf("extend deadline: %w", err)
		}
		r.ExtendedSoFar = by
		event.Data["extended_by"] = strconv.Itoa(by)
		return t.moveDeadline(ctx, r, event)
	})
}

// Pause implements api.Service: the clock rests until the data subject has answered. The
// search goes on.
func (s *Store) Pause(ctx context.Context, call dsr.Call, id string, p dsr.Pause) (dsr.Request, error) {
	event := audit.Event{Kind: audit.RequestPaused, Data: map[string]string{}}
	return s.changeAs(ctx, call, id, event, func(t tx, r dsr.Request) error {
		if p.AskedOn == "" {
			p.AskedOn = t.today()
		}
		if err := r.MayPause(p, s.opts.Deadlines.Day(r.ReceivedAt), t.today()); err != nil {
			return err
		}
		_, err := t.ExecContext(ctx, `INSERT INTO pauses (request_id, asked_on, reason) VALUES (?, ?, ?)`, id, p.AskedOn, p.Reason)
		if err != nil {
			return fmt.Errorf("store pause: %w", err)
		}
		event.Data["reason"], event.Data["asked_on"] = string(p.Reason), string(p.AskedOn)
		r.Pauses = append(r.Pauses, p)
		return t.moveDeadline(ctx, r, event)
	})
}

// Resume implements api.Service: the clock runs again, and the deadline lies later by the
// days that it has rested.
func (s *Store) Resume(ctx context.Context, call dsr.Call, id string, on dsr.Day) (dsr.Request, error) {
	event := audit.Event{Kind: audit.RequestResumed, Data: map[string]string{}}
	return s.changeAs(ctx, call, id, event, func(t tx, r dsr.Request) error {
		if on == "" {
			on = t.today()
		}
		if err := r.MayResume(on, t.today()); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `UPDATE pauses SET answered_on = ? WHERE request_id = ? AND answered_on IS NULL`, on, id); err != nil {
			return fmt.Errorf("end pause: %w", err)
		}
		event.Data["answered_on"] = string(on)
		r.Pauses[len(r.Pauses)-1].AnsweredOn = on
		return t.moveDeadline(ctx, r, event)
	})
}

// moveDeadline stores the deadline that follows from r and puts the old and the new one
// on record.
func (t tx) moveDeadline(ctx context.Context, r dsr.Request, e audit.Event) error {
	deadlines := t.s.opts.Deadlines
	due := deadlines.On(r)
	e.Data["due_before"], e.Data["due_after"] = string(deadlines.Day(r.DueAt)), string(due)
	_, err := t.ExecContext(ctx, `UPDATE requests SET due_at = ?, updated_at = ? WHERE id = ?`, due.End(deadlines.Location).UnixMilli(), t.now.UnixMilli(), r.ID)
	if err != nil {
		return fmt.Errorf("move deadline: %w", err)
	}
	return t.setExpiry(ctx, r.ID)
}
