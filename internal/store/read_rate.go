package store

import (
	"context"
	"fmt"

	"dsr-server/internal/dsr"
)

// ReadRates says for each source that has been read how many conversations lay in how
// much of its timeline.
func (s *Store) ReadRates(ctx context.Context) (out map[string]dsr.ReadRate, err error) {
	err = s.view(ctx, func(t tx) error {
		out, err = t.readRates(ctx)
		return err
	})
	return out, err
}

func (t tx) readRates(ctx context.Context) (map[string]dsr.ReadRate, error) {
	rows, err := t.QueryContext(ctx, `
		SELECT source, sum(records), sum(end_s - start_s) FROM units
		WHERE kind = 'pages' AND endpoint = 'conversations' AND state = 'done' AND probe = 0 GROUP BY source`)
	if err != nil {
		return nil, fmt.Errorf("read rates: %w", err)
	}
	defer rows.Close()
	out := map[string]dsr.ReadRate{}
	for rows.Next() {
		var source string
		var rate dsr.ReadRate
		if err := rows.Scan(&source, &rate.Records, &rate.Seconds); err != nil {
			return nil, fmt.Errorf("read rate: %w", err)
		}
		out[source] = rate
	}
	return out, rows.Err()
}
