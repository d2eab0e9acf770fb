package store

import (
	"context"
	"fmt"
	"strconv"

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
