package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
)

// A purge happens in this order, so that a crash between two steps hides no less and
// loses nothing that is to stay:
//
//  1. One transaction: the wrapped data key, everything sealed under it, the records,
//     units, views and idempotency keys go; the signed receipt and the audit event
//     come; the sweep becomes due. From its commit on the request answers Gone and the
//     archive's file cannot be opened by anybody: the key of its key is gone.
//  2. The archive's file is removed (cmd). A crash before leaves it to the sweep, which
//     has its name on record.
//     On a full disk the first step deletes the key and little else, in room that is kept in
//     reserve; the other rows, which nothing opens any more, go after the file, little by
//     little. The sweep ends what a crash leaves of that.
//  3. The write-ahead log is emptied into the database (Truncate), in which SQLite has
//     overwritten what was deleted (secure_delete). The log would otherwise keep old
//     pages for as long as nobody writes. A crash before is made good by the sweep.

// Purge implements api.Service: it deletes everything of the request but a signed
// receipt. It returns the archive's file, to be removed, or "".
func (s *Store) Purge(ctx context.Context, call dsr.Call, id string) (file string, err error) {
	purge := func(all bool) error { return s.purgeOne(ctx, call, id, all, &file) }
	err = purge(true)
	tight := full(err)
	if tight {
		err = s.inReserve(func() error { return purge(false) })
	}
	if err != nil {
		return "", translate(err)
	}
	if tight {
		s.makeRoom(ctx, file)
	}
	s.opts.Woken()
	return file, nil
}

// makeRoom removes what a purge on a full disk has left: first the archive's file, whose
// room the rest may need. The purge has succeeded by then, so what fails here is left to
// the sweep, which meets it again and says so.
func (s *Store) makeRoom(ctx context.Context, file string) {
	if file != "" && s.opts.RemoveArchive(file) != nil {
		return
	}
	_ = dropRest(ctx, s.update)
}

// purgeOne is the purge of one request, in one transaction. all: with every row; otherwise
// those that take much room are left to dropRest.
func (s *Store) purgeOne(ctx context.Context, call dsr.Call, id string, all bool, file *string) error {
	return s.update(ctx, func(t tx) error {
		r, err := t.request(ctx, id)
		if err != nil {
			return err
		}
		if r.Status == dsr.Purged {
			return t.gone(ctx, id)
		}
		if err := call.MeantFor(r); err != nil {
			return err
		}
		if r.Hold != nil {
			return held(r)
		}
		*file, err = t.purge(ctx, r, call.By, dsr.PurgedOnDemand, all)
		return err
	})
}

func (t tx) purge(ctx context.Context, r dsr.Request, by dsr.Principal, reason string, all bool) (file string, err error) {
	err = t.QueryRowContext(ctx, `SELECT coalesce(archive_name, '') FROM requests WHERE id = ?`, r.ID).Scan(&file)
	if err != nil {
		return "", fmt.Errorf("read archive's name: %w", err)
	}
	digest, err := t.storeReceipt(ctx, receiptOf(r, by, reason, t))
	if err != nil {
		return "", err
	}
	if err := t.forget(ctx, r.ID, all); err != nil {
		return "", err
	}
	if err := t.empty(ctx, r); err != nil {
		return "", err
	}
	if err := t.sweepAt(ctx, t.now); err != nil {
		return "", err
	}
	return file, t.record(ctx, audit.Event{Kind: audit.RequestPurged, Actor: by.ID, Request: r.ID,
		Data: map[string]string{"reason": reason, "receipt": digest}})
}

// receiptOf says what is about to go. It names nobody and quotes nothing.
func receiptOf(r dsr.Request, by dsr.Principal, reason string, t tx) dsr.Receipt {
	receipt := dsr.Receipt{
		Version: 1, Request: r.ID, PurgedAt: t.now, Reason: reason, ByRole: string(by.Role), Status: r.Status,
		ReceivedAt: r.ReceivedAt, Answered: !r.AnsweredAt.IsZero(),
		Conversations: r.Progress.Conversations, Messages: r.Progress.Messages,
		Removed: []string{"archive", "key", "records", "search", "identifiers", "views"},
	}
	switch {
	case r.Released != nil: // what somebody may have
		receipt.Archive = r.Released.SHA256
	case r.Result != nil && r.Result.Archive != nil:
		receipt.Archive = r.Result.Archive.SHA256
	}
	return receipt
}

// storeReceipt signs and stores the receipt and returns its SHA-256 in hex.
func (t tx) storeReceipt(ctx context.Context, r dsr.Receipt) (digest string, err error) {
	body, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("encode receipt: %w", err)
	}
	signature, err := t.s.opts.SignReceipt(body)
	if err != nil {
		return "", fmt.Errorf("sign receipt: %w", err)
	}
	_, err = t.ExecContext(ctx, `INSERT INTO receipts (request_id, body, signature, created_at) VALUES (?, ?, ?, ?)`,
		r.Request, string(body), string(signature), t.now.UnixMilli())
	if err != nil {
		return "", fmt.Errorf("store receipt: %w", err)
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:]), nil
}

// emptied is what stays of a request's row: its id, its times and who made it.
const emptied = `
	UPDATE requests SET status = 'purged', updated_at = ?1, complete = NULL, reference = NULL, data_key = NULL, selectors = NULL, notes = NULL, callback_url = NULL, sources = '[]', window_start = NULL, window_end = NULL,
		error_code = NULL, error_detail = NULL, archive_name = NULL, archive_identity = NULL, archive_size = NULL, archive_sha256 = NULL,
		archive_expires_at = NULL, downloads = 0, conversations = 0, messages = 0, near_misses = 0, extension_reason = NULL, warnings = NULL,
		held = NULL, answer_note = NULL, reopen_reason = NULL, decision_note = NULL, labels = '{}', assignee = NULL, channel = NULL, identity = NULL, repackaging = 0, repackaging_failed = 0,
		prior_name = NULL, prior_identity = NULL, prior_size = NULL, prior_sha256 = NULL, prior_ready_at = NULL, prior_expires_at = NULL, prior_downloads = 0, archive_withheld = 0, withheld_changes = 0
	WHERE id = ?2 AND status = ?3`

// ownTables hold rows of one request. Others refer to them and go with them (ON DELETE
// CASCADE).
var ownTables = []string{"pauses", "notes", "records", "request_sources", "unit_requests", "views", "readings", "withheld", "idempotency_keys", "asked_values", "drafts", "links", "downloads", "attachments", "attachment_counts", "deliveries", "deadline_events", "notices"}

// bulky are those of ownTables whose rows take much room, or lead to such that do.
var bulky = []string{"records", "request_sources", "unit_requests", "attachments", "attachment_counts"}

// ownJobs are the kinds of jobs that are about one request.
var ownJobs = []string{JobPlan, JobFiles, JobPackage, JobRepackage}

// forget deletes every row that belongs to the request, but its own and, unless all are
// to go, the bulky ones.
func (t tx) forget(ctx context.Context, id string, all bool) error {
	if err := t.forgetStreams(ctx, id); err != nil {
		return err
	}
	for _, table := range ownTables {
		if !all && slices.Contains(bulky, table) {
			continue
		}
		if _, err := t.ExecContext(ctx, `DELETE FROM `+table+` WHERE request_id = ?`, id); err != nil {
			return fmt.Errorf("purge %s: %w", table, err)
		}
	}
	for _, kind := range ownJobs {
		if err := jobs.Forget(ctx, t.Tx, kind, id); err != nil {
			return err
		}
	}
	return nil
}

// droppedAtOnce bounds what one commit of dropRest writes.
const droppedAtOnce = 100

// dropRest deletes, little by little, the rows of purged requests that a purge on a full
// disk has left, or a lane has written meanwhile. Nothing opens them: their key is gone.
// update is Store.update or, for the holder of a lease, Work.step.
func dropRest(ctx context.Context, update func(context.Context, func(tx) error) error) error {
	const purged = `(SELECT id FROM requests WHERE status = 'purged')`
	for _, table := range bulky {
		part := ``
		if table == "records" || table == "attachments" {
			part = fmt.Sprintf(` AND id IN (SELECT id FROM %s WHERE request_id IN %s LIMIT %d)`, table, purged, droppedAtOnce)
		}
		for left := true; left; {
			err := update(ctx, func(t tx) error {
				done, err := t.ExecContext(ctx, `DELETE FROM `+table+` WHERE request_id IN `+purged+part)
				if err != nil {
					return fmt.Errorf("purge %s: %w", table, err)
				}
				n, err := done.RowsAffected()
				left = part != "" && n > 0
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// empty takes everything out of the request's own row, in the statement that moves
// it to purged: the CHECKs would refuse either alone.
func (t tx) empty(ctx context.Context, r dsr.Request) error {
	done, err := t.ExecContext(ctx, emptied, t.now.UnixMilli(), r.ID, string(r.Status))
	if err != nil {
		return fmt.Errorf("purge request: %w", err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return wrongStatus("purged", r.Status, changedMeanwhile)
	}
	return nil
}
