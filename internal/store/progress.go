package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"dsr-server/internal/dsr"
)

// progressOf asks how far the sources of some requests have come; ?1 is a JSON array of ids.
// CROSS JOIN has SQLite begin with these few: it does not know how few they are, and would
// read the records of all requests.
const progressOf = `
	WITH asked AS (SELECT value AS id FROM json_each(?)),
	read AS (
		SELECT m.request_id, m.source, sum(CASE u.kind WHEN 'file' THEN u.state = 'done' ELSE u.pages END) AS pages, sum(u.records) AS records,
			sum(u.taken) + coalesce(sum(max(0, min(u.end_s, p.want_end) - max(u.start_s, p.want_start)))
				FILTER (WHERE u.kind = 'pages' AND u.endpoint = 'conversations' AND u.probe = 0 AND u.state IN ('done', 'failed')), 0) AS done
		FROM asked CROSS JOIN unit_requests m ON m.request_id = asked.id JOIN units u ON u.id = m.unit_id
		JOIN request_sources p ON p.request_id = m.request_id AND p.source = m.source
		GROUP BY m.request_id, m.source),
	found AS (
		SELECT f.request_id, f.source, count(*) FILTER (WHERE f.kind = 'conversation') AS conversations,
			count(*) FILTER (WHERE f.kind = 'message') AS messages
		FROM asked CROSS JOIN records f ON f.request_id = asked.id GROUP BY f.request_id, f.source)
	SELECT p.request_id, p.source, p.state = 'ended',
		coalesce(read.pages, 0), coalesce(read.records, 0), coalesce(found.conversations, 0), coalesce(found.messages, 0),
		coalesce(read.done, 0), p.bytes + max(0, p.want_end - p.want_start), s.snoozed_until
	FROM asked CROSS JOIN request_sources p ON p.request_id = asked.id
	LEFT JOIN source_states s ON s.source = p.source
	LEFT JOIN read ON read.request_id = p.request_id AND read.source = p.source
	LEFT JOIN found ON found.request_id = p.request_id AND found.source = p.source
	ORDER BY p.request_id, p.source`

// progress reads how far the sources of each request have come, of all of them at once.
func (t tx) progress(ctx context.Context, ids []string) (map[string][]dsr.SourceProgress, error) {
	names, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("encode ids: %w", err)
	}
	rows, err := t.QueryContext(ctx, progressOf, string(names))
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
