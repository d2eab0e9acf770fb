package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"dsr-server/internal/dsr"
)

// maxListedUnits is how many unfinished units of messages, and files, a lane is shown: more
// than it reads at once, and few enough to look at often.
const maxListedUnits = 64

// OpenWork returns the open searches of running requests on the sources, with the units
// that concern them: every interval of a timeline in any state, and of what else is not
// finished the first.
func (w *Work) OpenWork(ctx context.Context, sources []string) (o dsr.OpenWork, err error) {
	names, err := json.Marshal(sources)
	if err != nil {
		return o, fmt.Errorf("encode sources: %w", err)
	}
	err = w.view(ctx, func(t tx) error {
		if o.Searches, err = t.searches(ctx, `r.status = 'running' AND p.state = 'open' AND p.source IN (SELECT value FROM json_each(?))`, string(names)); err != nil {
			return err
		}
		if o.Units, err = t.units(ctx, openUnits, string(names), maxListedUnits); err != nil {
			return err
		}
		o.States, err = t.sourceStates(ctx)
		return err
	})
	return o, err
}

const (
	// forOpenSearches says of a unit n that somebody waits for it.
	forOpenSearches = `JOIN unit_requests m ON m.unit_id = n.id
		JOIN requests r ON r.id = m.request_id AND r.status = 'running'
		JOIN request_sources p ON p.request_id = m.request_id AND p.source = m.source AND p.state = 'open'
		WHERE n.source IN (SELECT value FROM json_each(?1))`

	openUnits = `u.id IN (
		SELECT n.id FROM units n ` + forOpenSearches + ` AND n.kind = 'pages' AND n.endpoint = 'conversations'
		UNION SELECT id FROM (SELECT n.id FROM units n ` + forOpenSearches + ` AND n.endpoint = 'messages' AND n.state IN ('waiting', 'reading')
			ORDER BY n.state, r.due_at, n.name, n.id LIMIT ?2)
		UNION SELECT id FROM (SELECT n.id FROM units n ` + forOpenSearches + ` AND n.kind = 'file' AND n.endpoint = 'conversations' AND n.state IN ('waiting', 'reading')
			ORDER BY n.state, r.due_at, n.name, n.id LIMIT ?2))`
)

// openOf reports whether a search has units of an endpoint that are not finished.
func openOf(endpoint dsr.Endpoint) string {
	return `EXISTS (SELECT 1 FROM unit_requests m JOIN units u ON u.id = m.unit_id WHERE m.request_id = p.request_id AND m.source = p.source
		AND u.endpoint = '` + string(endpoint) + `' AND u.state IN ('waiting', 'reading'))`
}

func (t tx) searches(ctx context.Context, where string, args ...any) ([]dsr.SourceSearch, error) {
	rows, err := t.QueryContext(ctx, `
		SELECT p.request_id, p.source, p.state = 'ended', p.stage, p.want_start, p.want_end, p.margin_ms, p.bytes, p.refused, p.left_alone, coalesce(p.complete, 0),
			p.reasons, p.tally, p.opened_at, r.due_at, r.window_start, r.window_end, r.as_of, `+openOf(dsr.Conversations)+`, `+openOf(dsr.Messages)+`
		FROM request_sources p JOIN requests r ON r.id = p.request_id
		WHERE `+where+` ORDER BY r.due_at, r.created_at, p.request_id, p.source`, args...)
	if err != nil {
		return nil, fmt.Errorf("read searches: %w", err)
	}
	defer rows.Close()
	var searches []dsr.SourceSearch
	for rows.Next() {
		s, err := scanSearch(rows)
		if err != nil {
			return nil, err
		}
		searches = append(searches, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read searches: %w", err)
	}
	return searches, t.addShortCuts(ctx, searches)
}

func scanSearch(rows *sql.Rows) (s dsr.SourceSearch, err error) {
	var margin, opened, due int64
	var start, end, asOf sql.NullInt64
	var refused, leftAlone, reasons, tally string
	err = rows.Scan(&s.RequestID, &s.Source, &s.Ended, &s.Stage, &s.Want.Start, &s.Want.End, &margin, &s.Bytes, &refused, &leftAlone, &s.Complete,
		&reasons, &tally, &opened, &due, &start, &end, &asOf, &s.Scanning, &s.Collecting)
	if err != nil {
		return s, fmt.Errorf("read search: %w", err)
	}
	s.Margin = time.Duration(margin) * time.Millisecond
	s.OpenedAt, s.DueAt = time.UnixMilli(opened).UTC(), time.UnixMilli(due).UTC()
	s.Window, s.AsOf = dsr.Window{Start: fromMillis(start), End: fromMillis(end)}, fromMillis(asOf)
	if err := json.Unmarshal([]byte(refused), &s.Refused); err != nil {
		return s, fmt.Errorf("decode refusals: %w", err)
	}
	if err := json.Unmarshal([]byte(leftAlone), &s.LeftAlone); err != nil {
		return s, fmt.Errorf("decode files left alone: %w", err)
	}
	if err := json.Unmarshal([]byte(reasons), &s.Reasons); err != nil {
		return s, fmt.Errorf("decode reasons: %w", err)
	}
	return s, decodeTally(tally, &s.Tally)
}

func (t tx) sourceStates(ctx context.Context) (map[string]dsr.SourceState, error) {
	rows, err := t.QueryContext(ctx, `SELECT source, last_good_at, snoozed_until, snoozes FROM source_states`)
	if err != nil {
		return nil, fmt.Errorf("read source states: %w", err)
	}
	defer rows.Close()
	states := map[string]dsr.SourceState{}
	for rows.Next() {
		var name string
		var good, until sql.NullInt64
		var st dsr.SourceState
		if err := rows.Scan(&name, &good, &until, &st.Snoozes); err != nil {
			return nil, fmt.Errorf("read source state: %w", err)
		}
		st.LastGood, st.SnoozedUntil = fromMillis(good), fromMillis(until)
		states[name] = st
	}
	return states, rows.Err()
}
