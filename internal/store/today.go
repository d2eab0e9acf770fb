package store

import (
	"context"
	"fmt"

	"dsr-server/internal/dsr"
)

// todayRows is how many requests each list of the day holds.
const todayRows = 5

// Today implements ui.Service: all of it is of one moment.
func (s *Store) Today(ctx context.Context) (d dsr.Today, err error) {
	err = s.view(ctx, func(t tx) error {
		if err := t.countToday(ctx, &d); err != nil {
			return err
		}
		if d.Waiting, err = t.waiting(ctx); err != nil {
			return err
		}
		return t.listToday(ctx, &d)
	})
	return d, err
}

func (t tx) countToday(ctx context.Context, d *dsr.Today) error {
	err := t.QueryRowContext(ctx, `
		SELECT count(*), count(*) FILTER (WHERE `+answeredRows+`),
			count(*) FILTER (WHERE `+worklists[dsr.WorkToDecide]+`), count(*) FILTER (WHERE `+worklists[dsr.WorkToSend]+`), count(*) FILTER (WHERE `+worklists[dsr.WorkStuck]+`),
			count(*) FILTER (WHERE due_at < ?1 AND `+awaited+`), count(*) FILTER (WHERE due_at >= ?1 AND due_at < ?2 AND `+awaited+`),
			(SELECT count(*) FROM people WHERE disabled = 0)
		FROM requests INDEXED BY requests_worklists WHERE `+everyRow, t.now.UnixMilli(), t.now.Add(dsr.DueSoon).UnixMilli()).
		Scan(&d.All, &d.Answered, &d.ToDecide, &d.ToSend, &d.Stuck, &d.Overdue, &d.DueSoon, &d.People)
	if err != nil {
		return fmt.Errorf("count what waits: %w", err)
	}
	return nil
}

// Waits implements ui.Service.
func (s *Store) Waits(ctx context.Context) (w dsr.Waits, err error) {
	err = s.view(ctx, func(t tx) error {
		return t.QueryRowContext(ctx, `
			SELECT count(*) FILTER (WHERE due_at < ?1 AND `+awaited+` OR `+worklists[dsr.WorkToSend]+` OR `+worklists[dsr.WorkStuck]+`),
				count(*) FILTER (WHERE `+worklists[dsr.WorkToDecide]+`)
			FROM requests INDEXED BY requests_worklists WHERE `+everyRow, t.now.Add(dsr.DueSoon).UnixMilli()).Scan(&w.Today, &w.ToDecide)
	})
	if err != nil {
		return w, fmt.Errorf("count what waits: %w", err)
	}
	return w, nil
}

// listToday reads the first rows of each list, and the next deadline where nothing is near.
func (t tx) listToday(ctx context.Context, d *dsr.Today) error {
	for _, list := range []struct {
		into *[]dsr.Request
		q    dsr.ListQuery
	}{
		{&d.Due, dsr.ListQuery{Urgency: dsr.OverdueOrThisWeek}},
		{&d.Decide, dsr.ListQuery{Worklist: dsr.WorkToDecide}},
		{&d.Send, dsr.ListQuery{Worklist: dsr.WorkToSend}},
		{&d.Redo, dsr.ListQuery{Worklist: dsr.WorkStuck}},
	} {
		list.q.Limit = todayRows
		items, err := t.worklistRows(ctx, list.q)
		if err != nil {
			return err
		}
		*list.into = items
	}
	next, err := t.worklistRows(ctx, dsr.ListQuery{Urgency: dsr.NotOverdue, Limit: 1})
	if len(next) > 0 {
		d.Next = &next[0]
	}
	return err
}

// waiting are the sources that are left alone for a while, with how many requests they keep.
func (t tx) waiting(ctx context.Context) (all []dsr.SourceWaiting, err error) {
	rows, err := t.QueryContext(ctx, `
		SELECT w.source, count(*) FROM source_states w JOIN request_sources s ON s.source = w.source AND s.state = 'open'
			JOIN requests r ON r.id = s.request_id AND r.status = 'running'
		WHERE w.snoozed_until > ? GROUP BY w.source ORDER BY w.source`, t.now.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("count what sources keep: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var w dsr.SourceWaiting
		if err := rows.Scan(&w.Source, &w.Requests); err != nil {
			return nil, fmt.Errorf("count what sources keep: %w", err)
		}
		all = append(all, w)
	}
	return all, rows.Err()
}
