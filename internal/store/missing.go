package store

import (
	"context"
	"encoding/json"
	"fmt"

	"dsr-server/internal/dsr"
)

// MessagesMissing is how many conversations found for a request count messages of which
// not one was found.
func (s *Store) MessagesMissing(ctx context.Context, id, source string) (missing int64, err error) {
	err = s.view(ctx, func(t tx) error {
		missing, _, err = t.countMissing(ctx, id, source)
		return err
	})
	return missing, err
}

// countMissing counts the conversations that count messages of which there is none, and
// those that count more than there are, of all or of the person's own.
func (t tx) countMissing(ctx context.Context, id, source string) (missing, fewer int64, err error) {
	const messages = `SELECT count(*) FROM records m WHERE m.request_id = c.request_id AND m.source = c.source AND m.kind = 'message' AND m.conversation_key = c.conversation_key`
	err = t.QueryRowContext(ctx, `
		SELECT count(*) FILTER (WHERE found = 0), count(*) FILTER (WHERE found > 0 AND (found < counted OR own < counted_own)) FROM (
			SELECT c.counted, c.counted_own, (`+messages+`) AS found, (`+messages+` AND m.own = 1) AS own
			FROM records c WHERE c.request_id = ? AND c.source = ? AND c.kind = 'conversation' AND (c.counted > 0 OR c.counted_own > 0))`, id, source).Scan(&missing, &fewer)
	if err != nil {
		return 0, 0, fmt.Errorf("count messages: %w", err)
	}
	return missing, fewer, nil
}

// markFewer notes how many conversations count more messages than were found, for staff.
func (t tx) markFewer(ctx context.Context, id, source string) error {
	_, fewer, err := t.countMissing(ctx, id, source)
	if err != nil {
		return err
	}
	const search = `request_id = ? AND source = ?`
	var encoded string
	var tally dsr.Tally
	if err := t.QueryRowContext(ctx, `SELECT tally FROM request_sources WHERE `+search, id, source).Scan(&encoded); err != nil {
		return fmt.Errorf("read tally: %w", err)
	}
	if err := decodeTally(encoded, &tally); err != nil {
		return err
	}
	if tally.Marks[dsr.MarkFewer] == fewer {
		return nil
	}
	dsr.Count(&tally.Marks, dsr.MarkFewer, fewer-tally.Marks[dsr.MarkFewer])
	marked, err := json.Marshal(tally)
	if err != nil {
		return fmt.Errorf("encode tally: %w", err)
	}
	if _, err := t.ExecContext(ctx, `UPDATE request_sources SET tally = ? WHERE `+search, string(marked), id, source); err != nil {
		return fmt.Errorf("mark conversations: %w", err)
	}
	return nil
}
