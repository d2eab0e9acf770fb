package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// messagesInSight is how many unfinished message ranges a board shows: more than a
// lane reads at once, and few enough to look at often.
const messagesInSight = 64

// Board returns the open parts of running requests on the sources, with every range
// that concerns them: those of conversations in any state, those of messages that
// failed, and the first that are not finished.
func (w *Work) Board(ctx context.Context, sources []string) (b dsr.Board, err error) {
	names, err := json.Marshal(sources)
	if err != nil {
		return b, fmt.Errorf("encode sources: %w", err)
	}
	err = w.view(ctx, func(t tx) error {
		if b.Parts, err = t.parts(ctx, `r.status = 'running' AND p.state = 'open' AND p.source IN (SELECT value FROM json_each(?))`, string(names)); err != nil {
			return err
		}
		if b.Ranges, err = t.ranges(ctx, `
			EXISTS (SELECT 1 FROM range_requests m JOIN requests r ON r.id = m.request_id
				JOIN request_sources p ON p.request_id = m.request_id AND p.source = g.source
				WHERE m.range_id = g.id AND r.status = 'running' AND p.state = 'open'
				AND p.source IN (SELECT value FROM json_each(?1)))
			AND (g.endpoint = 'conversations' OR g.state = 'failed' OR g.id IN (
				SELECT n.id FROM ranges n JOIN range_requests m ON m.range_id = n.id JOIN requests r ON r.id = m.request_id
				JOIN request_sources p ON p.request_id = m.request_id AND p.source = n.source
				WHERE n.endpoint = 'messages' AND n.state IN ('waiting', 'reading') AND r.status = 'running' AND p.state = 'open'
				AND n.source IN (SELECT value FROM json_each(?1)) ORDER BY n.state, r.due_at, n.id LIMIT ?2))`, string(names), messagesInSight); err != nil {
			return err
		}
		b.States, err = t.sourceStates(ctx)
		return err
	})
	return b, err
}

func (t tx) parts(ctx context.Context, where string, args ...any) ([]dsr.Part, error) {
	rows, err := t.QueryContext(ctx, `
		SELECT p.request_id, p.source, p.state = 'ended', p.want_start, p.want_end, p.margin_ms, coalesce(p.complete, 0), p.reasons,
			p.tally, p.opened_at, r.due_at, r.window_start, r.window_end, r.as_of,
			EXISTS (SELECT 1 FROM range_requests m JOIN ranges g ON g.id = m.range_id WHERE m.request_id = p.request_id AND g.source = p.source
				AND g.endpoint = 'messages' AND g.state IN ('waiting', 'reading'))
		FROM request_sources p JOIN requests r ON r.id = p.request_id
		WHERE `+where+` ORDER BY r.due_at, r.created_at, p.request_id, p.source`, args...)
	if err != nil {
		return nil, fmt.Errorf("read parts: %w", err)
	}
	defer rows.Close()
	var parts []dsr.Part
	for rows.Next() {
		p, err := scanPart(rows)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read parts: %w", err)
	}
	return parts, t.addDirect(ctx, parts)
}

func scanPart(rows *sql.Rows) (p dsr.Part, err error) {
	var margin, opened, due int64
	var start, end, asOf sql.NullInt64
	var reasons, tally string
	err = rows.Scan(&p.RequestID, &p.Source, &p.Ended, &p.Want.Start, &p.Want.End, &margin, &p.Complete, &reasons,
		&tally, &opened, &due, &start, &end, &asOf, &p.Collecting)
	if err != nil {
		return p, fmt.Errorf("read part: %w", err)
	}
	p.Margin = time.Duration(margin) * time.Millisecond
	p.OpenedAt, p.DueAt = time.UnixMilli(opened).UTC(), time.UnixMilli(due).UTC()
	p.Window, p.AsOf = dsr.Window{Start: fromMillis(start), End: fromMillis(end)}, fromMillis(asOf)
	if err := json.Unmarshal([]byte(reasons), &p.Reasons); err != nil {
		return p, fmt.Errorf("decode reasons: %w", err)
	}
	return p, decodeTally(tally, &p.Tally)
}

func decodeTally(encoded string, t *dsr.Tally) error {
	if err := json.Unmarshal([]byte(encoded), t); err != nil {
		return fmt.Errorf("decode tally: %w", err)
	}
	return nil
}

func (t tx) ranges(ctx context.Context, where string, args ...any) ([]dsr.Range, error) {
	ranges, sealed, err := t.sealedRanges(ctx, where, args...)
	if err != nil {
		return nil, err
	}
	return ranges, t.unsealRanges(ctx, ranges, sealed)
}

// sealedRanges is ranges without what only a key opens, which it returns beside them.
func (t tx) sealedRanges(ctx context.Context, where string, args ...any) (ranges []dsr.Range, sealed []sealedRange, err error) {
	rows, err := t.QueryContext(ctx, `
		SELECT g.id, g.source, g.endpoint, g.conversation_id, g.start_s, g.end_s, g.state, g.cursor, g.per_page, g.restarts,
			g.pages, g.records, g.first_ms, g.last_ms, g.longest_ms, g.chain, g.tally, coalesce(g.reason, ''),
			(SELECT group_concat(request_id) FROM range_requests m WHERE m.range_id = g.id)
		FROM ranges g WHERE `+where+` ORDER BY g.source, g.start_s, g.id`, args...)
	if err != nil {
		return nil, nil, fmt.Errorf("read ranges: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		g, s, err := scanRange(rows)
		if err != nil {
			return nil, nil, err
		}
		ranges, sealed = append(ranges, g), append(sealed, s)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, fmt.Errorf("read ranges: %w", err)
	}
	return ranges, sealed, nil
}

// sealedRange holds the columns of a range that only a key opens.
type sealedRange struct{ cursor, conversation []byte }

func scanRange(rows *sql.Rows) (g dsr.Range, s sealedRange, err error) {
	var first, last sql.NullInt64
	var longest int64
	var restarts, tally, reason, requests string
	err = rows.Scan(&g.ID, &g.Source, &g.Endpoint, &s.conversation, &g.Reach.Start, &g.Reach.End, &g.State, &s.cursor, &g.PerPage, &restarts,
		&g.Pages, &g.Records, &first, &last, &longest, &g.Chain, &tally, &reason, &requests)
	if err != nil {
		return g, s, fmt.Errorf("read range: %w", err)
	}
	g.First, g.Last, g.Longest = fromMillis(first), fromMillis(last), time.Duration(longest)*time.Millisecond
	g.Requests = strings.Split(requests, ",")
	if err := json.Unmarshal([]byte(restarts), &g.Restarts); err != nil {
		return g, s, fmt.Errorf("decode restarts: %w", err)
	}
	if reason != "" {
		if err := json.Unmarshal([]byte(reason), &g.Reason); err != nil {
			return g, s, fmt.Errorf("decode reason: %w", err)
		}
	}
	return g, s, decodeTally(tally, &g.Tally)
}

func (t tx) unsealRanges(ctx context.Context, ranges []dsr.Range, sealed []sealedRange) error {
	keys := map[string]seal.Key{}
	for i := range ranges {
		g := &ranges[i]
		if sealed[i].cursor == nil && sealed[i].conversation == nil {
			continue
		}
		owner := g.Source
		if g.Endpoint == dsr.Messages {
			owner = g.Requests[0]
		}
		k, known := keys[owner]
		if !known {
			var err error
			if k, err = t.rangeKey(ctx, g.Endpoint, owner); err != nil {
				return err
			}
			keys[owner] = k
		}
		if err := openRange(k, g, sealed[i]); err != nil {
			return err
		}
	}
	return nil
}

func openRange(k seal.Key, g *dsr.Range, s sealedRange) error {
	cursor, err := k.Open(rangePlace("cursor", g.ID), s.cursor)
	if err != nil {
		return err
	}
	conversation, err := k.Open(rangePlace("conversation_id", g.ID), s.conversation)
	g.Cursor, g.ConversationID = string(cursor), string(conversation)
	return err
}

func rangePlace(column string, id int64) seal.Place {
	return seal.At("ranges", column, strconv.FormatInt(id, 10))
}

// rangeKey is the key of a range: the request's for messages, else the source's own,
// which must exist.
func (t tx) rangeKey(ctx context.Context, e dsr.Endpoint, owner string) (k seal.Key, err error) {
	if e == dsr.Messages {
		return t.dataKey(ctx, owner)
	}
	var wrapped []byte
	if err := t.QueryRowContext(ctx, `SELECT data_key FROM source_keys WHERE source = ?`, owner).Scan(&wrapped); err != nil {
		return k, fmt.Errorf("read source key: %w", err)
	}
	return t.s.master.Unwrap(seal.At("source_keys", "data_key", owner), wrapped)
}

// sourceKey is rangeKey for conversations, made when it does not exist yet.
func (t tx) sourceKey(ctx context.Context, source string) (seal.Key, error) {
	fresh := t.s.master.Wrap(seal.At("source_keys", "data_key", source), seal.NewKey())
	_, err := t.ExecContext(ctx, `INSERT INTO source_keys (source, data_key) VALUES (?, ?) ON CONFLICT DO NOTHING`, source, fresh)
	if err != nil {
		return seal.Key{}, fmt.Errorf("store source key: %w", err)
	}
	return t.rangeKey(ctx, dsr.Conversations, source)
}

func (t tx) sourceStates(ctx context.Context) (map[string]dsr.SourceState, error) {
	rows, err := t.QueryContext(ctx, `SELECT source, last_good_at, snoozed_until, snoozes FROM source_states`)
	if err != nil {
		return nil, fmt.Errorf("read source states: %w", err)
	}
	defer rows.Close()
	states := map[string]dsr.SourceState{}
	for rows.Next() {
		var name string
		var good, until sql.NullInt64
		var st dsr.SourceState
		if err := rows.Scan(&name, &good, &until, &st.Snoozes); err != nil {
			return nil, fmt.Errorf("read source state: %w", err)
		}
		st.LastGood, st.SnoozedUntil = fromMillis(good), fromMillis(until)
		states[name] = st
	}
	return states, rows.Err()
}
