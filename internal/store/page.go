package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"math"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// CommitPage stores one page and everything that follows from it: the cursor, the
// counters, the digest chain, what was found for each request that is still running,
// and the message ranges of new conversations. It returns the requests that still
// need the range; none means that reading on would be for nobody.
func (w *Work) CommitPage(ctx context.Context, p dsr.PageRead) (needed []string, err error) {
	err = w.step(ctx, func(t tx) error {
		if needed, err = t.stillNeeded(ctx, p.RangeID); err != nil || len(needed) == 0 {
			return err
		}
		if err := t.advanceRange(ctx, p); err != nil {
			return err
		}
		if err := t.storeFinds(ctx, p, needed); err != nil {
			return err
		}
		if err := t.closeMessages(ctx, p, needed[0]); err != nil {
			return err
		}
		_, err := t.ExecContext(ctx, `
			INSERT INTO source_states (source, last_good_at) VALUES (?1, ?2)
			ON CONFLICT (source) DO UPDATE SET last_good_at = ?2, snoozes = 0,
				snoozed_until = CASE WHEN snoozed_until > ?2 THEN snoozed_until END`, p.Source, t.now.UnixMilli()) // a page under way ends no snooze
		if err != nil {
			return fmt.Errorf("note good page: %w", err)
		}
		return nil
	})
	return needed, err
}

// stillNeeded lists the running requests with an open part for which the range is read.
func (t tx) stillNeeded(ctx context.Context, rangeID int64) ([]string, error) {
	rows, err := t.QueryContext(ctx, `
		SELECT m.request_id FROM range_requests m JOIN ranges g ON g.id = m.range_id
		JOIN requests r ON r.id = m.request_id AND r.status = 'running'
		JOIN request_sources p ON p.request_id = m.request_id AND p.source = g.source AND p.state = 'open'
		WHERE m.range_id = ? AND g.state = 'reading'`, rangeID)
	if err != nil {
		return nil, fmt.Errorf("read range's requests: %w", err)
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read range's requests: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

func (t tx) advanceRange(ctx context.Context, p dsr.PageRead) error {
	var chain, cursor []byte
	var endpoint dsr.Endpoint
	var owner string
	err := t.QueryRowContext(ctx, `
		SELECT chain, endpoint, CASE endpoint WHEN 'messages' THEN (SELECT request_id FROM range_requests WHERE range_id = id) ELSE source END
		FROM ranges WHERE id = ?`, p.RangeID).Scan(&chain, &endpoint, &owner)
	if err != nil {
		return fmt.Errorf("read range: %w", err)
	}
	state := dsr.RangeDone
	if !p.End {
		state = dsr.RangeReading
		k, err := t.rangeKey(ctx, endpoint, owner)
		if err != nil {
			return err
		}
		cursor = k.Seal(rangePlace("cursor", p.RangeID), []byte(p.Cursor))
	}
	tally, err := t.mergedTally(ctx, "ranges", "id = ?", p.Tally, p.RangeID)
	if err != nil {
		return err
	}
	ended := sql.NullInt64{Int64: t.now.UnixMilli(), Valid: p.End}
	link := sha256.Sum256(append(chain, p.BodySum[:]...))
	_, err = t.ExecContext(ctx, `
		UPDATE ranges SET state = ?2, cursor = ?3, pages = pages + 1, records = records + ?4, chain = ?5, tally = ?6, ended_at = ?7,
			first_ms = nullif(min(coalesce(first_ms, ?11), coalesce(?8, ?11)), ?11),
			last_ms = nullif(max(coalesce(last_ms, ?12), coalesce(?9, ?12)), ?12), longest_ms = max(longest_ms, ?10)
		WHERE id = ?1`,
		p.RangeID, string(state), cursor, p.Records, link[:], tally, ended, millis(p.First), millis(p.Last), p.Longest.Milliseconds(),
		int64(math.MaxInt64), int64(math.MinInt64))
	if err != nil {
		return fmt.Errorf("advance range: %w", err)
	}
	return nil
}

// closeMessages drops a message range that was read to its end: the coverage counts
// the calls of messages together, and open ranges stay few.
func (t tx) closeMessages(ctx context.Context, p dsr.PageRead, request string) error {
	if !p.End || p.Endpoint != dsr.Messages {
		return nil
	}
	var tally dsr.Tally
	var encoded string
	if err := t.QueryRowContext(ctx, `SELECT tally FROM ranges WHERE id = ?`, p.RangeID).Scan(&encoded); err != nil {
		return fmt.Errorf("read tally: %w", err)
	}
	if err := decodeTally(encoded, &tally); err != nil {
		return err
	}
	if err := t.countPart(ctx, request, p.Source, tally); err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, `DELETE FROM ranges WHERE id = ?`, p.RangeID); err != nil {
		return fmt.Errorf("close range: %w", err)
	}
	return nil
}

func (t tx) storeFinds(ctx context.Context, p dsr.PageRead, needed []string) error {
	keys, err := t.dataKeys(ctx, needed)
	if err != nil {
		return err
	}
	if err := t.noteSeen(ctx, keys, p); err != nil {
		return err
	}
	for _, f := range p.Finds {
		k, wanted := keys[f.RequestID]
		if !wanted {
			continue
		}
		if err := t.storeFind(ctx, k, p.PageSize, f); err != nil {
			return err
		}
	}
	if err := t.storeNear(ctx, keys, p.Source, p.Near, nil); err != nil {
		return err
	}
	return t.moveMessages(ctx, keys, p)
}

// countAnomaly counts one of the request itself, which nobody it shares a range with sees.
func (t tx) countAnomaly(ctx context.Context, f dsr.Find, rule string) error {
	var tally dsr.Tally
	dsr.Count(&tally.Anomalies, rule, 1)
	return t.countPart(ctx, f.RequestID, f.Record.Source, tally)
}

func (t tx) countPart(ctx context.Context, request, source string, more dsr.Tally) error {
	const part = `request_id = ? AND source = ?`
	merged, err := t.mergedTally(ctx, "request_sources", part, more, request, source)
	if err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, `UPDATE request_sources SET tally = ? WHERE `+part, merged, request, source); err != nil {
		return fmt.Errorf("count: %w", err)
	}
	return nil
}

// dataKeys returns the data key of each request.
func (t tx) dataKeys(ctx context.Context, ids []string) (map[string]seal.Key, error) {
	keys := make(map[string]seal.Key, len(ids))
	for _, id := range ids {
		k, err := t.dataKey(ctx, id)
		if err != nil {
			return nil, err
		}
		keys[id] = k
	}
	return keys, nil
}
