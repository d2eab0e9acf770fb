package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// Plan moves a queued request to running: it fixes as_of and opens the searches, keeps
// those that an earlier run completed, and wakes the lanes. With nothing to read it
// goes straight on to packaging. A request that is not queued any more is left alone.
func (w *Work) Plan(ctx context.Context, id string, asOf time.Time, plans []dsr.SearchPlan, lanes []string) error {
	err := w.step(ctx, func(t tx) error {
		r, err := t.request(ctx, id)
		if err != nil || r.Status != dsr.Queued {
			return err
		}
		if _, err := t.ExecContext(ctx, `UPDATE requests SET as_of = ? WHERE id = ?`, asOf.UnixMilli(), id); err != nil {
			return fmt.Errorf("fix as_of: %w", err)
		}
		if err := t.move(ctx, r, dsr.Running); err != nil {
			return err
		}
		for _, p := range plans {
			if err := t.openSearch(ctx, p); err != nil {
				return err
			}
		}
		if err := t.record(ctx, audit.Event{Kind: audit.RequestPlanned, Actor: "system", Request: id}); err != nil {
			return err
		}
		for _, lane := range lanes {
			if err := t.enqueue(ctx, JobLane, lane); err != nil {
				return err
			}
		}
		return t.packageIfSearched(ctx, id)
	})
	w.opts.Woken()
	return err
}

// openSearch opens a search anew, unless an earlier run read everything; what could not
// be read is tried again.
func (t tx) openSearch(ctx context.Context, p dsr.SearchPlan) error {
	complete, reasons, err := verdict(p.Ended, p.Reasons)
	if err != nil {
		return err
	}
	refused, err := json.Marshal(append([]dsr.Reason{}, p.Refused...))
	if err != nil {
		return fmt.Errorf("encode refusals: %w", err)
	}
	leftAlone, err := json.Marshal(p.LeftAlone)
	if err != nil {
		return fmt.Errorf("encode files left alone: %w", err)
	}
	declaration, err := encodeDeclared(p.Declared)
	if err != nil {
		return err
	}
	state, ended := "open", sql.NullInt64{}
	if p.Ended {
		state, ended = "ended", millis(t.now)
	}
	done, err := t.ExecContext(ctx, `
		INSERT INTO request_sources (request_id, source, state, stage, want_start, want_end, margin_ms, complete, reasons, refused, bytes, opened_at, ended_at, left_alone, type, declaration)
		VALUES (?1, ?2, ?3, 'conversations', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
		ON CONFLICT (request_id, source) DO UPDATE SET state = ?3, stage = 'conversations',
			want_start = CASE WHEN ?5 < ?4 THEN ?4 ELSE min(want_start, ?4) END, want_end = CASE WHEN ?5 < ?4 THEN ?5 ELSE max(want_end, ?5) END,
			margin_ms = max(margin_ms, ?6), complete = ?7, reasons = ?8, refused = ?9, bytes = ?10, opened_at = ?11, ended_at = ?12, left_alone = ?13,
			declaration = CASE ?14 WHEN '' THEN declaration ELSE ?15 END, type = CASE ?14 WHEN '' THEN type ELSE ?14 END
		WHERE complete IS NOT 1`,
		p.RequestID, p.Source, state, p.Interval.Start, p.Interval.End, p.Margin.Milliseconds(), complete, reasons, string(refused), p.Bytes, t.now.UnixMilli(), ended, string(leftAlone), p.Type, declaration)
	if err != nil {
		return fmt.Errorf("open search: %w", err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return err // an earlier run read everything
	}
	return t.openUnits(ctx, p)
}

// openUnits puts in line what is known at once of what a search has to read.
func (t tx) openUnits(ctx context.Context, p dsr.SearchPlan) error {
	if err := t.openShortCut(ctx, p); err != nil {
		return err
	}
	if err := t.openAsks(ctx, p); err != nil {
		return err
	}
	if p.Ended {
		return nil
	}
	if err := t.queueFiles(ctx, p, dsr.Conversations); err != nil {
		return err
	}
	return t.reopenFailed(ctx, p)
}

// reopenFailed forgets the intervals that failed or had something wrong with them, because
// they will be cut anew, and the looks that showed nothing; it puts the messages that
// failed back in line.
func (t tx) reopenFailed(ctx context.Context, p dsr.SearchPlan) error {
	const failed = `SELECT u.id FROM units u JOIN unit_requests m ON m.unit_id = u.id
		WHERE m.request_id = ? AND u.source = ? AND u.kind = 'pages' AND (u.state = 'failed' OR u.faults <> '[]' OR u.probe = 1 AND u.records = 0) AND u.endpoint = `
	_, err := t.ExecContext(ctx, `
		UPDATE units SET state = 'waiting', faults = '[]', unread = 0, shown = '{}', restarts = '{}', ended_at = NULL WHERE id IN (`+failed+`'messages')`,
		p.RequestID, p.Source)
	if err != nil {
		return fmt.Errorf("reopen units of messages: %w", err)
	}
	_, err = t.ExecContext(ctx, `DELETE FROM unit_requests WHERE request_id = ? AND unit_id IN (`+failed+`'conversations')`,
		p.RequestID, p.RequestID, p.Source)
	if err != nil {
		return fmt.Errorf("forget failed units: %w", err)
	}
	return nil
}

// Queue puts in line what an open search has to read at a stage, and adds what there is
// and cannot be read.
func (w *Work) Queue(ctx context.Context, s dsr.SourceSearch, stage dsr.Stage, p dsr.SearchPlan) error {
	refused, err := json.Marshal(slices.Concat([]dsr.Reason{}, s.Refused, p.Refused))
	if err != nil {
		return fmt.Errorf("encode refusals: %w", err)
	}
	leftAlone, err := json.Marshal(p.LeftAlone)
	if err != nil {
		return fmt.Errorf("encode files left alone: %w", err)
	}
	p.RequestID, p.Source = s.RequestID, s.Source
	return w.step(ctx, func(t tx) error {
		if open, err := t.isOpen(ctx, s); err != nil || !open {
			return err
		}
		_, err := t.ExecContext(ctx, `
			UPDATE request_sources SET stage = ?3, refused = ?4, bytes = max(bytes, ?5), left_alone = ?7,
				want_start = CASE WHEN ?6 THEN 0 ELSE want_start END, want_end = CASE WHEN ?6 THEN -1 ELSE want_end END
			WHERE request_id = ?1 AND source = ?2`,
			s.RequestID, s.Source, string(stage), string(refused), p.Bytes, p.Interval.Empty(), string(leftAlone))
		if err != nil {
			return fmt.Errorf("advance search: %w", err)
		}
		if stage == dsr.StageMessages {
			return t.queueFiles(ctx, p, dsr.Messages)
		}
		return t.openUnits(ctx, p)
	})
}

// Probe puts in line a look at whether the source lists anything at all in an interval,
// unless there is one for the request.
func (w *Work) Probe(ctx context.Context, id, source string, interval dsr.Interval, perPage int) error {
	return w.step(ctx, func(t tx) error {
		var known bool
		err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM units u JOIN unit_requests m ON m.unit_id = u.id
			WHERE m.request_id = ? AND m.source = ? AND u.probe = 1)`, id, source).Scan(&known)
		if err != nil {
			return fmt.Errorf("look for a probe: %w", err)
		}
		if known {
			return nil
		}
		_, err = t.insertUnit(ctx, dsr.Unit{
			Source: source, Kind: dsr.Pages, Endpoint: dsr.Conversations, Interval: interval, State: dsr.UnitWaiting,
			PerPage: perPage, Requests: []string{id}, Probe: true,
		})
		return err
	})
}

// Widen makes an open search read more of the timeline.
func (w *Work) Widen(ctx context.Context, s dsr.SourceSearch, margin time.Duration, want dsr.Interval) error {
	return w.step(ctx, func(t tx) error {
		if open, err := t.isOpen(ctx, s); err != nil || !open {
			return err
		}
		_, err := t.ExecContext(ctx, `
			UPDATE request_sources SET margin_ms = ?, want_start = min(want_start, ?), want_end = max(want_end, ?)
			WHERE request_id = ? AND source = ?`, margin.Milliseconds(), want.Start, want.End, s.RequestID, s.Source)
		if err != nil {
			return fmt.Errorf("widen search: %w", err)
		}
		return nil
	})
}

// Snooze stores until when a source is left alone.
func (w *Work) Snooze(ctx context.Context, source string, until time.Time) error {
	return w.step(ctx, func(t tx) error {
		_, err := t.ExecContext(ctx, `
			INSERT INTO source_states (source, snoozed_until, snoozes) VALUES (?1, ?2, 1)
			ON CONFLICT (source) DO UPDATE SET snoozed_until = ?2, snoozes = snoozes + 1`, source, until.UnixMilli())
		if err != nil {
			return fmt.Errorf("snooze source: %w", err)
		}
		return nil
	})
}
