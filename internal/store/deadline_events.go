package store

import (
	"context"
	"fmt"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
)

// JobDeadlines tells of deadlines that come near or have passed; its one key is DeadlinesKey.
const (
	JobDeadlines = "deadlines"
	DeadlinesKey = "all"
)

// ScheduleDeadlines makes the look at deadlines due now. Call it at start: from then on each
// look says when the next one is.
func (s *Store) ScheduleDeadlines(ctx context.Context) error {
	err := s.update(ctx, func(t tx) error {
		if err := jobs.Forget(ctx, t.Tx, JobDeadlines, DeadlinesKey); err != nil {
			return err
		}
		return jobs.Enqueue(ctx, t.Tx, t.now, jobs.Job{Kind: JobDeadlines, Key: DeadlinesKey})
	})
	s.opts.Woken()
	return translate(err)
}

// untold selects the requests whose clock runs and whose deadline, between ?2 and ?3, was not
// told of by event ?1.
const untold = `SELECT id, due_at FROM requests WHERE due_at > ?2 AND due_at <= ?3 AND ` + awaited + `
	AND NOT EXISTS (SELECT 1 FROM deadline_events e WHERE e.request_id = requests.id AND e.event = ?1 AND e.due_at = requests.due_at)
	ORDER BY due_at LIMIT 100`

// TellDeadlines announces every deadline that has come near or passed, each once; one that
// has passed before it was told to be near is told as passed alone. A deadline that was moved
// is another one.
func (w *Work) TellDeadlines(ctx context.Context) error {
	for {
		told := 0
		err := w.step(ctx, func(t tx) error {
			now, soon := t.now.UnixMilli(), t.now.Add(dsr.DueSoon).UnixMilli()
			overdue, err := t.tellDeadlines(ctx, dsr.HookOverdue, 0, now)
			if err != nil {
				return err
			}
			near, err := t.tellDeadlines(ctx, dsr.HookDueSoon, now, soon)
			told = overdue + near
			return err
		})
		if err != nil || told == 0 {
			return err
		}
	}
}

func (t tx) tellDeadlines(ctx context.Context, event dsr.HookEvent, after, upTo int64) (told int, err error) {
	rows, err := t.QueryContext(ctx, untold, string(event), after, upTo)
	if err != nil {
		return 0, fmt.Errorf("read deadlines: %w", err)
	}
	defer rows.Close()
	due := map[string]int64{}
	var ids []string
	for rows.Next() {
		var id string
		var at int64
		if err := rows.Scan(&id, &at); err != nil {
			return 0, fmt.Errorf("read deadlines: %w", err)
		}
		ids, due[id] = append(ids, id), at
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("read deadlines: %w", err)
	}
	for _, id := range ids {
		if _, err := t.ExecContext(ctx, `INSERT INTO deadline_events (request_id, event, due_at) VALUES (?, ?, ?)`, id, string(event), due[id]); err != nil {
			return 0, fmt.Errorf("note deadline: %w", err)
		}
		if err := t.announce(ctx, event, id, announced{}); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// DeadlinesEvery is the longest time between two looks: a request may come in with a deadline
// that is near, and a pause may end.
const DeadlinesEvery = time.Minute
