package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"dsr-server/internal/dsr"
)

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
// share of its bytes; it stays below 100 until the run has ended.
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
