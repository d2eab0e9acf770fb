package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// startRetention notes that the archive of the request is ready from now on.
func (t tx) startRetention(ctx context.Context, id string) error {
	if _, err := t.ExecContext(ctx, `UPDATE requests SET ready_at = ? WHERE id = ?`, t.now.UnixMilli(), id); err != nil {
		return fmt.Errorf("start retention: %w", err)
	}
	return t.setExpiry(ctx, id)
}

// setExpiry fixes when the archives of the request expire: retention.archive after they
// became ready, while unanswered not before the deadline has long passed. The sweep is
// due then.
func (t tx) setExpiry(ctx context.Context, id string) error {
	var at, prior sql.NullInt64
	err := t.QueryRowContext(ctx, `
		UPDATE requests SET
			archive_expires_at = CASE WHEN archive_size IS NOT NULL THEN
				max(coalesce(ready_at, ?1) + ?2, iif(answered_at IS NULL, due_at + ?3, 0)) END,
			prior_expires_at = CASE WHEN prior_name IS NOT NULL THEN
				max(coalesce(prior_ready_at, ?1) + ?2, iif(answered_at IS NULL, due_at + ?3, 0)) END
		WHERE id = ?4 RETURNING archive_expires_at, prior_expires_at`,
		t.now.UnixMilli(), t.s.opts.ArchiveRetention.Milliseconds(), beyondDue.Milliseconds(), id).Scan(&at, &prior)
	if err != nil {
		return fmt.Errorf("store expiry: %w", err)
	}
	for _, expires := range []sql.NullInt64{at, prior} {
		if !expires.Valid {
			continue
		}
		if err := t.sweepAt(ctx, fromMillis(expires)); err != nil {
			return err
		}
	}
	return nil
}

// beyondDue is how long after its deadline an archive is kept at least while the request
// has not been answered.
const beyondDue = 30 * 24 * time.Hour
