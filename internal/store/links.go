package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// CreateLink stores a one-time download link by the hash of its token. The archive
// must be ready.
func (s *Store) CreateLink(ctx context.Context, by dsr.Principal, id string, hash [32]byte, life time.Duration) (l dsr.Link, err error) {
	err = s.update(ctx, func(t tx) error {
		r, err := t.request(ctx, id)
		if err != nil {
			return err
		}
		if err := t.downloadable(ctx, dsr.Principal{}, r); err != nil {
			return err
		}
		l = dsr.Link{ID: newID(), RequestID: id, ExpiresAt: t.now.Add(life)}
		_, err = t.ExecContext(ctx, `INSERT INTO links (id, hash, request_id, created_by, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)`,
			l.ID, hash[:], id, by.ID, t.now.UnixMilli(), l.ExpiresAt.UnixMilli())
		if err != nil {
			return fmt.Errorf("store link: %w", err)
		}
		return t.record(ctx, audit.Event{Kind: audit.LinkCreated, Actor: by.ID, Request: id, Data: map[string]string{"link": l.ID}})
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
		WHERE l.hash = ? AND l.used_at IS NULL AND l.expires_at > ? AND r.status = 'ready'`, hash[:], t.now.UnixMilli()).
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

// UseLink uses the link up and returns its archive. That and the download are on
// record before the first byte; of two calls at once one finds the link used.
func (s *Store) UseLink(ctx context.Context, hash [32]byte) (a Archive, l dsr.Link, err error) {
	err = s.update(ctx, func(t tx) error {
		if l, err = t.link(ctx, hash); err != nil {
			return err
		}
		r, err := t.request(ctx, l.RequestID)
		if err != nil {
			return err
		}
		if err := t.downloadable(ctx, dsr.Principal{}, r); err != nil {
			return err
		}
		if a, err = t.archive(ctx, r); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `UPDATE links SET used_at = ? WHERE id = ?`, t.now.UnixMilli(), l.ID); err != nil {
			return fmt.Errorf("use link: %w", err)
		}
		if err := t.record(ctx, audit.Event{Kind: audit.LinkUsed, Actor: LinkActor(l), Request: r.ID, Data: map[string]string{"link": l.ID}}); err != nil {
			return err
		}
		return t.beginDownload(ctx, LinkActor(l), r, dsr.FromStart)
	})
	return a, l, translate(err)
}

// LinkActor is who a download through a link is put on record as.
func LinkActor(l dsr.Link) string { return "link:" + l.ID }
