package store

import (
	"context"
	"fmt"
	"strconv"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// Archive says where a request's finished archive lies and what opens it.
type Archive struct {
	RequestID string
	Reference string
	FileName  string
	Identity  string
	dsr.ArchiveInfo
}

// DownloadArchive returns the archive of a request that is ready, or in review for
// those who may look. Unless it is only described, the download is first put on
// record and counted; one too many, and any other status, is a conflict.
func (s *Store) DownloadArchive(ctx context.Context, by dsr.Principal, id string, access dsr.Access) (a Archive, err error) {
	get := func(t tx) error {
		r, err := t.request(ctx, id)
		if err != nil {
			return err
		}
		if err := t.downloadable(ctx, by, r); err != nil {
			return err
		}
		if a, err = t.archive(ctx, r); err != nil || access == dsr.Describe {
			return err
		}
		return t.beginDownload(ctx, by.ID, r, access)
	}
	if access == dsr.Describe {
		return a, s.view(ctx, get)
	}
	return a, translate(s.update(ctx, get))
}

func (t tx) downloadable(ctx context.Context, by dsr.Principal, r dsr.Request) error {
	switch {
	case r.Status == dsr.Purged:
		return t.gone(ctx, r.ID)
	case r.Status == dsr.Review && by.Role.May(dsr.DownloadReview):
		return nil
	case r.Status == dsr.Review:
		return dsr.Errorf(dsr.Conflict, "not_ready", "the archive is in review; an approver may look at it, others once it is approved")
	case r.Status.Open():
		return dsr.Errorf(dsr.Conflict, "not_ready", "a request that is %s has no archive yet; download it once its status is ready", r.Status)
	case r.Status != dsr.Ready:
		return dsr.Errorf(dsr.Conflict, "not_ready", "a request that is %s has no archive to download", r.Status)
	case r.Hold == nil && !t.now.Before(r.Result.Archive.ExpiresAt):
		return dsr.Errorf(dsr.Conflict, "not_ready", "the archive's retention has ended (retention.archive)")
	}
	return nil
}

// beginDownload counts the download and puts it on record, before the first byte.
func (t tx) beginDownload(ctx context.Context, actor string, r dsr.Request, access dsr.Access) error {
	resumed := false
	if access == dsr.Resume {
		var err error
		if resumed, err = t.hasBegun(ctx, actor, r.ID); err != nil {
			return err
		}
	}
	if !resumed {
		if err := t.countDownload(ctx, r); err != nil {
			return err
		}
	}
	return t.record(ctx, audit.Event{Kind: audit.ArchiveDownloaded, Actor: actor, Request: r.ID, Data: map[string]string{
		"archive": r.Result.Archive.SHA256, "resumed": strconv.FormatBool(resumed),
	}})
}

// hasBegun reports whether the actor has begun to download this archive lately.
func (t tx) hasBegun(ctx context.Context, actor, id string) (begun bool, err error) {
	err = t.QueryRowContext(ctx, `
		SELECT EXISTS (SELECT 1 FROM audit_events WHERE actor = ?1 AND kind = ?2 AND request_id = ?3
			AND at >= max(?4, (SELECT coalesce(ready_at, 0) FROM requests WHERE id = ?3)))`,
		actor, string(audit.ArchiveDownloaded), id, t.now.Add(-dsr.ResumeWithin).UnixMilli()).Scan(&begun)
	if err != nil {
		return false, fmt.Errorf("look up download: %w", err)
	}
	return begun, nil
}

func (t tx) countDownload(ctx context.Context, r dsr.Request) error {
	if most := t.s.opts.MaxDownloads; most > 0 && r.Result.Archive.Downloads >= int64(most) {
		return dsr.Errorf(dsr.Conflict, "download_limit",
			"the archive has been downloaded %d times and may be %d times; raise limits.max_downloads to allow more", r.Result.Archive.Downloads, most)
	}
	if _, err := t.ExecContext(ctx, `UPDATE requests SET downloads = downloads + 1 WHERE id = ?`, r.ID); err != nil {
		return fmt.Errorf("count download: %w", err)
	}
	return nil
}

// FinishDownload puts on record how a download ended: how many bytes were sent and
// whether that is all that was asked for.
func (s *Store) FinishDownload(ctx context.Context, actor, id string, sent int64, finished bool) error {
	return s.recordAlone(ctx, audit.Event{Kind: audit.ArchiveDelivered, Actor: actor, Request: id, Data: map[string]string{
		"bytes": strconv.FormatInt(sent, 10), "finished": strconv.FormatBool(finished),
	}})
}

func (t tx) archive(ctx context.Context, r dsr.Request) (a Archive, err error) {
	k, err := t.dataKey(ctx, r.ID)
	if err != nil {
		return a, err
	}
	var identity []byte
	err = t.QueryRowContext(ctx, `SELECT archive_name, archive_identity FROM requests WHERE id = ?`, r.ID).Scan(&a.FileName, &identity)
	if err != nil {
		return a, fmt.Errorf("read archive: %w", err)
	}
	plain, err := k.Open(requestPlace("archive_identity", r.ID), identity)
	a.RequestID, a.Reference, a.Identity, a.ArchiveInfo = r.ID, r.Reference, string(plain), *r.Result.Archive
	return a, err
}
