package store

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"dsr-server/internal/dsr"
)

// answeredRows selects what dsr.WorkAnswered does.
const answeredRows = `answered_at IS NOT NULL AND status <> 'purged' AND answer_outcome NOT IN ('withdrawn', 'duplicate')`

// worklists select what Request.In does.
var worklists = map[dsr.Worklist]string{
	"":               `1`,
	dsr.WorkOpen:     clockRuns,
	dsr.WorkToDecide: clockRuns + ` AND status = 'review'`,
	dsr.WorkToSend:   clockRuns + ` AND status = 'ready' AND mode = 'package' AND NOT ` + paused,
	dsr.WorkAnswered: answeredRows,
	dsr.WorkClosed:   `NOT (` + clockRuns + `) AND NOT (` + answeredRows + `)`,
}

// everyRow is true; SQLite takes an index only for a condition on its first column.
const everyRow = `due_at >= 0`

// awaited selects the requests that somebody has to see to now.
const awaited = clockRuns + ` AND NOT ` + paused

// urgent selects by deadline; ?1 is now, ?2 the end of what is soon.
var urgent = map[dsr.Urgency]string{
	"":                    `1`,
	dsr.Overdue:           awaited + ` AND due_at < ?1`,
	dsr.DueThisWeek:       awaited + ` AND due_at >= ?1 AND due_at < ?2`,
	dsr.OverdueOrThisWeek: awaited + ` AND due_at < ?2`,
	dsr.NotOverdue:        awaited + ` AND due_at >= ?1`,
}

// sortColumns are those of requests_worklists, so that no list reads the rows it does not show.
var sortColumns = map[dsr.ListSort]string{
	dsr.SortDue: `due_at`, dsr.SortRequest: `lower(coalesce(reference, id))`, dsr.SortFound: `conversations`, dsr.SortSubmittedBy: `created_by`,
}

// Worklist implements ui.Service: which requests there are and how many is told by an index,
// and only those of the page are read.
func (s *Store) Worklist(ctx context.Context, q dsr.ListQuery) (page dsr.ListPage, err error) {
	err = s.view(ctx, func(t tx) error {
		page.Counts, page.All, err = t.worklistCounts(ctx)
		if err != nil {
			return err
		}
		if err := t.QueryRowContext(ctx, `SELECT count(*) FROM requests INDEXED BY requests_worklists WHERE `+listed(q), t.listArgs(q)...).Scan(&page.Total); err != nil {
			return fmt.Errorf("count list: %w", err)
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

// listed is the condition of a list; listArgs has its values.
func listed(q dsr.ListQuery) string {
	return everyRow + ` AND ` + worklists[q.Worklist] + ` AND ` + urgent[q.Urgency] + `
		AND (?3 = '' OR assignee = ?3)
		AND (?4 = '' OR status = 'running' AND EXISTS (SELECT 1 FROM request_sources s WHERE s.request_id = requests.id AND s.source = ?4 AND s.state = 'open'))
		AND (?5 = '' OR id = ?5 OR instr(lower(reference), ?5) > 0 OR instr(lower(reference), ?6) > 0)
		AND (?7 IS NULL OR id IN (SELECT value FROM json_each(?7)))`
}

// listArgs: SQLite's lower knows ASCII alone, so other letters are looked for in both cases.
func (t tx) listArgs(q dsr.ListQuery) []any {
	ascii := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r < unicode.MaxASCII {
				return unicode.ToLower(r)
			}
			return r
		}, s)
	}
	return []any{t.now.UnixMilli(), t.now.Add(dsr.DueSoon).UnixMilli(), q.Assignee, q.Waiting, strings.ToLower(q.Text), ascii(strings.ToUpper(q.Text)), idList(q.IDs)}
}

// idList is a list of ids as a statement takes it; none is NULL.
func idList(ids []string) any {
	if ids == nil {
		return nil
	}
	return `["` + strings.Join(ids, `","`) + `"]`
}

// worklistRows chooses the requests by the index before it reads them.
func (t tx) worklistRows(ctx context.Context, q dsr.ListQuery) ([]dsr.Request, error) {
	order := sortColumns[q.Sort]
	if order == "" {
		order = sortColumns[dsr.SortDue]
	}
	if q.Descending {
		order += ` DESC`
	}
	chosen := `SELECT id AS chosen FROM requests INDEXED BY requests_worklists WHERE ` + listed(q) + ` ORDER BY ` + order + `, id LIMIT ?8 OFFSET ?9`
	rows, err := t.QueryContext(ctx, `SELECT `+requestColumns+` FROM (`+chosen+`) JOIN requests ON id = chosen ORDER BY `+order+`, id`,
		append(t.listArgs(q), q.Limit, q.Offset)...)
	if err != nil {
		return nil, fmt.Errorf("read list: %w", err)
	}
	items, err := t.maskedRows(rows)
	if err != nil {
		return nil, err
	}
	return t.withProgress(ctx, items)
}
