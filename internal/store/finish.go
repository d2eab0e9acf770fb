package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// Finish ends a run with its packaged archive: ready when complete and no review is
// asked for, else review. It returns the file that is needed no longer: the archive
// of an earlier run, or the new one when the request is not running any more.
func (w *Work) Finish(ctx context.Context, o dsr.Outcome) (unneeded string, err error) {
	err = w.step(ctx, func(t tx) error {
		r, err := t.request(ctx, o.RequestID)
		if err != nil || r.Status != dsr.Running {
			unneeded = o.FileName
			return err
		}
		err = t.QueryRowContext(ctx, `SELECT coalesce(archive_name, '') FROM requests WHERE id = ?`, r.ID).Scan(&unneeded)
		if err != nil {
			return fmt.Errorf("read earlier archive: %w", err)
		}
		if err := t.storeOutcome(ctx, o); err != nil {
			return err
		}
		to, kind := dsr.Ready, audit.RequestReady
		if !o.Complete || w.opts.ReviewAll {
			to, kind = dsr.Review, audit.RequestInReview
		}
		if err := t.move(ctx, r, to); err != nil {
			return err
		}
		return t.record(ctx, audit.Event{Kind: kind, Actor: "system", Request: o.RequestID, Data: map[string]string{
			"complete": strconv.FormatBool(o.Complete), "archive": o.Found.Archive.SHA256,
		}})
	})
	return unneeded, err
}

func (t tx) storeOutcome(ctx context.Context, o dsr.Outcome) error {
	k, err := t.dataKey(ctx, o.RequestID)
	if err != nil {
		return err
	}
	sum, err := hex.DecodeString(o.Found.Archive.SHA256)
	if err != nil {
		return fmt.Errorf("archive digest: %w", err)
	}
	problem := dsr.Problem{}
	if o.Problem != nil {
		problem = *o.Problem
	}
	_, err = t.ExecContext(ctx, `
		UPDATE requests SET complete = ?, error_code = ?, error_detail = ?, archive_name = ?, archive_identity = ?, archive_size = ?,
			archive_sha256 = ?, archive_expires_at = ?, conversations = ?, messages = ? WHERE id = ?`,
		o.Complete, text(problem.Code), text(problem.Detail), o.FileName, k.seal(requestPlace("archive_identity", o.RequestID), []byte(o.Identity)),
		o.Found.Archive.Size, sum, t.s.expiry(t.now), o.Found.Conversations, o.Found.Messages, o.RequestID)
	if err != nil {
		return fmt.Errorf("store outcome: %w", err)
	}
	return nil
}

// expiry is when an archive that became ready at now is deleted: after its
// retention, and while unanswered not before 90 days.
func (s *Store) expiry(now time.Time) int64 {
	return now.Add(max(s.opts.ArchiveRetention, unanswered)).UnixMilli()
}

// Fail moves a request whose job has used up its attempts to failed, in the queue's
// own transaction, so that the request and the dead job change together.
func (s *Store) Fail(ctx context.Context, queueTx *sql.Tx, id string) error {
	t := tx{Tx: queueTx, s: s, now: s.now()}
	r, err := t.request(ctx, id)
	if err != nil || !r.Status.Open() {
		return err
	}
	_, err = t.ExecContext(ctx, `UPDATE requests SET error_code = 'internal', error_detail = ? WHERE id = ?`,
		"the service could not finish this request by itself; see its log, mend the cause and retry", id)
	if err != nil {
		return fmt.Errorf("store failure: %w", err)
	}
	if err := t.move(ctx, r, dsr.Failed); err != nil {
		return err
	}
	return t.record(ctx, audit.Event{Kind: audit.RequestFailed, Actor: "system", Request: id})
}

// Archive says where a request's finished archive lies and what opens it.
type Archive struct {
	FileName string
	Identity string
	dsr.ArchiveInfo
}

// DownloadArchive returns the archive of a request that is ready, or in review for
// those who may look; with record it first puts the download on record. Any other
// status is a conflict.
func (s *Store) DownloadArchive(ctx context.Context, by dsr.Principal, id string, record bool) (a Archive, err error) {
	get := func(t tx) error {
		r, err := t.request(ctx, id)
		if err != nil {
			return err
		}
		if err := downloadable(by, r); err != nil {
			return err
		}
		if a, err = t.archive(ctx, r); err != nil || !record {
			return err
		}
		if _, err := t.ExecContext(ctx, `UPDATE requests SET downloads = downloads + 1 WHERE id = ?`, id); err != nil {
			return fmt.Errorf("count download: %w", err)
		}
		return t.record(ctx, audit.Event{Kind: audit.ArchiveDownloaded, Actor: by.ID, Request: id})
	}
	if !record {
		return a, s.view(ctx, get)
	}
	return a, translate(s.update(ctx, get))
}

func downloadable(by dsr.Principal, r dsr.Request) error {
	switch {
	case r.Status == dsr.Purged:
		return dsr.Errorf(dsr.Gone, "purged", "the request has been purged")
	case r.Status == dsr.Review && by.Role.May(dsr.DownloadReview), r.Status == dsr.Ready:
		return nil
	case r.Status == dsr.Review:
		return dsr.Errorf(dsr.Conflict, "not_ready", "the archive is in review; an approver may look at it, others once it is approved")
	}
	return dsr.Errorf(dsr.Conflict, "not_ready", "a request that is %s has no archive to download", r.Status)
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
	plain, err := k.open(requestPlace("archive_identity", r.ID), identity)
	a.Identity, a.ArchiveInfo = string(plain), *r.Result.Archive
	return a, err
}

// ArchiveNames are the files in the vault that belong to a request.
func (s *Store) ArchiveNames(ctx context.Context) (map[string]bool, error) {
	rows, err := s.r.QueryContext(ctx, `SELECT archive_name FROM requests WHERE archive_name IS NOT NULL`)
	if err != nil {
		return nil, fmt.Errorf("list archives: %w", err)
	}
	defer rows.Close()
	names := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("list archives: %w", err)
		}
		names[name] = true
	}
	return names, rows.Err()
}
