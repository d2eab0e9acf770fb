package store

import (
	"context"
	"crypto/subtle"
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
func (s *Store) CreateLink(ctx context.Context, call dsr.Call, id string, n dsr.NewLink) (l dsr.Link, err error) {
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
		l = dsr.Link{ID: newID(), RequestID: id, CreatedAt: t.now, CreatedBy: call.By.ID, ExpiresAt: t.latest.Add(n.Life).Truncate(time.Millisecond), Passcode: n.Passcode != nil}
		_, err = t.ExecContext(ctx, `
			INSERT INTO links (id, hash, request_id, archive_sha256, created_by, created_at, expires_at, passcode) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			l.ID, n.Hash[:], id, sum, call.By.ID, t.now.UnixMilli(), l.ExpiresAt.UnixMilli(), n.Passcode)
		if err != nil {
			return fmt.Errorf("store link: %w", err)
		}
		return t.record(ctx, audit.Event{Kind: audit.LinkCreated, Actor: call.By.ID, Request: id, Data: map[string]string{
			"link": l.ID, "archive": archive.SHA256,
		}})
	})
	return l, translate(err)
}

// linkColumns are what a link is read from.
const linkColumns = `l.id, l.request_id, l.expires_at, l.created_at, l.created_by, coalesce(l.used_at, 0), l.passcode IS NOT NULL,
	NOT (l.used_at IS NULL AND l.ended_at IS NULL AND l.tries < ?1 AND l.expires_at > ?2
		AND (r.status = 'ready' AND r.archive_sha256 = l.archive_sha256 OR r.prior_sha256 IS l.archive_sha256))`

func scanLink(row scanner) (l dsr.Link, err error) {
	var expires, created, used int64
	if err := row.Scan(&l.ID, &l.RequestID, &expires, &created, &l.CreatedBy, &used, &l.Passcode, &l.Ended); err != nil {
		return l, err
	}
	l.ExpiresAt, l.CreatedAt = time.UnixMilli(expires).UTC(), time.UnixMilli(created).UTC()
	if used > 0 {
		l.UsedAt = time.UnixMilli(used).UTC()
	}
	return l, nil
}

// Links implements api.Service: those of a request that are still kept, the latest first.
func (s *Store) Links(ctx context.Context, id string) (all []dsr.Link, err error) {
	err = s.view(ctx, func(t tx) error {
		r, err := t.request(ctx, id)
		if err != nil {
			return err
		}
		if r.Status == dsr.Purged {
			return t.gone(ctx, id)
		}
		rows, err := t.QueryContext(ctx, `SELECT `+linkColumns+` FROM links l JOIN requests r ON r.id = l.request_id WHERE r.id = ?3 ORDER BY l.created_at DESC, l.id DESC`,
			dsr.MaxLinkTries, t.latest.UnixMilli(), id)
		if err != nil {
			return fmt.Errorf("read links: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			l, err := scanLink(rows)
			if err != nil {
				return fmt.Errorf("read links: %w", err)
			}
			all = append(all, l)
		}
		return rows.Err()
	})
	return all, err
}

// EndLink implements api.Service: nobody begins a download through the link any more.
func (s *Store) EndLink(ctx context.Context, call dsr.Call, id, link string) error {
	event := audit.Event{Kind: audit.LinkEnded, Data: map[string]string{"link": link}}
	_, err := s.changeAs(ctx, call, id, event, func(t tx, _ dsr.Request) error {
		l, err := scanLink(t.QueryRowContext(ctx, `SELECT `+linkColumns+` FROM links l JOIN requests r ON r.id = l.request_id WHERE r.id = ?3 AND l.id = ?4`,
			dsr.MaxLinkTries, t.latest.UnixMilli(), id, link))
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return dsr.Errorf(dsr.NotFound, "not_found", "there is no such link")
		case err != nil:
			return fmt.Errorf("look up link: %w", err)
		case l.Ended:
			return dsr.Errorf(dsr.Conflict, "already_ended", "the link has ended already")
		}
		if _, err := t.ExecContext(ctx, `UPDATE links SET ended_at = ? WHERE id = ?`, t.now.UnixMilli(), l.ID); err != nil {
			return fmt.Errorf("end link: %w", err)
		}
		return nil
	})
	return err
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
	l, err = scanLink(t.QueryRowContext(ctx, `SELECT `+linkColumns+` FROM links l JOIN requests r ON r.id = l.request_id WHERE l.hash = ?3`,
		dsr.MaxLinkTries, t.latest.UnixMilli(), hash[:]))
	if errors.Is(err, sql.ErrNoRows) || err == nil && l.Ended {
		return l, dsr.Errorf(dsr.NotFound, "link_ended", "this link has been used, has expired or was never made; ask for a new one")
	}
	if err != nil {
		return l, fmt.Errorf("look up link: %w", err)
	}
	r, err := t.request(ctx, l.RequestID)
	l.Language, l.Controller = r.Language, r.Presentation.Controller
	return l, err
}

// LinkedArchive returns the archive that a link hands out, for the hash of its passcode where
// it asks for one. It is described only: nothing is sent before UseLink.
func (s *Store) LinkedArchive(ctx context.Context, hash [32]byte, passcode []byte) (a Archive, l dsr.Link, err error) {
	if err := s.tryPasscode(ctx, hash, passcode); err != nil {
		return a, l, err
	}
	err = s.view(ctx, func(t tx) error {
		if l, err = t.link(ctx, hash); err != nil {
			return err
		}
		a, err = t.archiveFor(ctx, dsr.Principal{}, l.RequestID)
		return err
	})
	return a, l, err
}

// tryPasscode counts a wrong passcode. It is counted for good: a right one later does not make
// room for more.
func (s *Store) tryPasscode(ctx context.Context, hash [32]byte, passcode []byte) error {
	wrong := false
	err := s.update(ctx, func(t tx) error {
		l, err := t.link(ctx, hash)
		if err != nil || !l.Passcode {
			return err
		}
		var want []byte
		if err := t.QueryRowContext(ctx, `SELECT passcode FROM links WHERE id = ?`, l.ID).Scan(&want); err != nil {
			return fmt.Errorf("read passcode: %w", err)
		}
		if wrong = subtle.ConstantTimeCompare(want, passcode) == 0; wrong {
			_, err = t.ExecContext(ctx, `UPDATE links SET tries = tries + 1 WHERE id = ?`, l.ID)
		}
		return err
	})
	if err == nil && wrong {
		return dsr.Errorf(dsr.Forbidden, "wrong_passcode", "this is not the passcode of the link")
	}
	return translate(err)
}

// UseLink begins a download through a link: so many bytes of its archive are about to be
// sent. That is on record before the first byte. The link ends with the first download that
// was complete, see FinishDownload.
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
		if err := t.record(ctx, audit.Event{Kind: audit.LinkUsed, Actor: LinkActor(l), Request: a.RequestID, Data: map[string]string{"link": l.ID}}); err != nil {
			return err
		}
		return t.beginDownload(ctx, LinkActor(l), a, bytes)
	}))
}
