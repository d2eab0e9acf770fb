package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// CreateLink stores a one-time download link by the hash of its token. It is for the
// archive that is in force now, and for no other.
func (s *Store) CreateLink(ctx context.Context, call dsr.Call, id string, hash [32]byte, life time.Duration) (l dsr.Link, err error) {
	err = s.update(ctx, func(t tx) error {
		r, err := t.request(ctx, id)
		if err != nil {
			return err
		}
		if err := call.MeantFor(r); err != nil {
			return err
		}
		archive, err := t.downloadable(ctx, dsr.Principal{}, r)
		if err != nil {
			return err
		}
		if err := call.SameArchive(&archive); err != nil {
			return err
		}
		sum, err := hex.DecodeString(archive.SHA256)
		if err != nil {
			return fmt.Errorf("archive digest: %w", err)
		}
		l = dsr.Link{ID: newID(), RequestID: id, ExpiresAt: t.latest.Add(life).Truncate(time.Millisecond)}
		_, err = t.ExecContext(ctx, `
			INSERT INTO links (id, hash, request_id, archive_sha256, created_by, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			l.ID, hash[:], id, sum, call.By.ID, t.now.UnixMilli(), l.ExpiresAt.UnixMilli())
		if err != nil {
			return fmt.Errorf("store link: %w", err)
		}
		return t.record(ctx, audit.Event{Kind: audit.LinkCreated, Actor: call.By.ID, Request: id, Data: map[string]string{
			"link": l.ID, "archive": archive.SHA256,
		}})
	})
	return l, translate(err)
}

// Link returns the link whose token has this hash, if it can still be used: whoever
// holds none learns nothing from the error.
func (s *Store) Link(ctx context.Context, hash [32]byte) (l dsr.Link, err error) {
	err = s.view(ctx, func(t tx) error {
		l, err = t.link(ctx, hash)
		return err
	})
	return l, err
}

func (t tx) link(ctx context.Context, hash [32]byte) (l dsr.Link, err error) {
	var expires int64
	err = t.QueryRowContext(ctx, `
		SELECT l.id, l.request_id, l.expires_at FROM links l JOIN requests r ON r.id = l.request_id
		WHERE l.hash = ? AND l.used_at IS NULL AND l.expires_at > ?
		AND (r.status = 'ready' AND r.archive_sha256 = l.archive_sha256 OR r.prior_sha256 = l.archive_sha256)`, hash[:], t.latest.UnixMilli()).
		Scan(&l.ID, &l.RequestID, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return l, dsr.Errorf(dsr.NotFound, "link_ended", "this link has been used, has expired or was never made; ask for a new one")
	}
	if err != nil {
		return l, fmt.Errorf("look up link: %w", err)
	}
	l.ExpiresAt = time.UnixMilli(expires).UTC()
	return l, nil
}

// LinkedArchive returns the archive that a link hands out. It is described only: nothing
// is sent before UseLink.
func (s *Store) LinkedArchive(ctx context.Context, hash [32]byte) (a Archive, l dsr.Link, err error) {
	err = s.view(ctx, func(t tx) error {
		if l, err = t.link(ctx, hash); err != nil {
			return err
		}
		a, err = t.archiveFor(ctx, dsr.Principal{}, l.RequestID)
		return err
	})
	return a, l, err
}

// UseLink uses the link up, because so many bytes of its archive are about to be sent.
// That and the download are on record before the first byte; of two calls at once one
// finds the link used.
func (s *Store) UseLink(ctx context.Context, hash [32]byte, bytes int64) error {
	return translate(s.update(ctx, func(t tx) error {
		l, err := t.link(ctx, hash)
		if err != nil {
			return err
		}
		a, err := t.archiveFor(ctx, dsr.Principal{}, l.RequestID)
		if err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `UPDATE links SET used_at = ? WHERE id = ?`, t.now.UnixMilli(), l.ID); err != nil {
			return fmt.Errorf("use link: %w", err)
		}
		if err := t.record(ctx, audit.Event{Kind: audit.LinkUsed, Actor: LinkActor(l), Request: a.RequestID, Data: map[string]string{"link": l.ID}}); err != nil {
			return err
		}
		return t.beginDownload(ctx, LinkActor(l), a, bytes)
	}))
}

// LinkActor is who a download through a link is put on record as.
func LinkActor(l dsr.Link) string { return "link:" + l.ID }
