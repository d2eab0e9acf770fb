package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// answeredRows selects what dsr.WorkAnswered does.
const answeredRows = `answered_at IS NOT NULL AND status <> 'purged' AND answer_outcome NOT IN ('withdrawn', 'duplicate')`

// worklists select what Request.In does.
var worklists = map[dsr.Worklist]string{
	"":               `1`,
	dsr.WorkOpen:     clockRuns,
	dsr.WorkToDecide: `status = 'review' AND ` + clockRuns,
	dsr.WorkToSend:   `status = 'ready' AND mode = 'package' AND ` + awaited,
	dsr.WorkStuck:    `status IN ('rejected', 'failed', 'expired') AND ` + clockRuns,
	dsr.WorkAnswered: answeredRows,
	dsr.WorkClosed:   `NOT (` + clockRuns + `) AND NOT (` + answeredRows + `)`,
}

// sortColumns are those of requests_worklists, so that no list reads the rows it does not show.
var sortColumns = map[dsr.ListSort]string{
	"": `due_at`, dsr.SortDue: `due_at`, dsr.SortRequest: `lower(coalesce(reference, id))`, dsr.SortFound: `conversations`, dsr.SortSubmittedBy: `created_by`,
}

// Worklist implements ui.Service: which requests there are and how many is told by an index,
// and only those of the page are read.
func (s *Store) Worklist(ctx context.Context, q dsr.ListQuery) (page dsr.ListPage, err error) {
	err = s.view(ctx, func(t tx) error {
		page.Counts, page.All, err = t.worklistCounts(ctx)
		if err != nil {
			return err
		}
		if page.Total, err = t.listTotal(ctx, q, page); err != nil {
			return err
		}
		page.Items, err = t.worklistRows(ctx, q)
		return err
	})
	return page, err
}

func (t tx) worklistCounts(ctx context.Context) (counts map[dsr.Worklist]int64, all int64, err error) {
	into, columns := []any{&all}, []string{`count(*)`}
	numbers := make([]int64, len(dsr.Worklists))
	for i, w := range dsr.Worklists {
		columns = append(columns, `count(*) FILTER (WHERE `+worklists[w]+`)`)
		into = append(into, &numbers[i])
	}
	err = t.QueryRowContext(ctx, `SELECT `+strings.Join(columns, ", ")+` FROM requests INDEXED BY requests_worklists WHERE `+everyRow).Scan(into...)
	if err != nil {
		return nil, 0, fmt.Errorf("count work lists: %w", err)
	}
	counts = map[dsr.Worklist]int64{}
	for i, w := range dsr.Worklists {
		counts[w] = numbers[i]
	}
	return counts, all, nil
}

// listTotal counts what a list selects, unless that is a whole work list, which was counted.
func (t tx) listTotal(ctx context.Context, q dsr.ListQuery, page dsr.ListPage) (n int64, err error) {
	where, args := t.listed(q)
	switch {
	case len(args) == 0 && q.Worklist == "":
		return page.All, nil
	case len(args) == 0:
		return page.Counts[q.Worklist], nil
	}
	if err := t.QueryRowContext(ctx, `SELECT count(*) FROM requests INDEXED BY requests_worklists WHERE `+where, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count list: %w", err)
	}
	return n, nil
}

// listed is the condition of a list with its values; there are none where a whole work list
// is meant.
func (t tx) listed(q dsr.ListQuery) (where string, args []any) {
	where = everyRow + ` AND ` + worklists[q.Worklist]
	add := func(condition string, values ...any) {
		where, args = where+` AND `+condition, append(args, values...)
	}
	if q.Urgency != "" {
		add(`due_at >= ? AND due_at < ? AND `+awaited, t.urgent(q.Urgency)...)
	}
	if q.Assignee != "" {
		add(`assignee = ?`, q.Assignee)
	}
	if q.Waiting != "" {
		add(`status = 'running' AND EXISTS (SELECT 1 FROM request_sources s WHERE s.request_id = requests.id AND s.source = ? AND s.state = 'open')`, q.Waiting)
	}
	if q.Text != "" {
		add(isCalled, called(q.Text)...)
	}
	if q.Asked != nil {
		add(`id IN (SELECT request_id FROM asked_values WHERE value_key IN (SELECT unhex(value) FROM json_each(?)))`, jsonTexts(q.Asked))
	}
	if q.IDs != nil {
		add(`id IN (SELECT value FROM json_each(?))`, jsonTexts(q.IDs))
	}
	return where, args
}

// SearchAsked implements ui.Service.
func (s *Store) SearchAsked(ctx context.Context, by dsr.Principal, selectors []dsr.Selector) (keys []string, err error) {
	err = s.update(ctx, func(t tx) error {
		for _, sel := range selectors {
			keys = append(keys, hex.EncodeToString(t.askedKey(sel)))
		}
		slices.Sort(keys)
		keys = slices.Compact(keys)
		return t.record(ctx, audit.Event{Kind: audit.RequestsSearched, Actor: by.ID})
	})
	return keys, translate(err)
}

// urgent are the bounds of due dates, the second not included.
func (t tx) urgent(u dsr.Urgency) []any {
	now, soon := t.now.UnixMilli(), t.now.Add(dsr.DueSoon).UnixMilli()
	switch u {
	case dsr.Overdue:
		return []any{0, now}
	case dsr.DueThisWeek:
		return []any{now, soon}
	case dsr.OverdueOrThisWeek:
		return []any{0, soon}
	}
	return []any{now, int64(math.MaxInt64)}
}

// worklistRows chooses the requests by the index before it reads them.
func (t tx) worklistRows(ctx context.Context, q dsr.ListQuery) ([]dsr.Request, error) {
	order := sortColumns[q.Sort]
	if q.Descending {
		order += ` DESC`
	}
	where, args := t.listed(q)
	chosen := `SELECT id AS chosen FROM requests INDEXED BY requests_worklists WHERE ` + where + ` ORDER BY ` + order + `, id LIMIT ? OFFSET ?`
	rows, err := t.QueryContext(ctx, `SELECT `+requestColumns+` FROM (`+chosen+`) JOIN requests ON id = chosen ORDER BY `+order+`, id`, append(args, q.Limit, q.Offset)...)
	if err != nil {
		return nil, fmt.Errorf("read list: %w", err)
	}
	items, err := t.maskedRows(rows)
	if err != nil {
		return nil, err
	}
	return t.withProgress(ctx, items)
}
