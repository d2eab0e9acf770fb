package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"dsr-server/internal/dsr"
)

// progress reads how far the sources of each request have come, of all of them at once.
func (t tx) progress(ctx context.Context, ids []string) (map[string][]dsr.SourceProgress, error) {
	names, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("encode ids: %w", err)
	}
	rows, err := t.QueryContext(ctx, `
		WITH asked AS (SELECT value AS id FROM json_each(?)),
		read AS (
			SELECT m.request_id, g.source, sum(g.pages) AS pages, sum(g.records) AS records,
				sum(CASE WHEN g.endpoint = 'conversations' AND g.state IN ('done', 'failed')
					THEN max(0, min(g.end_s, p.want_end) - max(g.start_s, p.want_start)) ELSE 0 END) AS done
			FROM asked JOIN range_requests m ON m.request_id = asked.id JOIN ranges g ON g.id = m.range_id
			JOIN request_sources p ON p.request_id = m.request_id AND p.source = g.source
			GROUP BY m.request_id, g.source),
		files AS (
			SELECT m.request_id, m.source, sum(d.state = 'done') AS pages, sum(d.records) AS records, sum(d.taken) AS done
			FROM asked JOIN dump_file_requests m ON m.request_id = asked.id JOIN dump_files d ON d.id = m.file_id
			GROUP BY m.request_id, m.source),
		found AS (
			SELECT f.request_id, f.source, count(*) FILTER (WHERE f.kind = 'conversation') AS conversations,
				count(*) FILTER (WHERE f.kind = 'message') AS messages
			FROM asked JOIN records f ON f.request_id = asked.id GROUP BY f.request_id, f.source)
		SELECT p.request_id, p.source, p.state = 'ended',
			coalesce(read.pages, 0) + coalesce(files.pages, 0), coalesce(read.records, 0) + coalesce(files.records, 0),
			coalesce(found.conversations, 0), coalesce(found.messages, 0),
			CASE WHEN b.bytes IS NULL THEN coalesce(read.done, 0) ELSE coalesce(files.done, 0) END,
			coalesce(b.bytes, p.want_end - p.want_start), s.snoozed_until
		FROM asked JOIN request_sources p ON p.request_id = asked.id
		LEFT JOIN dump_parts b ON b.request_id = p.request_id AND b.source = p.source
		LEFT JOIN source_states s ON s.source = p.source
		LEFT JOIN read ON read.request_id = p.request_id AND read.source = p.source
		LEFT JOIN files ON files.request_id = p.request_id AND files.source = p.source
		LEFT JOIN found ON found.request_id = p.request_id AND found.source = p.source
		ORDER BY p.request_id, p.source`, string(names))
	if err != nil {
		return nil, fmt.Errorf("measure progress: %w", err)
	}
	defer rows.Close()
	sources := map[string][]dsr.SourceProgress{}
	for rows.Next() {
		var id string
		var p dsr.SourceProgress
		var until sql.NullInt64
		err := rows.Scan(&id, &p.Source, &p.Ended, &p.Pages, &p.Records, &p.Conversations, &p.Messages, &p.Done, &p.Whole, &until)
		if err != nil {
			return nil, fmt.Errorf("measure progress: %w", err)
		}
		p.SnoozedUntil = fromMillis(until)
		sources[id] = append(sources[id], p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("measure progress: %w", err)
	}
	return sources, nil
}
