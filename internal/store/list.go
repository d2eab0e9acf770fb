package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// Requests implements api.Service.
func (s *Store) Requests(ctx context.Context, f dsr.Filter) (page dsr.Page, err error) {
	after, err := parseCursor(f.Cursor)
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
		page.NextCursor = cursorAfter(page.Items[f.Limit-1])
	}
	return page, nil
}

// list reads one row more than asked, which tells whether there is a next page.
func (t tx) list(ctx context.Context, f dsr.Filter, after position) ([]dsr.Request, error) {
	items, err := t.listRows(ctx, f, after)
	if err != nil {
		return nil, err
	}
	return t.withProgress(ctx, items)
}

func (t tx) listRows(ctx context.Context, f dsr.Filter, after position) ([]dsr.Request, error) {
	rows, err := t.QueryContext(ctx, `
		SELECT `+requestColumns+` FROM requests
		WHERE (?1 = '' OR status = ?1)
		  AND (?2 = '' OR EXISTS (SELECT 1 FROM json_each(sources) WHERE value = ?2))
		  AND (?3 IS NULL OR due_at < ?3)
		  AND (?4 = '' OR id = ?4 OR substr(reference, 1, length(?4)) = ?4)
		  AND (?8 = '' OR EXISTS (SELECT 1 FROM json_each(labels) WHERE key = ?8 AND (?9 = '' OR value = ?9)))
		  AND (?10 = '' OR assignee = ?10)
		  AND (?5 IS NULL OR (created_at, id) < (?5, ?6))
		ORDER BY created_at DESC, id DESC LIMIT ?7`,
		string(f.Status), f.Source, millis(f.DueBefore), f.Query, millis(after.created), after.id, f.Limit+1,
		f.Label.Name, f.Label.Value, f.Assignee)
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	return t.maskedRows(rows)
}

// maskedRows reads requests as lists show them.
func (t tx) maskedRows(rows *sql.Rows) ([]dsr.Request, error) {
	defer rows.Close()
	items := []dsr.Request{}
	for rows.Next() {
		r, err := t.scanRequest(rows)
		if err != nil {
			return nil, err
		}
		for i, selector := range r.Selectors {
			r.Selectors[i] = selector.Masked()
		}
		r.Notes, r.ExtensionReason, r.DecisionNote, r.ReopenReason = "", "", "", ""
		r.Identity = nil
		if r.Answer != nil {
			r.Answer.Note = ""
		}
		items = append(items, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	return items, nil
}

func (t tx) withProgress(ctx context.Context, items []dsr.Request) ([]dsr.Request, error) {
	ids := make([]string, len(items))
	for i, r := range items {
		ids[i] = r.ID
	}
	sources, err := t.progress(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i, r := range items {
		items[i].Progress = dsr.ProgressOf(r, sources[r.ID], t.now)
	}
	return items, nil
}

// position is where a page of the list ended.
type position struct {
	created time.Time
	id      string
}

func cursorAfter(r dsr.Request) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(r.CreatedAt.UnixMilli(), 10) + " " + r.ID))
}

func parseCursor(cursor string) (p position, err error) {
	if cursor == "" {
		return p, nil
	}
	plain, err := base64.RawURLEncoding.DecodeString(cursor)
	at, id, found := strings.Cut(string(plain), " ")
	ms, errMillis := strconv.ParseInt(at, 10, 64)
	if err != nil || !found || errMillis != nil {
		return p, notOurCursor()
	}
	return position{time.UnixMilli(ms), id}, nil
}

func notOurCursor() error {
	return dsr.FieldErrorf("cursor", "is not one that this service returned; leave it out to begin at the first page")
}
