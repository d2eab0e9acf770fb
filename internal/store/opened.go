package store

import (
	"context"
	"fmt"

	"dsr-server/internal/dsr"
)

// OpenedBy are those of the requests of which by has read a conversation, or downloaded the
// archive, since there is this result.
func (s *Store) OpenedBy(ctx context.Context, by dsr.Principal, ids []string) (opened map[string]bool, err error) {
	opened = map[string]bool{}
	err = s.view(ctx, func(t tx) error {
		for _, id := range ids {
			var is bool
			err := t.QueryRowContext(ctx, `
				SELECT EXISTS (SELECT 1 FROM audit_events WHERE request_id = ?1 AND actor = ?2 AND kind IN ('conversation.read', 'archive.downloaded')
					AND idx > (SELECT coalesce(max(idx), -1) FROM audit_events WHERE request_id = ?1
						AND kind IN ('request.ready', 'request.in_review', 'request.repackaged', 'request.withheld', 'request.disclosed')))`, id, by.ID).Scan(&is)
			if err != nil {
				return fmt.Errorf("look whether %s was opened: %w", id, err)
			}
			opened[id] = is
		}
		return nil
	})
	return opened, err
}
