package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// Repackage implements api.Service: the archive of a request is made once more from what
// is sealed, because it is lost, damaged or expired.
func (s *Store) Repackage(ctx context.Context, call dsr.Call, id string) (dsr.Request, error) {
	return s.change(ctx, call, id, audit.RepackagingAsked, func(t tx, r dsr.Request) error {
		if r.Repackaging {
			return dsr.Errorf(dsr.Conflict, "repackaging", "the archive is being made again already; wait until repackaging is false")
		}
		if !r.MayRepackage() {
			return wrongStatus("packaged again", r.Status, "it must be ready, in review or expired")
		}
		if err := t.recordsAreThere(ctx, r); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `UPDATE requests SET repackaging = 1, repackaging_failed = 0, updated_at = ? WHERE id = ?`, t.now.UnixMilli(), id); err != nil {
			return fmt.Errorf("ask for an archive again: %w", err)
		}
		return t.enqueue(ctx, JobRepackage, id)
	})
}

// recordsAreThere refuses to make an archive of less than what was found.
func (t tx) recordsAreThere(ctx context.Context, r dsr.Request) error {
	var conversations, messages int64
	err := t.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE kind = 'conversation'), count(*) FILTER (WHERE kind = 'message') FROM records WHERE request_id = ?`, r.ID).
		Scan(&conversations, &messages)
	if err != nil {
		return fmt.Errorf("count records: %w", err)
	}
	if conversations < r.Result.Conversations || messages < r.Result.Messages {
		return dsr.Errorf(dsr.Conflict, "records_gone", "of the %d conversations and %d messages that were found, %d and %d are still there: "+
			"restore the database from a backup, or submit the request again", r.Result.Conversations, r.Result.Messages, conversations, messages)
	}
	return nil
}

// Repackaged puts the archive that was made again in the place of the one before. The same
// bytes are in force again; others have to be looked at. It returns the file that is needed
// no longer: the earlier one, or the new one when nobody waits for it any more.
func (w *Work) Repackaged(ctx context.Context, o dsr.FinishedRun) (unneeded string, err error) {
	err = w.step(ctx, func(t tx) error {
		r, err := t.request(ctx, o.RequestID)
		if err != nil || !r.Repackaging || r.WithheldChanges != o.WithheldChanges { // then the job is due again
			unneeded = o.FileName
			return err
		}
		before, err := t.digestBefore(ctx, r)
		if err != nil {
			return err
		}
		if unneeded, err = t.replacedFile(ctx, r.ID); err != nil {
			return err
		}
		same := o.Found.Archive.SHA256 == before && *r.Complete == o.Complete
		if err := t.storeRepackaged(ctx, r, o, same); err != nil {
			return err
		}
		return t.record(ctx, audit.Event{Kind: audit.RequestRepackaged, Actor: audit.System, Request: r.ID,
			Data: map[string]string{"archive": o.Found.Archive.SHA256, "same": strconv.FormatBool(same)}})
	})
	return unneeded, err
}

// digestBefore is the SHA-256 of the archive that was lost; the log keeps that of one that
// has expired.
func (t tx) digestBefore(ctx context.Context, r dsr.Request) (string, error) {
	if r.Result.Archive != nil {
		return r.Result.Archive.SHA256, nil
	}
	var leaf []byte
	err := t.QueryRowContext(ctx, `SELECT leaf FROM audit_events WHERE request_id = ? AND kind = ? ORDER BY idx DESC LIMIT 1`, r.ID, string(audit.RequestExpired)).Scan(&leaf)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the expired archive's digest: %w", err)
	}
	_, e, err := audit.ParseLeaf(leaf)
	return e.Data["archive"], err
}

func (t tx) storeRepackaged(ctx context.Context, r dsr.Request, o dsr.FinishedRun, same bool) error {
	k, err := t.dataKey(ctx, r.ID)
	if err != nil {
		return err
	}
	sum, err := hex.DecodeString(o.Found.Archive.SHA256)
	if err != nil {
		return fmt.Errorf("archive digest: %w", err)
	}
	_, err = t.ExecContext(ctx, `
		UPDATE requests SET repackaging = 0, complete = ?, archive_name = ?, archive_identity = ?, archive_size = ?, archive_sha256 = ?, archive_withheld = ?, updated_at = ?
		WHERE id = ?`,
		o.Complete, o.FileName, k.Seal(requestPlace("archive_identity", r.ID), []byte(o.Identity)), o.Found.Archive.Size, sum, o.WithheldChanges, t.now.UnixMilli(), r.ID)
	if err != nil {
		return fmt.Errorf("store the archive that was made again: %w", err)
	}
	if !same || r.Status == dsr.Expired {
		if err := t.countAnew(ctx, r.ID, sum); err != nil {
			return err
		}
	}
	if err := t.finishFile(ctx, r.ID, o.FileName); err != nil {
		return err
	}
	to := r.Status
	switch {
	case !same:
		to = dsr.Review
	case r.Status == dsr.Expired:
		to = dsr.Ready
	}
	if to == r.Status {
		return nil
	}
	if err := t.move(ctx, r, to); err != nil {
		return err
	}
	return t.startRetention(ctx, r.ID)
}

// countAnew begins to count the downloads of an archive that is another one than before, or
// whose retention begins again.
func (t tx) countAnew(ctx context.Context, id string, sum []byte) error {
	if _, err := t.ExecContext(ctx, `UPDATE requests SET downloads = 0 WHERE id = ?`, id); err != nil {
		return fmt.Errorf("count downloads anew: %w", err)
	}
	if _, err := t.ExecContext(ctx, `DELETE FROM downloads WHERE request_id = ? AND archive_sha256 = ?`, id, sum); err != nil {
		return fmt.Errorf("count downloads anew: %w", err)
	}
	return nil
}

// EndRepackaging gives a repackaging up, in the queue's own transaction; the request says
// so, and it can be asked for again.
func (s *Store) EndRepackaging(ctx context.Context, queueTx *sql.Tx, id string) error {
	t := s.in(queueTx)
	r, err := t.request(ctx, id)
	if err != nil || !r.Repackaging {
		return err
	}
	if err := t.endRepackaging(ctx, id, true); err != nil {
		return err
	}
	return t.record(ctx, audit.Event{Kind: audit.RepackagingFailed, Actor: audit.System, Request: id})
}

// endRepackaging says that no archive is being made again.
func (t tx) endRepackaging(ctx context.Context, id string, failed bool) error {
	_, err := t.ExecContext(ctx, `UPDATE requests SET repackaging = 0, repackaging_failed = ?, updated_at = ? WHERE id = ?`, failed, t.now.UnixMilli(), id)
	if err != nil {
		return fmt.Errorf("end making an archive again: %w", err)
	}
	return nil
}
