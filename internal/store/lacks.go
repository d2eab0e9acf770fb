package store

import (
	"context"
	"fmt"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// storeLacks notes of conversations that are kept what is missing of them.
func (t tx) storeLacks(ctx context.Context, keys map[string]seal.Key, source string, all []dsr.Lacking) error {
	for _, l := range all {
		k, wanted := keys[l.RequestID]
		if !wanted {
			continue
		}
		for _, code := range l.Codes {
			_, err := t.ExecContext(ctx, `
				UPDATE records SET lacks = lacks || ?1 || ' '
				WHERE request_id = ?2 AND source = ?3 AND kind = 'conversation' AND conversation_key = ?4 AND instr(lacks, ?1 || ' ') = 0`,
				code, l.RequestID, source, k.MAC("conversation", []byte(l.ConversationID)))
			if err != nil {
				return fmt.Errorf("note what is missing: %w", err)
			}
		}
	}
	return nil
}

// Lacking counts the conversations found for a request of which something is known to be
// missing, by the code of the reason.
func (s *Store) Lacking(ctx context.Context, id, source string) (counts map[string]int64, err error) {
	err = s.view(ctx, func(t tx) error {
		for _, code := range dsr.ReasonCodes {
			var n int64
			err := t.QueryRowContext(ctx, `
				SELECT count(*) FROM records WHERE request_id = ? AND source = ? AND kind = 'conversation' AND lacks <> '' AND instr(lacks, ? || ' ') > 0`,
				id, source, code).Scan(&n)
			if err != nil {
				return fmt.Errorf("count what is missing: %w", err)
			}
			dsr.Count(&counts, code, n)
		}
		return nil
	})
	return counts, err
}
