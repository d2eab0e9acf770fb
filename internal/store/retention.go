package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// mayGo selects the requests of which anything is deleted by plan: not those that are held,
// nor those whose clock rests, because nobody knows their deadline yet (Request.Kept).
const mayGo = `held_at IS NULL AND NOT (answered_at IS NULL AND ` + paused + `)`

// archiveDue selects the archives whose retention has ended. ?1 is now.
const (
	archiveDue = `status = 'ready' AND ` + mayGo + ` AND archive_expires_at <= ?1`
	priorDue   = `status NOT IN ('ready', 'purged') AND ` + mayGo + ` AND prior_expires_at <= ?1`
)

// purgeAt is when a request is purged by plan: retention.request (?1) after it was
// answered or cancelled; one that nobody has answered not before 90 days (?2) have
// passed since its last change, nor before its archive may go.
var purgeAt = fmt.Sprintf(`CASE WHEN answered_at IS NOT NULL THEN answered_at + ?1 WHEN status = 'cancelled' THEN updated_at + ?1
	ELSE max(updated_at + max(?1, ?2), due_at + %d) END`, beyondDue.Milliseconds())

const purgeable = `status NOT IN ('queued', 'running', 'purged') AND ` + mayGo

// sweptAtOnce bounds one transaction's share of a sweep.
const sweptAtOnce = 100

// ExpireArchives moves the requests whose archive's retention has ended to expired.
// The archives' keys go with that; nothing needs their files then.
func (w *Work) ExpireArchives(ctx context.Context) error {
	args := []any{w.now().UnixMilli(), sweptAtOnce}
	if err := w.inBatches(ctx, `SELECT id FROM requests WHERE `+archiveDue+` LIMIT ?2`, args, tx.expire); err != nil {
		return err
	}
	return w.inBatches(ctx, `SELECT id FROM requests WHERE `+priorDue+` LIMIT ?2`, args, tx.expirePrior)
}

func (t tx) expire(ctx context.Context, r dsr.Request) error {
	if err := t.move(ctx, r, dsr.Expired); err != nil {
		return err
	}
	_, err := t.ExecContext(ctx, `
		UPDATE requests SET archive_name = NULL, archive_identity = NULL, archive_size = NULL, archive_sha256 = NULL, archive_expires_at = NULL
		WHERE id = ?`, r.ID)
	if err != nil {
		return fmt.Errorf("forget archive: %w", err)
	}
	if _, err := t.ExecContext(ctx, `DELETE FROM links WHERE request_id = ?`, r.ID); err != nil {
		return fmt.Errorf("forget links: %w", err)
	}
	return t.record(ctx, audit.Event{Kind: audit.RequestExpired, Actor: audit.System, Request: r.ID,
		Data: map[string]string{"archive": r.Result.Archive.SHA256}})
}

// PurgeDue purges the requests whose retention has ended.
func (w *Work) PurgeDue(ctx context.Context) error {
	query := `SELECT id FROM requests WHERE ` + purgeable + ` AND ` + purgeAt + ` <= ?3 LIMIT ?4`
	args := []any{w.opts.RequestRetention.Milliseconds(), unanswered.Milliseconds(), w.now().UnixMilli(), sweptAtOnce}
	purge := func(all bool) error {
		return w.inBatches(ctx, query, args, func(t tx, ctx context.Context, r dsr.Request) error {
			_, err := t.purge(ctx, r, dsr.Principal{ID: audit.System, Role: "system"}, dsr.PurgedOnTime, all)
			return err
		})
	}
	err := purge(true)
	if full(err) { // DropStrays deletes the rest
		err = w.inReserve(func() error { return purge(false) })
	}
	return err
}

// inBatches does f for every request that the query selects, as long as there are any.
func (w *Work) inBatches(ctx context.Context, query string, args []any, f func(tx, context.Context, dsr.Request) error) error {
	for {
		done := 0
		err := w.step(ctx, func(t tx) error {
			ids, err := t.ids(ctx, query, args...)
			if err != nil {
				return err
			}
			done = len(ids)
			return t.each(ctx, ids, f)
		})
		if err != nil || done == 0 {
			return err
		}
	}
}

func (t tx) each(ctx context.Context, ids []string, f func(tx, context.Context, dsr.Request) error) error {
	for _, id := range ids {
		r, err := t.request(ctx, id)
		if err != nil {
			return err
		}
		if err := f(t, ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// deliveriesKept is how long a delivery that has ended is kept, and a notice to staff.
const deliveriesKept = 30 * 24 * time.Hour

// DropStrays deletes what a lane wrote for a request while it was being purged, and
// links, drafts, deliveries and notices that have ended.
func (w *Work) DropStrays(ctx context.Context) error {
	if err := dropRest(ctx, w.step); err != nil {
		return err
	}
	return w.step(ctx, func(t tx) error {
		for _, query := range []string{
			`DELETE FROM links WHERE expires_at <= ?1`,
			`DELETE FROM drafts WHERE expires_at <= ?1`,
			fmt.Sprintf(`DELETE FROM deliveries WHERE ended_at <= ?1 - %d`, deliveriesKept.Milliseconds()),
			fmt.Sprintf(`DELETE FROM notices WHERE ended_at <= ?1 - %d`, deliveriesKept.Milliseconds()),
		} {
			if _, err := t.ExecContext(ctx, query, t.latest.UnixMilli()); err != nil {
				return fmt.Errorf("drop strays: %w", err)
			}
		}
		return nil
	})
}

// NextSweep is when something is due to be deleted, at the latest after SweepEvery.
func (s *Store) NextSweep(ctx context.Context) (at time.Time, err error) {
	at = s.now().Add(SweepEvery)
	var first sql.NullInt64
	err = s.r.QueryRowContext(ctx, `
		SELECT min(at) FROM (
			SELECT min(archive_expires_at) AS at FROM requests WHERE status = 'ready' AND `+mayGo+`
			UNION ALL SELECT min(prior_expires_at) FROM requests WHERE `+mayGo+`
			UNION ALL SELECT min(expires_at) FROM drafts
			UNION ALL SELECT min(`+purgeAt+`) FROM requests WHERE `+purgeable+`)`,
		s.opts.RequestRetention.Milliseconds(), unanswered.Milliseconds()).Scan(&first)
	if err != nil {
		return at, fmt.Errorf("look for the next deletion: %w", err)
	}
	if next := fromMillis(first); first.Valid && next.Before(at) {
		at = next
	}
	return at, nil
}
