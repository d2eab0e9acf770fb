package jobs

import (
	"context"
	"fmt"
)

// KindCount is how many jobs of one kind are in one state.
type KindCount struct {
	Kind  string
	State State
	Jobs  int64
}

// CountKinds returns the counts that are not zero, in the order of kind and state.
func CountKinds(ctx context.Context, db Reader) ([]KindCount, error) {
	rows, err := db.QueryContext(ctx, `SELECT kind, state, count(*) FROM jobs GROUP BY kind, state ORDER BY kind, state`)
	if err != nil {
		return nil, fmt.Errorf("count jobs: %w", err)
	}
	defer rows.Close()
	var counts []KindCount
	for rows.Next() {
		var c KindCount
		if err := rows.Scan(&c.Kind, &c.State, &c.Jobs); err != nil {
			return nil, fmt.Errorf("count jobs: %w", err)
		}
		counts = append(counts, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("count jobs: %w", err)
	}
	return counts, nil
}
