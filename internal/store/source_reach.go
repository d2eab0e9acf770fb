package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"dsr-server/internal/dsr"
)

// SourceReaches is what is known of how far each of the sources reaches, and which refuse their key.
func (s *Store) SourceReaches(ctx context.Context, sources []string) (reaches map[string]dsr.Reach, refusals map[string]dsr.Refusal, err error) {
	reaches = map[string]dsr.Reach{}
	err = s.view(ctx, func(t tx) error {
		for _, source := range sources {
			if reaches[source], err = t.reach(ctx, source); err != nil {
				return err
			}
		}
		refusals, err = t.refusals(ctx)
		return err
	})
	return reaches, refusals, err
}

// reach is of the last search that read the source whole.
func (t tx) reach(ctx context.Context, source string) (r dsr.Reach, err error) {
	var oldest, newest, modified, ended sql.NullInt64
	err = t.QueryRowContext(ctx, `
		WITH last AS (SELECT request_id, ended_at FROM request_sources WHERE source = ?1 AND state = 'ended' AND complete = 1 ORDER BY ended_at DESC LIMIT 1)
		SELECT min(u.first_ms), max(u.last_ms), max(u.modified_ns) / 1000000, l.ended_at
		FROM last l JOIN unit_requests m ON m.request_id = l.request_id AND m.source = ?1 JOIN units u ON u.id = m.unit_id AND u.endpoint = 'conversations'`, source).
		Scan(&oldest, &newest, &modified, &ended)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return r, fmt.Errorf("read how far %s reaches: %w", source, err)
	}
	return dsr.Reach{Oldest: fromMillis(oldest), Newest: fromMillis(newest), Modified: fromMillis(modified), ReadAt: fromMillis(ended)}, nil
}

// refusals are the sources of which a search ended with a refused key after they last
// answered, with how many open requests lack them for that.
func (t tx) refusals(ctx context.Context) (map[string]dsr.Refusal, error) {
	rows, err := t.QueryContext(ctx, `
		SELECT s.source, min(s.ended_at), count(*) FILTER (WHERE `+clockRuns+`)
		FROM request_sources s JOIN requests ON requests.id = s.request_id LEFT JOIN source_states w ON w.source = s.source
		WHERE s.state = 'ended' AND s.complete = 0 AND s.ended_at > coalesce(w.last_good_at, 0)
			AND EXISTS (SELECT 1 FROM json_each(s.reasons) WHERE json_extract(value, '$.code') = ?)
		GROUP BY s.source`, dsr.ReasonKeyRefused)
	if err != nil {
		return nil, fmt.Errorf("read refused keys: %w", err)
	}
	defer rows.Close()
	refusals := map[string]dsr.Refusal{}
	for rows.Next() {
		var source string
		var since int64
		var r dsr.Refusal
		if err := rows.Scan(&source, &since, &r.Requests); err != nil {
			return nil, fmt.Errorf("read refused keys: %w", err)
		}
		r.Since = time.UnixMilli(since).UTC()
		refusals[source] = r
	}
	return refusals, rows.Err()
}
