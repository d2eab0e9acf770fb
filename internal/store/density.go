package store

import (
	"context"
	"fmt"

	"dsr-server/internal/dsr"
)

// Densities says for each source that has been read how many conversations lay in how
// much of its timeline.
func (s *Store) Densities(ctx context.Context) (out map[string]dsr.Density, err error) {
	err = s.view(ctx, func(t tx) error {
		out, err = t.densities(ctx)
		return err
	})
	return out, err
}

func (t tx) densities(ctx context.Context) (map[string]dsr.Density, error) {
	rows, err := t.QueryContext(ctx, `
		SELECT source, sum(records), sum(end_s - start_s) FROM units
		WHERE kind = 'pages' AND endpoint = 'conversations' AND state = 'done' AND probe = 0 GROUP BY source`)
	if err != nil {
		return nil, fmt.Errorf("read densities: %w", err)
	}
	defer rows.Close()
	out := map[string]dsr.Density{}
	for rows.Next() {
		var source string
		var d dsr.Density
		if err := rows.Scan(&source, &d.Records, &d.Seconds); err != nil {
			return nil, fmt.Errorf("read density: %w", err)
		}
		out[source] = d
	}
	return out, rows.Err()
}
