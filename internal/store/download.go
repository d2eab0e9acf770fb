package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// Archive says where a finished archive lies and what opens it.
type Archive struct {
	RequestID string
	Reference string
	FileName  string
	Identity  string
	dsr.ArchiveInfo
}

// Archive returns the archive of a request that by may have now: the one that is in force
// or, in review, the one to decide about for those who may look. Any other case is a
// conflict. It is described only: nothing is sent before BeginDownload.
func (s *Store) Archive(ctx context.Context, by dsr.Principal, id string) (a Archive, err error) {
	err = s.view(ctx, func(t tx) error {
		a, err = t.archiveFor(ctx, by, id)
		return err
	})
	return a, err
}

func (t tx) archiveFor(ctx context.Context, by dsr.Principal, id string) (a Archive, err error) {
	r, err := t.request(ctx, id)
	if err != nil {
		return a, err
	}
	info, err := t.downloadable(ctx, by, r)
	if err != nil {
		return a, err
	}
	return t.archive(ctx, r, info)
}

// downloadable returns which archive of r it is that by may have.
func (t tx) downloadable(ctx context.Context, by dsr.Principal, r dsr.Request) (a dsr.ArchiveInfo, err error) {
	switch {
	case r.Status == dsr.Purged:
		return a, t.gone(ctx, r.ID)
	case r.Screens():
		return a, dsr.Errorf(dsr.Conflict, "no_archive", "the request screens only (mode screen): result.held says how much is held, and there is no archive; submit it with mode package for one")
	case r.Status == dsr.Review && by.May(dsr.DownloadReview) && r.Outdated:
		return a, dsr.Errorf(dsr.Conflict, "not_ready", "what is withheld has changed, and the archive is not made again yet; wait until repackaging is false, and repeat …/repackage if repackaging_failed is true")
	case r.Status == dsr.Review && by.May(dsr.DownloadReview):
		return *r.Result.Archive, nil
	case r.Released != nil && (r.Kept() || t.now.Before(r.Released.ExpiresAt)):
		return *r.Released, nil
	case r.Released != nil:
		return a, dsr.Errorf(dsr.Conflict, "not_ready", "the archive's retention has ended (retention.archive)")
	case r.Status == dsr.Review:
		return a, dsr.Errorf(dsr.Conflict, "not_ready", "the archive is in review; an approver may look at it, others once it is approved")
	case r.Status.Open():
		return a, dsr.Errorf(dsr.Conflict, "not_ready", "a request that is %s has no archive yet; download it once its status is ready", r.Status)
	}
	return a, dsr.Errorf(dsr.Conflict, "not_ready", "a request that is %s has no archive to download", r.Status)
}

// archive opens what seals the archive of r that info is about.
func (t tx) archive(ctx context.Context, r dsr.Request, info dsr.ArchiveInfo) (a Archive, err error) {
	k, err := t.dataKey(ctx, r.ID)
	if err != nil {
		return a, err
	}
	column := "archive"
	if isPrior(r, info) {
		column = "prior"
	}
	var identity []byte
	err = t.QueryRowContext(ctx, `SELECT `+column+`_name, `+column+`_identity FROM requests WHERE id = ?`, r.ID).Scan(&a.FileName, &identity)
	if err != nil {
		return a, fmt.Errorf("read archive: %w", err)
	}
	plain, err := k.Open(requestPlace(column+"_identity", r.ID), identity)
	a.RequestID, a.Reference, a.Identity, a.ArchiveInfo = r.ID, r.Reference, string(plain), info
	return a, err
}

// StillThere returns Gone once the request has been purged.
func (s *Store) StillThere(ctx context.Context, id string) error {
	var status dsr.Status
	if err := s.r.QueryRowContext(ctx, `SELECT status FROM requests WHERE id = ?`, id).Scan(&status); err != nil {
		return fmt.Errorf("look whether a request is still there: %w", err)
	}
	if status == dsr.Purged {
		return s.gone(ctx, id)
	}
	return nil
}

// isPrior reports whether info is about the archive in force while another one is made.
func isPrior(r dsr.Request, info dsr.ArchiveInfo) bool {
	current := r.Status == dsr.Ready || r.Status == dsr.Review && r.Result.Archive.SHA256 == info.SHA256
	return !current
}

// BeginDownload counts that so many bytes of the archive are about to be sent and puts it
// on record: no event, no data. Bytes beyond what has been counted for by are another
// download; one too many is a conflict, and so is an archive that is not to be had now.
func (s *Store) BeginDownload(ctx context.Context, by dsr.Principal, a Archive, bytes int64) error {
	return translate(s.update(ctx, func(t tx) error {
		now, err := t.archiveFor(ctx, by, a.RequestID)
		if err != nil {
			return err
		}
		if now.SHA256 != a.SHA256 {
			return dsr.ArchiveChanged()
		}
		return t.beginDownload(ctx, by.ID, now, bytes)
	}))
}

func (t tx) beginDownload(ctx context.Context, actor string, a Archive, bytes int64) error {
	resumed, err := t.carriedOn(ctx, actor, a, bytes)
	if err != nil {
		return err
	}
	if !resumed {
		if err := t.countDownload(ctx, actor, a, bytes); err != nil {
			return err
		}
	}
	return t.record(ctx, audit.Event{Kind: audit.ArchiveDownloaded, Actor: actor, Request: a.RequestID, Data: map[string]string{
		"archive": a.SHA256, "resumed": strconv.FormatBool(resumed),
	}})
}

// carriedOn reports whether the bytes belong to a download that has been counted within
// dsr.ResumeWithin, and uses them up if so. What was counted n times is good for n times
// the archive, in whatever parts.
func (t tx) carriedOn(ctx context.Context, actor string, a Archive, bytes int64) (bool, error) {
	sum, err := hex.DecodeString(a.SHA256)
	if err != nil {
		return false, fmt.Errorf("archive digest: %w", err)
	}
	done, err := t.ExecContext(ctx, `
		UPDATE downloads SET bytes = bytes + ?1
		WHERE request_id = ?2 AND archive_sha256 = ?3 AND actor = ?4 AND begun_at > ?5 AND bytes + ?1 <= counted * ?6`,
		bytes, a.RequestID, sum, actor, t.now.Add(-dsr.ResumeWithin).UnixMilli(), a.Size)
	if err != nil {
		return false, fmt.Errorf("carry on a download: %w", err)
	}
	n, err := done.RowsAffected()
	return n > 0, err
}

func (t tx) countDownload(ctx context.Context, actor string, a Archive, bytes int64) error {
	if most := t.s.opts.MaxDownloads; most > 0 && a.Downloads >= int64(most) {
		return dsr.Errorf(dsr.Conflict, "download_limit",
			"the archive has been downloaded %d times and may be %d times; raise limits.max_downloads to allow more", a.Downloads, most)
	}
	sum, err := hex.DecodeString(a.SHA256)
	if err != nil {
		return fmt.Errorf("archive digest: %w", err)
	}
	_, err = t.ExecContext(ctx, `
		INSERT INTO downloads (request_id, archive_sha256, actor, begun_at, counted, bytes) VALUES (?1, ?2, ?3, ?4, 1, ?5)
		ON CONFLICT DO UPDATE SET bytes = counted * ?6 + ?5, counted = counted + 1, begun_at = ?4`,
		a.RequestID, sum, actor, t.now.UnixMilli(), bytes, a.Size)
	if err != nil {
		return fmt.Errorf("count download: %w", err)
	}
	_, err = t.ExecContext(ctx, `
		UPDATE requests SET downloads = downloads + (archive_sha256 IS ?2), prior_downloads = prior_downloads + (prior_sha256 IS ?2)
		WHERE id = ?1`, a.RequestID, sum)
	if err != nil {
		return fmt.Errorf("count download: %w", err)
	}
	return nil
}

// inTransit is how much of a transfer that broke the caller may not have received,
// although it was sent: what the buffers on the way hold.
const inTransit = 8 << 20

// FinishDownload puts on record how a download ended: how many of the bytes asked for were
// sent. What was not sent, or may have been lost on the way, can be asked for again.
func (s *Store) FinishDownload(ctx context.Context, actor string, a Archive, asked, sent int64) error {
	return translate(s.update(ctx, func(t tx) error {
		if sent < asked {
			if err := t.giveBack(ctx, actor, a, asked, sent); err != nil {
				return err
			}
		}
		if err := t.endLink(ctx, actor, a, sent); err != nil {
			return err
		}
		return t.record(ctx, audit.Event{Kind: audit.ArchiveDelivered, Actor: actor, Request: a.RequestID, Data: map[string]string{
			"bytes": strconv.FormatInt(sent, 10), "finished": strconv.FormatBool(sent >= asked),
		}})
	}))
}

// giveBack takes from what is used up what was not sent, and what may have been lost: of
// that never more than was counted, so that breaking off gains nobody more than twice it.
func (t tx) giveBack(ctx context.Context, actor string, a Archive, asked, sent int64) error {
	sum, err := hex.DecodeString(a.SHA256)
	if err != nil {
		return fmt.Errorf("archive digest: %w", err)
	}
	var counted, forgiven int64
	err = t.QueryRowContext(ctx, `SELECT counted, forgiven FROM downloads WHERE request_id = ? AND archive_sha256 = ? AND actor = ?`,
		a.RequestID, sum, actor).Scan(&counted, &forgiven)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // purged meanwhile
	}
	if err != nil {
		return fmt.Errorf("read download: %w", err)
	}
	lost := max(0, min(sent, inTransit, counted*a.Size-forgiven))
	_, err = t.ExecContext(ctx, `
		UPDATE downloads SET bytes = max(0, bytes - ?1), forgiven = forgiven + ?2 WHERE request_id = ?3 AND archive_sha256 = ?4 AND actor = ?5`,
		asked-sent+lost, lost, a.RequestID, sum, actor)
	if err != nil {
		return fmt.Errorf("give back a download: %w", err)
	}
	return nil
}

// endLink uses a link up once all of its archive has been sent to whoever holds it.
func (t tx) endLink(ctx context.Context, actor string, a Archive, sent int64) error {
	id, isLink := strings.CutPrefix(actor, linkActor)
	if !isLink || sent < a.Size {
		return nil
	}
	_, err := t.ExecContext(ctx, `UPDATE links SET used_at = ? WHERE id = ? AND used_at IS NULL`, t.now.UnixMilli(), id)
	if err != nil {
		return fmt.Errorf("use link: %w", err)
	}
	return nil
}

// linkActor begins who a download through a link is put on record as.
const linkActor = "link:"

// LinkActor is who a download through a link is put on record as.
func LinkActor(l dsr.Link) string { return linkActor + l.ID }
