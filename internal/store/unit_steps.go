package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"dsr-server/internal/dsr"
)

// Begin makes u a unit that is being read for u.Requests: a new one when u.ID is 0, else
// one that was waiting, whose late joiners are added. It returns the unit with those who
// still need it. One that is being read already goes on, which is no step of the work.
func (w *Work) Begin(ctx context.Context, u dsr.Unit) (dsr.Unit, error) {
	if u.State == dsr.UnitReading && u.ID != 0 {
		err := w.view(ctx, func(t tx) (err error) {
			u.Requests, err = t.neededBy(ctx, u.ID)
			return err
		})
		return u, err
	}
	err := w.step(ctx, func(t tx) (err error) {
		u.State = dsr.UnitReading
		if u.ID == 0 {
			u.ID, err = t.insertUnit(ctx, u)
		} else {
			_, err = t.ExecContext(ctx, `UPDATE units SET state = 'reading' WHERE id = ? AND state = 'waiting'`, u.ID)
		}
		if err != nil {
			return fmt.Errorf("begin unit: %w", err)
		}
		if err := t.joinUnit(ctx, u.ID, u.Source, u.Requests); err != nil {
			return err
		}
		u.Requests, err = t.neededBy(ctx, u.ID)
		return err
	})
	return u, err
}

// insertUnit gives the unit a number that none had since the store was opened, nor any
// that was there then: a lane knows its readers by it, also when a unit is deleted.
func (t tx) insertUnit(ctx context.Context, u dsr.Unit) (id int64, err error) {
	id = t.s.lastUnit.Add(1)
	if u.Restarts == nil {
		u.Restarts = map[string]int{}
	}
	restarts, err := json.Marshal(u.Restarts)
	if err != nil {
		return 0, fmt.Errorf("encode restarts: %w", err)
	}
	query, err := t.sealQuery(ctx, id, u)
	if err != nil {
		return 0, err
	}
	pages, file := u.Kind == dsr.Pages, u.Kind == dsr.File
	_, err = t.ExecContext(ctx, `
		INSERT INTO units (id, source, kind, endpoint, state, restarts, start_s, end_s, per_page, query_kind, query_id, name, size, modified_ns, inode, probe, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, u.Source, string(u.Kind), string(u.Endpoint), string(u.State), string(restarts),
		number(u.Interval.Start, pages), number(u.Interval.End, pages), number(int64(u.PerPage), pages), text(string(u.Query.Kind)), query,
		text(u.File.Name), number(u.File.Size, file), number(u.File.Modified.UnixNano(), file), number(int64(u.File.Inode), file), u.Probe, t.now.UnixMilli()) //nolint:gosec // G115: any number will do
	if err != nil {
		return 0, fmt.Errorf("insert unit: %w", err)
	}
	return id, t.joinUnit(ctx, id, u.Source, u.Requests)
}

func (t tx) sealQuery(ctx context.Context, id int64, u dsr.Unit) ([]byte, error) {
	if u.Query.Kind == "" {
		_, err := t.sourceKey(ctx, u.Source) // the cursor will need it
		return nil, err
	}
	k, err := t.dataKey(ctx, ownerOf(u))
	if err != nil {
		return nil, err
	}
	return k.Seal(unitPlace("query_id", id), []byte(u.Query.ID)), nil
}

func number(n int64, valid bool) sql.NullInt64 { return sql.NullInt64{Int64: n, Valid: valid} }

// countUnits makes the numbers of units go on after those of the units there are.
func (s *Store) countUnits(ctx context.Context) error {
	var last int64
	if err := s.w.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM units`).Scan(&last); err != nil {
		return fmt.Errorf("number units: %w", err)
	}
	s.lastUnit.Store(last)
	return nil
}

// joinUnit notes by whom a unit is needed, but for those whose search is gone.
func (t tx) joinUnit(ctx context.Context, id int64, source string, requests []string) error {
	for _, request := range requests {
		_, err := t.ExecContext(ctx, `
			INSERT INTO unit_requests (unit_id, request_id, source)
			SELECT ?1, request_id, source FROM request_sources WHERE request_id = ?2 AND source = ?3 ON CONFLICT DO NOTHING`, id, request, source)
		if err != nil {
			return fmt.Errorf("join unit: %w", err)
		}
	}
	return nil
}

// neededBy lists the running requests with an open search for which the unit is read.
func (t tx) neededBy(ctx context.Context, id int64) (needed []string, err error) {
	rows, err := t.QueryContext(ctx, `
		SELECT m.request_id FROM unit_requests m JOIN units u ON u.id = m.unit_id
		JOIN requests r ON r.id = m.request_id AND r.status = 'running'
		JOIN request_sources p ON p.request_id = m.request_id AND p.source = m.source AND p.state = 'open'
		WHERE m.unit_id = ? AND u.state = 'reading' ORDER BY m.request_id`, id)
	if err != nil {
		return nil, fmt.Errorf("read the unit's requests: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var request string
		if err := rows.Scan(&request); err != nil {
			return nil, fmt.Errorf("read the unit's requests: %w", err)
		}
		needed = append(needed, request)
	}
	return needed, rows.Err()
}

// Restart begins a chain of pages again from its first, for the named cause. u.Tally is
// what has been counted since the last commit.
func (w *Work) Restart(ctx context.Context, u dsr.Unit, cause string, perPage int) error {
	return w.step(ctx, func(t tx) error {
		tally, err := t.mergedTally(ctx, "units", "id = ?", u.Tally, u.ID)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `
			UPDATE units SET cursor = NULL, verify_start = NULL, verify_end = NULL, verify_completes = NULL, per_page = ?1,
				pages = 0, records = 0, first_ms = NULL, last_ms = NULL, longest_ms = 0, chain = NULL, faults = '[]', unread = 0, shown = '{}',
				tally = ?2, restarts = json_set(restarts, '$.' || ?3, coalesce(json_extract(restarts, '$.' || ?3), 0) + 1)
			WHERE id = ?4`, perPage, tally, cause, u.ID)
		if err != nil {
			return fmt.Errorf("restart unit: %w", err)
		}
		return nil
	})
}

// Postpone notes since when a unit has had no good page, and that it is not read now.
// u.Tally is what has been counted since the last commit.
func (w *Work) Postpone(ctx context.Context, u dsr.Unit) error {
	return w.step(ctx, func(t tx) error {
		tally, err := t.mergedTally(ctx, "units", "id = ?", u.Tally, u.ID)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `UPDATE units SET tally = ?, shown = json_insert(shown, '$.failing', ?) WHERE id = ?`, tally, t.now.UnixMilli(), u.ID)
		if err != nil {
			return fmt.Errorf("postpone unit: %w", err)
		}
		return nil
	})
}

// Split replaces a chain of pages by two over the halves of its interval, which share the
// edge at mid. u.Tally is what has been counted since the last commit.
func (w *Work) Split(ctx context.Context, u dsr.Unit, mid int64, perPage int) error {
	return w.step(ctx, func(t tx) error {
		half := u
		half.State, half.PerPage, half.Restarts = dsr.UnitWaiting, perPage, nil
		for i, interval := range []dsr.Interval{{Start: u.Interval.Start, End: mid}, {Start: mid, End: u.Interval.End}} {
			half.Interval = interval
			id, err := t.insertUnit(ctx, half)
			if err != nil {
				return err
			}
			if i > 0 {
				continue // what the parent's calls counted is kept once
			}
			if err := t.inheritTally(ctx, u, id); err != nil {
				return err
			}
		}
		return t.deleteUnit(ctx, u.ID)
	})
}

func (t tx) deleteUnit(ctx context.Context, id int64) error {
	if _, err := t.ExecContext(ctx, `DELETE FROM units WHERE id = ?`, id); err != nil {
		return fmt.Errorf("delete unit: %w", err)
	}
	return nil
}

func (t tx) inheritTally(ctx context.Context, u dsr.Unit, heir int64) error {
	tally, err := t.mergedTally(ctx, "units", "id = ?", u.Tally, u.ID)
	if err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, `UPDATE units SET tally = ? WHERE id = ?`, tally, heir); err != nil {
		return fmt.Errorf("keep tally: %w", err)
	}
	return nil
}

// queueFiles puts the files of a plan in line. One that nobody has begun to read is
// joined. What an earlier run read whole of conversations stays read; all else that was
// read of the source for the request is forgotten.
func (t tx) queueFiles(ctx context.Context, p dsr.SearchPlan, endpoint dsr.Endpoint) error {
	before, _, err := t.sealedUnits(ctx, `u.kind = 'file' AND u.source = ? AND u.endpoint >= ? AND EXISTS (
		SELECT 1 FROM unit_requests m WHERE m.unit_id = u.id AND m.request_id = ?)`, p.Source, string(endpoint), p.RequestID)
	if err != nil {
		return err
	}
	read := map[string]bool{}
	for _, u := range before {
		if keepsRead(p, u) {
			read[u.File.Name] = true
			continue
		}
		if _, err := t.ExecContext(ctx, `DELETE FROM unit_requests WHERE unit_id = ? AND request_id = ?`, u.ID, p.RequestID); err != nil {
			return fmt.Errorf("forget file: %w", err)
		}
	}
	for _, u := range p.Units {
		if read[u.File.Name] {
			continue
		}
		if err := t.queueFile(ctx, p, u); err != nil {
			return err
		}
	}
	return nil
}

func keepsRead(p dsr.SearchPlan, u dsr.Unit) bool {
	if u.Endpoint != dsr.Conversations || u.State != dsr.UnitDone || len(u.Faults) > 0 {
		return false
	}
	for _, listed := range p.Units {
		if listed.Endpoint == u.Endpoint && listed.File.SameAs(u.File) {
			return true
		}
	}
	return false
}

func (t tx) queueFile(ctx context.Context, p dsr.SearchPlan, u dsr.Unit) error {
	var id int64
	err := t.QueryRowContext(ctx, `
		SELECT id FROM units WHERE source = ? AND endpoint = ? AND name = ? AND size = ? AND modified_ns = ? AND inode = ? AND state = 'waiting'`,
		p.Source, string(u.Endpoint), u.File.Name, u.File.Size, u.File.Modified.UnixNano(), int64(u.File.Inode)).Scan(&id) //nolint:gosec // G115: any number will do
	if errors.Is(err, sql.ErrNoRows) {
		u.Source, u.State, u.Requests = p.Source, dsr.UnitWaiting, []string{p.RequestID}
		_, err = t.insertUnit(ctx, u)
		return err
	}
	if err != nil {
		return fmt.Errorf("queue file: %w", err)
	}
	return t.joinUnit(ctx, id, p.Source, []string{p.RequestID})
}
