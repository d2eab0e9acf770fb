package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"dsr-server/internal/dsr"
)

// maxListedUnits is how many unfinished units of messages, and files, of a source a lane is
// shown: more than it reads at once, and few enough to look at often.
const maxListedUnits = 64

// OpenWork returns the open searches of running requests on the sources, with the units
// that concern them: see unitsToRead.
func (w *Work) OpenWork(ctx context.Context, sources []string) (o dsr.OpenWork, err error) {
	names, err := json.Marshal(sources)
	if err != nil {
		return o, fmt.Errorf("encode sources: %w", err)
	}
	err = w.view(ctx, func(t tx) error {
		if o.Searches, err = t.searches(ctx, `r.status = 'running' AND p.state = 'open' AND p.source IN (SELECT value FROM json_each(?))`, string(names)); err != nil {
			return err
		}
		if o.Units, err = t.unitsToRead(ctx, o.Searches, string(names)); err != nil {
			return err
		}
		if o.Unplanned, err = t.unplanned(ctx); err != nil {
			return err
		}
		o.States, err = t.sourceStates(ctx)
		return err
	})
	return o, err
}

// unitsToRead returns every interval of a timeline that an open search needs, and the first
// maxListedUnits of what else is not finished: of each endpoint and source, in the order
// of the searches.
func (t tx) unitsToRead(ctx context.Context, searches []dsr.SourceSearch, names string) ([]dsr.Unit, error) {
	ids := []int64{}
	for _, e := range []dsr.Endpoint{dsr.Conversations, dsr.Messages} {
		listed := map[string]int{}
		for _, s := range searches {
			some, err := t.firstOpen(ctx, s, e, maxListedUnits-listed[s.Source])
			if err != nil {
				return nil, err
			}
			listed[s.Source] += len(some)
			ids = append(ids, some...)
		}
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("encode units: %w", err)
	}
	return t.units(ctx, timelines, names, string(list))
}

// timelines selects the intervals of timelines for open searches of the sources ?1, and the
// units ?2.
const timelines = `u.id IN (
	SELECT n.id FROM units n INDEXED BY units_timeline CROSS JOIN unit_requests m ON m.unit_id = n.id
		JOIN requests r ON r.id = m.request_id AND r.status = 'running'
		JOIN request_sources p ON p.request_id = m.request_id AND p.source = m.source AND p.state = 'open'
		WHERE n.source IN (SELECT value FROM json_each(?1)) AND n.kind = 'pages' AND n.endpoint = 'conversations'
	UNION SELECT value FROM json_each(?2))`

// firstOpen returns ids of the first files, or units of messages, of a search that are not
// finished, what is being read first. The index has them in this order, so that as many
// rows are looked at as are returned, however many files there are.
func (t tx) firstOpen(ctx context.Context, s dsr.SourceSearch, e dsr.Endpoint, limit int) (ids []int64, err error) {
	if open := e == dsr.Conversations && s.Scanning || e == dsr.Messages && s.Collecting; !open || limit <= 0 {
		return nil, nil
	}
	rows, err := t.QueryContext(ctx, `
		SELECT u.id FROM units u INDEXED BY units_open CROSS JOIN unit_requests m ON m.unit_id = u.id AND m.request_id = ?1
		WHERE u.source = ?2 AND u.endpoint = ?3 AND u.state IN ('waiting', 'reading') AND (u.kind = 'file' OR u.endpoint = 'messages')
		ORDER BY u.state, u.name LIMIT ?4`, s.RequestID, s.Source, e, limit)
	if err != nil {
		return nil, fmt.Errorf("read open units: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read open unit: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// openOf reports whether a search has units of an endpoint that are not finished. Of files
// many may be finished, of pages few.
func openOf(endpoint dsr.Endpoint) string {
	return `CASE WHEN EXISTS (SELECT 1 FROM units u INDEXED BY units_open CROSS JOIN unit_requests m ON m.unit_id = u.id AND m.request_id = p.request_id
			WHERE u.source = p.source AND u.endpoint = '` + string(endpoint) + `' AND u.state IN ('waiting', 'reading') AND u.kind = 'file') THEN 1
		ELSE EXISTS (SELECT 1 FROM unit_requests m JOIN units u ON u.id = m.unit_id WHERE m.request_id = p.request_id AND m.source = p.source
			AND u.endpoint = '` + string(endpoint) + `' AND u.state IN ('waiting', 'reading')) END`
}

func (t tx) searches(ctx context.Context, where string, args ...any) ([]dsr.SourceSearch, error) {
	rows, err := t.QueryContext(ctx, `
		SELECT p.request_id, p.source, p.type, p.state = 'ended', p.stage, p.want_start, p.want_end, p.margin_ms, p.bytes, p.refused, p.left_alone, coalesce(p.complete, 0),
			p.reasons, p.tally, p.declaration, r.run, p.opened_at, r.due_at, r.window_start, r.window_end, r.as_of, `+openOf(dsr.Conversations)+`, `+openOf(dsr.Messages)+`
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
	var refused, leftAlone, reasons, tally, declaration string
	err = rows.Scan(&s.RequestID, &s.Source, &s.Type, &s.Ended, &s.Stage, &s.Want.Start, &s.Want.End, &margin, &s.Bytes, &refused, &leftAlone, &s.Complete,
		&reasons, &tally, &declaration, &s.Run, &opened, &due, &start, &end, &asOf, &s.Scanning, &s.Collecting)
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
	if s.Declared, err = decodeDeclared(declaration); err != nil {
		return s, err
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

// Runs implements scan.Store: what a request asks for changes with its run alone.
func (s *Store) Runs(ctx context.Context, ids []string) ([]int64, error) {
	runs := make([]int64, len(ids))
	err := s.view(ctx, func(t tx) error {
		for i, id := range ids {
			if err := t.QueryRowContext(ctx, `SELECT run FROM requests WHERE id = ?`, id).Scan(&runs[i]); err != nil {
				return fmt.Errorf("read a request's run: %w", err)
			}
		}
		return nil
	})
	return runs, err
}

// unplanned returns for each source when the earliest queued request was submitted that asks
// for it.
func (t tx) unplanned(ctx context.Context) (map[string]time.Time, error) {
	rows, err := t.QueryContext(ctx, `SELECT s.value, min(r.created_at) FROM requests r, json_each(r.sources) s WHERE r.status = 'queued' GROUP BY s.value`)
	if err != nil {
		return nil, fmt.Errorf("read queued requests: %w", err)
	}
	defer rows.Close()
	since := map[string]time.Time{}
	for rows.Next() {
		var source string
		var at int64
		if err := rows.Scan(&source, &at); err != nil {
			return nil, fmt.Errorf("read queued request: %w", err)
		}
		since[source] = time.UnixMilli(at).UTC()
	}
	return since, rows.Err()
}
