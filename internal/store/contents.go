package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"time"

	"dsr-server/internal/dsr"
)

// Contents yields the records found for one request, in the archive's order; it
// implements archive.Contents. Bodies are read and unsealed one at a time, so memory
// grows with the number of conversations and with the longest single conversation.
type Contents struct {
	s  *Store
	id string
}

// Contents returns what has been found for the request.
func (s *Store) Contents(id string) Contents { return Contents{s, id} }

// entry is a record without its body.
type entry struct {
	row  int64
	id   string
	sort sql.NullInt64
}

// order is by time, what has none last, then by id.
func order(a, b entry) int {
	if a.sort.Valid != b.sort.Valid {
		if a.sort.Valid {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.sort.Int64, b.sort.Int64), cmp.Compare(a.id, b.id))
}

// Conversations yields by (start, id).
func (c Contents) Conversations(ctx context.Context, source string) iter.Seq2[dsr.Record, error] {
	return c.records(ctx, source, dsr.Conversation, "")
}

// Messages yields those of one conversation by (time, id).
func (c Contents) Messages(ctx context.Context, source, conversationID string) iter.Seq2[dsr.Record, error] {
	return c.records(ctx, source, dsr.Message, conversationID)
}

func (c Contents) records(ctx context.Context, source string, kind dsr.RecordKind, conversation string) iter.Seq2[dsr.Record, error] {
	return func(yield func(dsr.Record, error) bool) {
		err := c.s.view(ctx, func(t tx) error {
			k, err := t.dataKey(ctx, c.id)
			if err != nil {
				return err
			}
			entries, err := t.entries(ctx, k, c.id, source, kind, conversation)
			if err != nil {
				return err
			}
			for _, e := range entries {
				r, err := t.found(ctx, k, c.id, source, kind, e)
				if kind == dsr.Message {
					r.ConversationID = conversation
				}
				if !yield(r, err) || err != nil {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			yield(dsr.Record{}, err)
		}
	}
}

func (t tx) entries(ctx context.Context, k key, request, source string, kind dsr.RecordKind, conversation string) ([]entry, error) {
	query, args := `SELECT id, vendor_key, vendor_id, sort_ns FROM records WHERE request_id = ? AND source = ? AND kind = ?`,
		[]any{request, source, string(kind)}
	if kind == dsr.Message {
		query, args = query+` AND conversation_key = ?`, append(args, k.mac("conversation", []byte(conversation)))
	}
	rows, err := t.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	defer rows.Close()
	var entries []entry
	for rows.Next() {
		var e entry
		var vendor, sealed []byte
		if err := rows.Scan(&e.row, &vendor, &sealed, &e.sort); err != nil {
			return nil, fmt.Errorf("read record: %w", err)
		}
		id, err := k.open(recordPlace(request, source, kind, vendor)("vendor_id"), sealed)
		if err != nil {
			return nil, err
		}
		e.id = string(id)
		entries = append(entries, e)
	}
	slices.SortFunc(entries, order)
	return entries, rows.Err()
}

func (t tx) found(ctx context.Context, k key, request, source string, kind dsr.RecordKind, e entry) (dsr.Record, error) {
	r := dsr.Record{Source: source, Kind: kind, ID: e.id}
	var vendor, body, why []byte
	var seen sql.NullInt64
	err := t.QueryRowContext(ctx, `SELECT vendor_key, body, why, seen_ns FROM records WHERE id = ?`, e.row).Scan(&vendor, &body, &why, &seen)
	if err != nil {
		return r, fmt.Errorf("read record: %w", err)
	}
	at := recordPlace(request, source, kind, vendor)
	if r.Raw, err = k.open(at("body"), body); err != nil {
		return r, err
	}
	sort := fromNanos(e.sort)
	if kind == dsr.Message {
		r.Time = sort
		return r, nil
	}
	r.ConversationID, r.Start, r.LastAction = e.id, sort, fromNanos(seen)
	return r, k.openJSON(at("why"), why, &r.Why)
}

// progress sums what has been read for a request.
func (t tx) progress(ctx context.Context, r dsr.Request) (p dsr.Progress, err error) {
	p.ETASeconds = -1
	err = t.QueryRowContext(ctx, `
		SELECT coalesce(sum(pages), 0), coalesce(sum(records), 0) FROM (
			SELECT g.pages, g.records FROM range_requests m JOIN ranges g ON g.id = m.range_id WHERE m.request_id = ?1
			UNION ALL SELECT d.state = 'done', d.records FROM dump_file_requests m JOIN dump_files d ON d.id = m.file_id WHERE m.request_id = ?1)`, r.ID).Scan(&p.Pages, &p.Records)
	if err != nil {
		return p, fmt.Errorf("sum pages: %w", err)
	}
	err = t.QueryRowContext(ctx, `
		SELECT count(*) FILTER (WHERE kind = 'conversation'), count(*) FILTER (WHERE kind = 'message')
		FROM records WHERE request_id = ?`, r.ID).Scan(&p.Conversations, &p.Messages)
	if err != nil {
		return p, fmt.Errorf("count records: %w", err)
	}
	if r.Complete != nil {
		p.Percent, p.ETASeconds = 100, 0
		return p, nil
	}
	if p.Percent, err = t.percent(ctx, r.ID); err != nil {
		return p, err
	}
	p.Waiting, err = t.waiting(ctx, r.ID)
	return p, err
}

// percent is the share of the timeline that has been read to its end, of a dump the
// share of its bytes; it stays
// below 100 until the run has ended.
func (t tx) percent(ctx context.Context, id string) (int, error) {
	var want, done int64
	err := t.QueryRowContext(ctx, `
		SELECT coalesce(sum(max(p.want_end - p.want_start, 1)), 0), coalesce(sum(CASE
			WHEN p.state = 'ended' THEN max(p.want_end - p.want_start, 1)
			WHEN b.bytes IS NOT NULL THEN (SELECT CAST(max(p.want_end - p.want_start, 1) * min(1.0, coalesce(sum(d.taken), 0) * 1.0 / max(b.bytes, 1)) AS INTEGER)
				FROM dump_file_requests m JOIN dump_files d ON d.id = m.file_id WHERE m.request_id = p.request_id AND m.source = p.source)
			ELSE (
			SELECT coalesce(sum(max(0, min(g.end_s, p.want_end) - max(g.start_s, p.want_start))), 0)
			FROM range_requests m JOIN ranges g ON g.id = m.range_id
			WHERE m.request_id = p.request_id AND g.source = p.source AND g.endpoint = 'conversations' AND g.state IN ('done', 'failed')) END), 0)
		FROM request_sources p LEFT JOIN dump_parts b ON b.request_id = p.request_id AND b.source = p.source
		WHERE p.request_id = ?`, id).Scan(&want, &done)
	if err != nil {
		return 0, fmt.Errorf("measure progress: %w", err)
	}
	if want == 0 {
		return 0, nil
	}
	return int(min(done*100/want, 99)), nil
}

func (t tx) waiting(ctx context.Context, id string) (*dsr.Waiting, error) {
	var w dsr.Waiting
	var until int64
	err := t.QueryRowContext(ctx, `
		SELECT s.source, s.snoozed_until FROM source_states s JOIN request_sources p ON p.source = s.source
		JOIN requests r ON r.id = p.request_id
		WHERE p.request_id = ? AND p.state = 'open' AND r.status = 'running' AND s.snoozed_until > ?
		ORDER BY s.snoozed_until DESC LIMIT 1`, id, t.now.UnixMilli()).Scan(&w.Source, &until)
	if err == sql.ErrNoRows {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read waiting sources: %w", err)
	}
	w.Until = time.UnixMilli(until).UTC()
	return &w, nil
}
