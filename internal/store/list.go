package store

import (
	"context"
	"fmt"

	"dsr-server/internal/dsr"
)

// order is how a list is sorted: by a column of the index, then by id.
type order struct {
	column, index string
	descending    bool
}

var orders = map[dsr.Order]order{
	"":               {"created_at", "requests_by_time", true},
	dsr.OrderCreated: {"created_at", "requests_by_time", true},
	dsr.OrderDue:     {"due_at", "requests_worklists", false},
	dsr.OrderUpdated: {"updated_at", "requests_by_change", false},
}

// by is the order in SQL.
func (o order) by() string {
	if o.descending {
		return o.column + ` DESC, id DESC`
	}
	return o.column + `, id`
}

// after is the condition of what follows a position.
func (o order) after() string {
	if o.descending {
		return `(` + o.column + `, id) < (?, ?)`
	}
	return `(` + o.column + `, id) > (?, ?)`
}

// Requests implements api.Service.
func (s *Store) Requests(ctx context.Context, f dsr.Filter) (page dsr.Page, err error) {
	after, err := s.parseCursor(f)
	if err != nil {
		return page, err
	}
	err = s.view(ctx, func(t tx) error {
		page.Items, err = t.list(ctx, f, after)
		return err
	})
	if err != nil {
		return page, err
	}
	if len(page.Items) > f.Limit {
		page.Items = page.Items[:f.Limit]
		page.NextCursor = s.cursorAfter(f, page.Items[f.Limit-1])
	}
	return page, nil
}

// list reads one row more than asked, which tells whether there is a next page.
func (t tx) list(ctx context.Context, f dsr.Filter, after *position) ([]dsr.Request, error) {
	items, err := t.listRows(ctx, f, after)
	if err != nil {
		return nil, err
	}
	return t.withProgress(ctx, items)
}

// listRows chooses the requests by the index of their order before it reads them.
func (t tx) listRows(ctx context.Context, f dsr.Filter, after *position) ([]dsr.Request, error) {
	o := orders[f.Order]
	where, args := t.filtered(f)
	where = o.column + ` >= 0` + where // SQLite takes an index only for a condition on its first column
	if after != nil {
		where, args = where+` AND `+o.after(), append(args, after.at, after.id)
	}
	chosen := `SELECT id AS chosen FROM requests INDEXED BY ` + o.index + ` WHERE ` + where + ` ORDER BY ` + o.by() + ` LIMIT ?`
	rows, err := t.QueryContext(ctx, `SELECT `+requestColumns+` FROM (`+chosen+`) JOIN requests ON id = chosen ORDER BY `+o.by(), append(args, f.Limit+1)...)
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	return t.maskedRows(rows)
}

// filtered is the condition of a filter, each part behind an AND, with its values.
func (t tx) filtered(f dsr.Filter) (where string, args []any) {
	add := func(condition string, values ...any) {
		where, args = where+` AND `+condition, append(args, values...)
	}
	if len(f.Statuses) > 0 {
		add(`status IN (SELECT value FROM json_each(?))`, jsonTexts(f.Statuses))
	}
	if f.Source != "" {
		add(`EXISTS (SELECT 1 FROM json_each(sources) WHERE value = ?)`, f.Source)
	}
	if !f.DueBefore.IsZero() {
		add(`due_at < ?`, f.DueBefore.UnixMilli())
	}
	if !f.UpdatedAfter.IsZero() {
		add(`updated_at > ?`, f.UpdatedAfter.UnixMilli())
	}
	for _, l := range f.Labels {
		add(`EXISTS (SELECT 1 FROM json_each(labels) WHERE key = ? AND ? IN ('', value))`, l.Name, l.Value)
	}
	if f.Assignee != "" {
		add(`assignee = ?`, f.Assignee)
	}
	if f.CreatedBy != "" {
		add(`created_by = ?`, f.CreatedBy)
	}
	if f.Query != "" {
		add(isCalled, called(f.Query)...)
	}
	t.filteredByState(f, add)
	return where, args
}

// filteredByState adds what may be so or not.
func (t tx) filteredByState(f dsr.Filter, add func(condition string, values ...any)) {
	for _, c := range []struct {
		want      *bool
		condition string
		values    []any
	}{
		{f.Open, clockRuns, nil},
		{f.Held, `held_at IS NOT NULL`, nil},
		{f.Overdue, `due_at < ? AND ` + awaited, []any{t.now.UnixMilli()}},
	} {
		switch {
		case c.want == nil:
		case *c.want:
			add(c.condition, c.values...)
		default:
			add(`NOT (`+c.condition+`)`, c.values...)
		}
	}
}
