package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
)

// Work is the store as the holder of one job's lease sees it: whatever it writes is
// fenced, so that a worker presumed dead changes nothing. It implements fulfil.Store.
type Work struct {
	*Store
	lease *jobs.Lease
}

// Under returns the store for the handler of the leased job.
func (s *Store) Under(l *jobs.Lease) *Work { return &Work{Store: s, lease: l} }

// Alive reports whether the lease still holds; no vendor call starts when it does not.
func (w *Work) Alive() bool { return w.lease.Alive() }

// Look notes what has been asked for so far; what comes later makes the job run again.
func (w *Work) Look(ctx context.Context) error { return w.lease.Look(ctx) }

// TakenOver reports whether the previous holder may have been calling until just now.
func (w *Work) TakenOver() bool { return w.lease.TakenOver }

// Settled says that the distance to the previous holder has been kept.
func (w *Work) Settled() { w.lease.Settled() }

// Stopping is closed when the program is about to stop.
func (w *Work) Stopping() <-chan struct{} { return w.lease.Stopping() }

// step is update for a committed step of the leased job.
func (w *Work) step(ctx context.Context, f func(tx) error) error {
	return w.update(ctx, func(t tx) error {
		if err := jobs.Step(ctx, t.Tx, w.lease); err != nil {
			return err
		}
		return f(t)
	})
}

// Plan moves a queued request to running: it fixes as_of and opens the parts, keeps
// those that an earlier run completed, and wakes the lanes. With nothing to read it
// goes straight on to packaging. A request that is not queued any more is left alone.
func (w *Work) Plan(ctx context.Context, id string, asOf time.Time, parts []dsr.Part, lanes []string) error {
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
		if err := t.openParts(ctx, parts); err != nil {
			return err
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

// openParts opens each part anew, unless an earlier run read it completely; what
// could not be read is tried again.
func (t tx) openParts(ctx context.Context, parts []dsr.Part) error {
	for _, p := range parts {
		complete, reasons, err := verdict(p)
		if err != nil {
			return err
		}
		state, ended := "open", sql.NullInt64{}
		if p.Ended {
			state, ended = "ended", millis(t.now)
		}
		_, err = t.ExecContext(ctx, `
			INSERT INTO request_sources (request_id, source, state, want_start, want_end, margin_ms, complete, reasons, opened_at, ended_at)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
			ON CONFLICT (request_id, source) DO UPDATE SET state = ?3, want_start = min(want_start, ?4), want_end = max(want_end, ?5),
				margin_ms = max(margin_ms, ?6), complete = ?7, reasons = ?8, opened_at = ?9, ended_at = ?10
			WHERE complete IS NOT 1`,
			p.RequestID, p.Source, state, p.Want.Start, p.Want.End, p.Margin.Milliseconds(), complete, reasons, t.now.UnixMilli(), ended)
		if err != nil {
			return fmt.Errorf("open part: %w", err)
		}
		if err := t.openDirect(ctx, p); err != nil {
			return err
		}
		if err := t.openAsks(ctx, p); err != nil {
			return err
		}
		if err := t.reopenFailed(ctx, p); err != nil {
			return err
		}
	}
	return t.dropUnwanted(ctx)
}

// reopenFailed forgets the ranges of conversations that failed, because they will be
// cut anew, and puts those of messages back in line.
func (t tx) reopenFailed(ctx context.Context, p dsr.Part) error {
	const failed = `SELECT g.id FROM ranges g JOIN range_requests m ON m.range_id = g.id
		WHERE m.request_id = ? AND g.source = ? AND g.state = 'failed' AND g.endpoint = `
	_, err := t.ExecContext(ctx, `
		UPDATE ranges SET state = 'waiting', reason = NULL, restarts = '{}', ended_at = NULL WHERE id IN (`+failed+`'messages')`,
		p.RequestID, p.Source)
	if err != nil {
		return fmt.Errorf("reopen message ranges: %w", err)
	}
	_, err = t.ExecContext(ctx, `DELETE FROM range_requests WHERE request_id = ? AND range_id IN (`+failed+`'conversations')`,
		p.RequestID, p.RequestID, p.Source)
	if err != nil {
		return fmt.Errorf("forget failed ranges: %w", err)
	}
	return nil
}

// verdict is how a part's end stands in its row.
func verdict(p dsr.Part) (complete sql.NullBool, reasons string, err error) {
	if !p.Ended {
		return complete, "[]", nil
	}
	if p.Reasons == nil {
		p.Reasons = []dsr.Reason{}
	}
	encoded, err := json.Marshal(p.Reasons)
	if err != nil {
		return complete, "", fmt.Errorf("encode reasons: %w", err)
	}
	return sql.NullBool{Bool: len(p.Reasons) == 0, Valid: true}, string(encoded), nil
}

// dropUnwanted deletes the ranges that no request needs any more.
func (t tx) dropUnwanted(ctx context.Context) error {
	_, err := t.ExecContext(ctx, `DELETE FROM ranges WHERE id NOT IN (SELECT range_id FROM range_requests)`)
	if err != nil {
		return fmt.Errorf("drop ranges: %w", err)
	}
	return nil
}

// EndPart ends the search of one source for one request, complete when there are no
// reasons; after the last one the request's package job follows. Ending twice is
// harmless: the first verdict stays.
func (w *Work) EndPart(ctx context.Context, id, source string, reasons []dsr.Reason) error {
	err := w.step(ctx, func(t tx) error {
		complete, encoded, err := verdict(dsr.Part{Ended: true, Reasons: reasons})
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `
			UPDATE request_sources SET state = 'ended', complete = ?, reasons = ?, ended_at = ?
			WHERE request_id = ? AND source = ? AND state = 'open'`, complete, encoded, t.now.UnixMilli(), id, source)
		if err != nil {
			return fmt.Errorf("end part: %w", err)
		}
		if err := t.dropStray(ctx, id, source); err != nil {
			return err
		}
		return t.packageIfSearched(ctx, id)
	})
	w.opts.Woken()
	return err
}

func (t tx) packageIfSearched(ctx context.Context, id string) error {
	var running, open int
	err := t.QueryRowContext(ctx, `
		SELECT count(*), (SELECT count(*) FROM request_sources WHERE request_id = ?1 AND state = 'open')
		FROM requests WHERE id = ?1 AND status = 'running'`, id).Scan(&running, &open)
	if err != nil {
		return fmt.Errorf("count open parts: %w", err)
	}
	if running == 0 || open > 0 {
		return nil
	}
	return t.enqueue(ctx, JobPackage, id)
}

// WidenPart makes an open part read more of the timeline.
func (w *Work) WidenPart(ctx context.Context, id, source string, margin time.Duration, want dsr.Reach) error {
	return w.step(ctx, func(t tx) error {
		_, err := t.ExecContext(ctx, `
			UPDATE request_sources SET margin_ms = ?, want_start = min(want_start, ?), want_end = max(want_end, ?)
			WHERE request_id = ? AND source = ? AND state = 'open'`,
			margin.Milliseconds(), want.Start, want.End, id, source)
		if err != nil {
			return fmt.Errorf("widen part: %w", err)
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
