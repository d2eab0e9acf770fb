package store

import (
	"context"
	"encoding/json"
	"fmt"

	"dsr-server/internal/dsr"
)

// BeginRange makes g a range that is being read for g.Requests: a new one when g.ID
// is 0, else one that was waiting, whose late joiners are added.
func (w *Work) BeginRange(ctx context.Context, g dsr.Range) (dsr.Range, error) {
	err := w.step(ctx, func(t tx) (err error) {
		g.State = dsr.RangeReading
		if g.ID == 0 {
			g.ID, err = t.insertRange(ctx, g)
			return err
		}
		if _, err := t.ExecContext(ctx, `UPDATE ranges SET state = 'reading' WHERE id = ? AND state = 'waiting'`, g.ID); err != nil {
			return fmt.Errorf("begin range: %w", err)
		}
		return t.joinRange(ctx, g.ID, g.Requests)
	})
	return g, err
}

// insertRange gives the range a number that none had since the store was opened, nor any
// that was there then: a lane knows its readers by it, also when a range is deleted.
func (t tx) insertRange(ctx context.Context, g dsr.Range) (id int64, err error) {
	id = t.s.lastRange.Add(1)
	var conversation []byte
	if g.Endpoint == dsr.Messages {
		k, err := t.dataKey(ctx, g.Requests[0])
		if err != nil {
			return 0, err
		}
		conversation = k.Seal(rangePlace("conversation_id", id), []byte(g.ConversationID))
	} else if _, err := t.sourceKey(ctx, g.Source); err != nil {
		return 0, err
	}
	restarts, err := json.Marshal(g.Restarts)
	if err != nil {
		return 0, fmt.Errorf("encode restarts: %w", err)
	}
	_, err = t.ExecContext(ctx, `
		INSERT INTO ranges (id, source, endpoint, conversation_id, start_s, end_s, state, per_page, restarts, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, g.Source, string(g.Endpoint), conversation, g.Reach.Start, g.Reach.End, string(g.State), g.PerPage, string(restarts), t.now.UnixMilli())
	if err != nil {
		return 0, fmt.Errorf("insert range: %w", err)
	}
	return id, t.joinRange(ctx, id, g.Requests)
}

// countRanges makes range numbers go on behind those of the ranges there are.
func (s *Store) countRanges(ctx context.Context) error {
	var last int64
	if err := s.w.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM ranges`).Scan(&last); err != nil {
		return fmt.Errorf("number ranges: %w", err)
	}
	s.lastRange.Store(last)
	return nil
}

func (t tx) joinRange(ctx context.Context, id int64, requests []string) error {
	for _, request := range requests {
		_, err := t.ExecContext(ctx, `INSERT INTO range_requests (range_id, request_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, id, request)
		if err != nil {
			return fmt.Errorf("join range: %w", err)
		}
	}
	return nil
}

// RestartRange begins a range again from its first page, for the named cause.
func (w *Work) RestartRange(ctx context.Context, g dsr.Range, cause string, perPage int) error {
	return w.step(ctx, func(t tx) error {
		tally, err := t.mergedTally(ctx, "ranges", "id = ?", g.Tally, g.ID)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `
			UPDATE ranges SET cursor = NULL, per_page = ?1, pages = 0, records = 0, first_ms = NULL, last_ms = NULL, longest_ms = 0, chain = NULL,
				tally = ?2, restarts = json_set(restarts, '$.' || ?3, coalesce(json_extract(restarts, '$.' || ?3), 0) + 1)
			WHERE id = ?4`, perPage, tally, cause, g.ID)
		if err != nil {
			return fmt.Errorf("restart range: %w", err)
		}
		return nil
	})
}

// SplitRange replaces a range by its two halves, which share the edge at mid.
func (w *Work) SplitRange(ctx context.Context, g dsr.Range, mid int64, perPage int) error {
	return w.step(ctx, func(t tx) error {
		half := g
		half.State, half.PerPage, half.Restarts = dsr.RangeWaiting, perPage, map[string]int{}
		for i, reach := range []dsr.Reach{{Start: g.Reach.Start, End: mid}, {Start: mid, End: g.Reach.End}} {
			half.Reach = reach
			id, err := t.insertRange(ctx, half)
			if err != nil {
				return err
			}
			if i > 0 {
				continue // what the parent's calls counted is kept once
			}
			if err := t.inheritTally(ctx, g, id); err != nil {
				return err
			}
		}
		if _, err := t.ExecContext(ctx, `DELETE FROM ranges WHERE id = ?`, g.ID); err != nil {
			return fmt.Errorf("split range: %w", err)
		}
		return nil
	})
}

func (t tx) inheritTally(ctx context.Context, g dsr.Range, heir int64) error {
	tally, err := t.mergedTally(ctx, "ranges", "id = ?", g.Tally, g.ID)
	if err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, `UPDATE ranges SET tally = ? WHERE id = ?`, tally, heir); err != nil {
		return fmt.Errorf("keep tally: %w", err)
	}
	return nil
}

// FailRange gives a range up for the reason, which the coverage will name.
func (w *Work) FailRange(ctx context.Context, g dsr.Range, reason dsr.Reason) error {
	return w.step(ctx, func(t tx) error {
		tally, err := t.mergedTally(ctx, "ranges", "id = ?", g.Tally, g.ID)
		if err != nil {
			return err
		}
		encoded, err := json.Marshal(reason)
		if err != nil {
			return fmt.Errorf("encode reason: %w", err)
		}
		_, err = t.ExecContext(ctx, `UPDATE ranges SET state = 'failed', cursor = NULL, reason = ?, tally = ?, ended_at = ? WHERE id = ?`,
			string(encoded), tally, t.now.UnixMilli(), g.ID)
		if err != nil {
			return fmt.Errorf("fail range: %w", err)
		}
		return nil
	})
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
