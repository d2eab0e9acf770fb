package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"unicode"

	"dsr-server/internal/dsr"
)

// resting is paused as a list of many asks it: the few that rest are looked up once.
const resting = `id IN (SELECT request_id FROM pauses WHERE answered_on IS NULL)`

// awaited selects the requests that somebody has to see to.
const awaited = clockRuns + ` AND NOT ` + resting

// isCalled selects a request by what called gives of a text.
const isCalled = `(id = ? OR instr(lower(reference), ?) > 0 OR instr(lower(reference), ?) > 0)`

// called are an id and the two forms of a reference to look for: SQLite's lower knows ASCII
// alone, so other letters are looked for in both cases.
func called(text string) []any {
	id := strings.ToLower(text)
	capitals := strings.Map(func(r rune) rune {
		if r <= unicode.MaxASCII {
			return unicode.ToLower(r)
		}
		return r
	}, strings.ToUpper(text))
	return []any{id, id, capitals}
}

// jsonTexts is a list of ids, hashes or other words that need no escaping, as a statement
// takes it.
func jsonTexts[T ~string](texts []T) string {
	words := make([]string, len(texts))
	for i, text := range texts {
		words[i] = `"` + string(text) + `"`
	}
	return `[` + strings.Join(words, ",") + `]`
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
