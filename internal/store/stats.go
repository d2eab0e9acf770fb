package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
)

// Stats are the service in numbers: counts and times, nothing of anybody.
type Stats struct {
	Requests map[dsr.Status]int64
	DueSoon  map[int]int64 // unanswered, due within so many days and not overdue
	Overdue  int64         // unanswered although due
	NextDue  time.Time     // of those that are not answered; zero: none
	Jobs     []jobs.KindCount
	Oldest   time.Time // since when a due job waits; zero: none does
	Sources  map[string]dsr.SourceState
	Events   int64 // of the audit log
	Answers  []dsr.AnswerFigures
	// Deliveries are the messages to webhooks by state, of the last 30 days where they have ended.
	Deliveries map[dsr.DeliveryState]int64
	// Notices are those to staff, likewise.
	Notices map[dsr.DeliveryState]int64
}

// Stats reads them, all of one moment.
func (s *Store) Stats(ctx context.Context) (out Stats, err error) {
	err = s.view(ctx, func(t tx) error {
		if err := t.countRequests(ctx, &out); err != nil {
			return err
		}
		if out.Jobs, err = jobs.CountKinds(ctx, t.Tx); err != nil {
			return err
		}
		stats, err := jobs.Count(ctx, t.Tx, t.now)
		if err != nil {
			return err
		}
		out.Oldest = stats.OldestDue
		if out.Sources, err = t.sourceStates(ctx); err != nil {
			return err
		}
		if out.Answers, err = t.answerFigures(ctx); err != nil {
			return err
		}
		if out.Deliveries, err = t.countStates(ctx, "deliveries"); err != nil {
			return err
		}
		if out.Notices, err = t.countStates(ctx, "notices"); err != nil {
			return err
		}
		out.Events, err = t.auditSize(ctx)
		return err
	})
	return out, err
}

// countStates counts the rows of a table of messages by state.
func (t tx) countStates(ctx context.Context, table string) (map[dsr.DeliveryState]int64, error) {
	counts := map[dsr.DeliveryState]int64{}
	for _, state := range dsr.DeliveryStates {
		var n int64
		if err := t.QueryRowContext(ctx, `SELECT count(*) FROM `+table+` WHERE state = ?`, string(state)).Scan(&n); err != nil {
			return nil, fmt.Errorf("count %s: %w", table, err)
		}
		counts[state] = n
	}
	return counts, nil
}

// clockRuns selects the requests whose deadline counts.
const clockRuns = `answered_at IS NULL AND status NOT IN ('cancelled', 'purged')`

func (t tx) countRequests(ctx context.Context, out *Stats) error {
	out.Requests = map[dsr.Status]int64{}
	for _, status := range dsr.Statuses {
		out.Requests[status] = 0 // a status without requests is a number too
	}
	rows, err := t.QueryContext(ctx, `SELECT status, count(*) FROM requests GROUP BY status`)
	if err != nil {
		return fmt.Errorf("count requests: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var status dsr.Status
		var n int64
		if err := rows.Scan(&status, &n); err != nil {
			return fmt.Errorf("count requests: %w", err)
		}
		out.Requests[status] = n
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("count requests: %w", err)
	}
	return t.countDeadlines(ctx, out)
}

// countDeadlines counts those that run.
func (t tx) countDeadlines(ctx context.Context, out *Stats) error {
	within := func(days int) int64 { return t.now.AddDate(0, 0, days).UnixMilli() }
	var next sql.NullInt64
	var one, three, seven int64
	err := t.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE due_at < ?1), count(*) FILTER (WHERE due_at >= ?1 AND due_at < ?2),
			count(*) FILTER (WHERE due_at >= ?1 AND due_at < ?3), count(*) FILTER (WHERE due_at >= ?1 AND due_at < ?4), min(due_at)
		FROM requests WHERE `+clockRuns+` AND NOT `+paused, t.now.UnixMilli(), within(1), within(3), within(7)).
		Scan(&out.Overdue, &one, &three, &seven, &next)
	if err != nil {
		return fmt.Errorf("count deadlines: %w", err)
	}
	out.DueSoon = map[int]int64{1: one, 3: three, 7: seven}
	out.NextDue = fromMillis(next)
	return nil
}

// answerFigures are those of the last year's answers, of purged requests too.
func (t tx) answerFigures(ctx context.Context) ([]dsr.AnswerFigures, error) {
	rows, err := t.QueryContext(ctx, `SELECT regime, received_at, due_at, answer_told_on, answer_outcome FROM requests WHERE answer_told_on > ?`,
		dsr.FiguresSince(t.today()))
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	defer rows.Close()
	var answered []dsr.ReportRow
	for rows.Next() {
		var r dsr.ReportRow
		var received, due int64
		if err := rows.Scan(&r.Regime, &received, &due, &r.ToldOn, &r.Outcome); err != nil {
			return nil, fmt.Errorf("read answers: %w", err)
		}
		if slices.Contains(dsr.NoAnswers, r.Outcome) {
			continue
		}
		day := t.s.opts.Deadlines.Day
		r.Received, r.Due = day(time.UnixMilli(received)), day(time.UnixMilli(due))
		answered = append(answered, r)
	}
	return dsr.FiguresOf(answered), rows.Err()
}

// SourceStates is what is known of the sources that were ever asked, by name.
func (s *Store) SourceStates(ctx context.Context) (states map[string]dsr.SourceState, err error) {
	err = s.view(ctx, func(t tx) error {
		states, err = t.sourceStates(ctx)
		return err
	})
	return states, err
}
