package store

import (
	"context"
	"encoding/json"
	"fmt"

	"dsr-server/internal/dsr"
)

func decodeTally(encoded string, t *dsr.Tally) error {
	if err := json.Unmarshal([]byte(encoded), t); err != nil {
		return fmt.Errorf("decode tally: %w", err)
	}
	return nil
}

// mergedTally returns the stored tally of a row plus what has been counted since.
func (t tx) mergedTally(ctx context.Context, table, where string, more dsr.Tally, args ...any) (string, error) {
	var encoded string
	var sum dsr.Tally
	if err := t.QueryRowContext(ctx, `SELECT tally FROM `+table+` WHERE `+where, args...).Scan(&encoded); err != nil {
		return "", fmt.Errorf("read tally: %w", err)
	}
	if err := decodeTally(encoded, &sum); err != nil {
		return "", err
	}
	sum.Add(more)
	merged, err := json.Marshal(sum)
	if err != nil {
		return "", fmt.Errorf("encode tally: %w", err)
	}
	return string(merged), nil
}

// countAnomaly counts one of the request itself, which nobody sees with whom it shares a unit.
func (t tx) countAnomaly(ctx context.Context, f dsr.Find, rule string) error {
	var tally dsr.Tally
	dsr.Count(&tally.Anomalies, rule, 1)
	return t.countFor(ctx, f.RequestID, f.Record.Source, tally)
}

func (t tx) countFor(ctx context.Context, request, source string, more dsr.Tally) error {
	const search = `request_id = ? AND source = ?`
	merged, err := t.mergedTally(ctx, "request_sources", search, more, request, source)
	if err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, `UPDATE request_sources SET tally = ? WHERE `+search, merged, request, source); err != nil {
		return fmt.Errorf("count: %w", err)
	}
	return nil
}
