package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"dsr-server/internal/dsr"
)

// verdict is how a search's end is stored.
func verdict(ended bool, why []dsr.Reason) (complete sql.NullBool, reasons string, err error) {
	if !ended {
		return complete, "[]", nil
	}
	encoded, err := json.Marshal(append([]dsr.Reason{}, why...))
	if err != nil {
		return complete, "", fmt.Errorf("encode reasons: %w", err)
	}
	return sql.NullBool{Bool: len(why) == 0, Valid: true}, string(encoded), nil
}

// EndSearch ends a search, in the run of its request that it is of: a request that has been
// asked otherwise since is searched anew.
func (w *Work) EndSearch(ctx context.Context, s dsr.SourceSearch, why []dsr.Reason) (ended []string, err error) {
	return w.endSearches(ctx, why, s.Source, `r.id = ? AND r.run = ?`, s.RequestID, s.Run)
}

// EndSearches ends the searches for which a unit is read.
func (w *Work) EndSearches(ctx context.Context, u dsr.Unit, why []dsr.Reason) (ended []string, err error) {
	return w.endSearches(ctx, why, u.Source, `EXISTS (SELECT 1 FROM unit_requests m WHERE m.unit_id = ? AND m.request_id = r.id)`, u.ID)
}

// EndSource ends all searches of a source.
func (w *Work) EndSource(ctx context.Context, source string, why []dsr.Reason) (ended []string, err error) {
	return w.endSearches(ctx, why, source, `TRUE`)
}

// endSearches ends the open searches of a source whose request r is as where says, with the
// reasons of what could not be read. What a search was the last of goes on to packaging.
func (w *Work) endSearches(ctx context.Context, why []dsr.Reason, source, where string, args ...any) (ended []string, err error) {
	complete, reasons, err := verdict(true, why)
	if err != nil {
		return nil, err
	}
	err = w.step(ctx, func(t tx) error {
		if ended, err = t.openSearches(ctx, source, where, args...); err != nil {
			return err
		}
		for _, id := range ended {
			_, err := t.ExecContext(ctx, `
				UPDATE request_sources SET state = 'ended', complete = ?, reasons = ?, ended_at = ?
				WHERE request_id = ? AND source = ? AND state = 'open'`, complete, reasons, t.now.UnixMilli(), id, source)
			if err != nil {
				return fmt.Errorf("end search: %w", err)
			}
			if err := t.announceRefusal(ctx, id, source, why); err != nil {
				return err
			}
			if err := t.afterSearch(ctx, id, source); err != nil {
				return err
			}
		}
		return nil
	})
	w.opts.Woken()
	return ended, err
}

// afterSearch tidies up behind a search that has ended.
func (t tx) afterSearch(ctx context.Context, id, source string) error {
	if err := t.dropStray(ctx, id, source); err != nil {
		return err
	}
	if err := t.markFewer(ctx, id, source); err != nil {
		return err
	}
	if err := t.dropLinks(ctx, id, source); err != nil {
		return err
	}
	return t.packageIfSearched(ctx, id)
}

// openSearches lists the requests r, as where says, for which the source is searched.
func (t tx) openSearches(ctx context.Context, source, where string, args ...any) (open []string, err error) {
	rows, err := t.QueryContext(ctx, `
		SELECT r.id FROM request_sources p JOIN requests r ON r.id = p.request_id
		WHERE p.source = ? AND p.state = 'open' AND r.status = 'running' AND `+where+` ORDER BY r.due_at, r.id`, append([]any{source}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read searches: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read search: %w", err)
		}
		open = append(open, id)
	}
	return open, rows.Err()
}

// isOpen reports whether a search goes on, in the run of its request that it is of.
func (t tx) isOpen(ctx context.Context, s dsr.SourceSearch) (bool, error) {
	open, err := t.openSearches(ctx, s.Source, `r.id = ? AND r.run = ?`, s.RequestID, s.Run)
	return len(open) > 0, err
}

// packageIfSearched goes on to the files that the messages found refer to, and with them to
// packaging, once every search has ended. A screening has no messages.
func (t tx) packageIfSearched(ctx context.Context, id string) error {
	var running, open int
	var mode sql.Null[dsr.Mode]
	err := t.QueryRowContext(ctx, `
		SELECT count(*), max(mode), (SELECT count(*) FROM request_sources WHERE request_id = ?1 AND state = 'open')
		FROM requests WHERE id = ?1 AND status = 'running'`, id).Scan(&running, &mode, &open)
	if err != nil {
		return fmt.Errorf("count open searches: %w", err)
	}
	if running == 0 || open > 0 {
		return nil
	}
	if mode.V == dsr.ModeScreen {
		return t.enqueue(ctx, JobPackage, id)
	}
	return t.enqueue(ctx, JobFiles, id)
}
