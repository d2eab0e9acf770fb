package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// Finish ends a run with its packaged archive: ready when complete, without warnings and
// no review is asked for, else review. A screening has no archive, and nobody asks for a
// review of what is not released. It returns the file that is needed no longer: the archive
// of an earlier run, or the new one when the request is not running any more.
func (w *Work) Finish(ctx context.Context, o dsr.FinishedRun) (unneeded string, err error) {
	err = w.step(ctx, func(t tx) error {
		r, err := t.request(ctx, o.RequestID)
		if err != nil || r.Status != dsr.Running {
			unneeded = o.FileName
			return err
		}
		if unneeded, err = t.replacedFile(ctx, r.ID); err != nil {
			return err
		}
		if err := t.storeOutcome(ctx, r, o); err != nil {
			return err
		}
		to, kind := dsr.Ready, audit.RequestReady
		if !o.Complete || len(o.Warnings) > 0 || w.opts.ReviewAll && !r.Screens() {
			to, kind = dsr.Review, audit.RequestInReview
		}
		if err := t.move(ctx, r, to); err != nil {
			return err
		}
		if to == dsr.Ready {
			if err := t.replace(ctx, r.ID); err != nil {
				return err
			}
		}
		if err := t.startRetention(ctx, r.ID); err != nil {
			return err
		}
		return t.record(ctx, audit.Event{Kind: kind, Actor: "system", Request: o.RequestID, Data: onRecord(o)})
	})
	return unneeded, err
}

// replacedFile is the file of the archive that another takes the place of; "" when there is
// none, or it stays in force.
func (t tx) replacedFile(ctx context.Context, id string) (file string, err error) {
	err = t.QueryRowContext(ctx, `SELECT iif(archive_name IS prior_name, '', coalesce(archive_name, '')) FROM requests WHERE id = ?`, id).Scan(&file)
	if err != nil {
		return "", fmt.Errorf("read earlier archive: %w", err)
	}
	return file, nil
}

// onRecord is what the audit log says of an outcome; of warnings the codes alone.
func onRecord(o dsr.FinishedRun) map[string]string {
	data := map[string]string{"complete": strconv.FormatBool(o.Complete)}
	if a := o.Found.Archive; a != nil {
		data["archive"] = a.SHA256
	}
	var codes []string
	for _, w := range o.Warnings {
		codes = append(codes, w.Code)
	}
	if len(codes) > 0 {
		data["warnings"] = strings.Join(codes, " ")
	}
	return data
}

func (t tx) storeOutcome(ctx context.Context, r dsr.Request, o dsr.FinishedRun) error {
	k, err := t.dataKey(ctx, r.ID)
	if err != nil {
		return err
	}
	problem := dsr.Problem{}
	if o.Problem != nil {
		problem = *o.Problem
	}
	var warnings []byte
	if len(o.Warnings) > 0 {
		if warnings, err = k.SealJSON(requestPlace("warnings", r.ID), o.Warnings); err != nil {
			return err
		}
	}
	_, err = t.ExecContext(ctx, `
		UPDATE requests SET warnings = ?, complete = ?, error_code = ?, error_detail = ?, conversations = ?, messages = ?,
			near_misses = (SELECT count(DISTINCT n.source || hex(n.vendor_key)) FROM near_misses n WHERE n.request_id = requests.id AND `+unmatched+`)
				+ (SELECT coalesce(sum(near_untold), 0) FROM request_sources p WHERE p.request_id = requests.id)
		WHERE id = ?`,
		warnings, o.Complete, text(problem.Code), text(problem.Detail), o.Found.Conversations, o.Found.Messages, r.ID)
	if err != nil {
		return fmt.Errorf("store outcome: %w", err)
	}
	if r.Screens() {
		return t.storeHeld(ctx, r.ID)
	}
	return t.storeArchive(ctx, k, o)
}

func (t tx) storeArchive(ctx context.Context, k seal.Key, o dsr.FinishedRun) error {
	sum, err := hex.DecodeString(o.Found.Archive.SHA256)
	if err != nil {
		return fmt.Errorf("archive digest: %w", err)
	}
	_, err = t.ExecContext(ctx, `UPDATE requests SET archive_name = ?, archive_identity = ?, archive_size = ?, archive_sha256 = ?, archive_withheld = ?, downloads = 0 WHERE id = ?`,
		o.FileName, k.Seal(requestPlace("archive_identity", o.RequestID), []byte(o.Identity)), o.Found.Archive.Size, sum, o.WithheldChanges, o.RequestID)
	if err != nil {
		return fmt.Errorf("store archive: %w", err)
	}
	return t.finishFile(ctx, o.RequestID, o.FileName)
}

// storeHeld counts what a screening has found. The schema wants a name of an archive: see the
// migration.
func (t tx) storeHeld(ctx context.Context, id string) error {
	const held = `(SELECT count(*) FROM records c WHERE c.request_id = requests.id AND c.source = s.value AND c.kind = 'conversation')`
	_, err := t.ExecContext(ctx, `
		UPDATE requests SET archive_name = '', held = (SELECT json_group_object(s.value, `+held+`) FROM json_each(requests.sources) s),
			conversations = (SELECT sum(`+held+`) FROM json_each(requests.sources) s)
		WHERE id = ?`, id)
	if err != nil {
		return fmt.Errorf("store what is held: %w", err)
	}
	return nil
}

// Fail moves a request whose job has used up its attempts to failed, in the queue's
// own transaction, so that the request and the dead job change together.
func (s *Store) Fail(ctx context.Context, queueTx *sql.Tx, id string) error {
	t := s.in(queueTx)
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

// FailWaiting moves every running request that still waits for the source to failed,
// in the queue's own transaction.
func (s *Store) FailWaiting(ctx context.Context, queueTx *sql.Tx, source string) error {
	rows, err := queueTx.QueryContext(ctx, `
		SELECT r.id FROM requests r JOIN request_sources p ON p.request_id = r.id
		WHERE r.status = 'running' AND p.state = 'open' AND p.source = ?`, source)
	if err != nil {
		return fmt.Errorf("list waiting requests: %w", err)
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return fmt.Errorf("list waiting requests: %w", err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list waiting requests: %w", err)
	}
	for _, id := range ids {
		if err := s.Fail(ctx, queueTx, id); err != nil {
			return err
		}
	}
	return nil
}
