package store

import (
	"context"
	"fmt"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// keepInForce puts the released archive of r aside, where it stays in force while another
// is made: it can be downloaded, its links work and its retention goes on.
func (t tx) keepInForce(ctx context.Context, r dsr.Request) error {
	return t.setPrior(ctx, r, `, archive_name = NULL, archive_identity = NULL, archive_size = NULL, archive_sha256 = NULL, archive_expires_at = NULL,
		ready_at = NULL, downloads = 0`)
}

// setPrior makes the released archive of r the one in force while another is made.
func (t tx) setPrior(ctx context.Context, r dsr.Request, more string) error {
	a, err := t.archive(ctx, r, *r.Released)
	if err != nil {
		return err
	}
	k, err := t.dataKey(ctx, r.ID)
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `
		UPDATE requests SET prior_name = archive_name, prior_identity = ?, prior_size = archive_size, prior_sha256 = archive_sha256,
			prior_ready_at = ready_at, prior_expires_at = archive_expires_at, prior_downloads = downloads`+more+` WHERE id = ?`,
		k.Seal(requestPlace("prior_identity", r.ID), []byte(a.Identity)), r.ID)
	if err != nil {
		return fmt.Errorf("keep the released archive: %w", err)
	}
	return nil
}

// replace ends what was in force before, because another archive is released. Its file
// is an orphan then, and its links lead nowhere.
func (t tx) replace(ctx context.Context, id string) error {
	done, err := t.ExecContext(ctx, forgetPrior+` AND prior_name IS NOT NULL`, id)
	if err != nil {
		return fmt.Errorf("replace the released archive: %w", err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return t.sweepAt(ctx, t.now)
}

const forgetPrior = `
	UPDATE requests SET prior_name = NULL, prior_identity = NULL, prior_size = NULL, prior_sha256 = NULL, prior_ready_at = NULL,
		prior_expires_at = NULL, prior_downloads = 0 WHERE id = ?`

// expirePrior is expire for an archive that is in force while another is made.
func (t tx) expirePrior(ctx context.Context, r dsr.Request) error {
	if _, err := t.ExecContext(ctx, forgetPrior, r.ID); err != nil {
		return fmt.Errorf("forget the released archive: %w", err)
	}
	return t.record(ctx, audit.Event{Kind: audit.RequestExpired, Actor: audit.System, Request: r.ID,
		Data: map[string]string{"archive": r.Released.SHA256}})
}
