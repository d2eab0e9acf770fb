package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

func attachmentPlace(column, id, source string, key []byte) seal.Place {
	return seal.At("attachments", column, id+"|"+source+"|"+hex.EncodeToString(key))
}

func addressKey(k seal.Key, address string) []byte { return k.MAC("attachment", []byte(address)) }

// UncountedSources returns the sources of a running request whose messages have not been
// looked through for files in this run of it. What an earlier run could not get of them is
// forgotten, so that it is tried again.
func (w *Work) UncountedSources(ctx context.Context, id string) (sources []string, err error) {
	err = w.held(ctx, func(t tx) error {
		const uncounted = `SELECT p.source FROM request_sources p JOIN requests r ON r.id = p.request_id
			LEFT JOIN attachment_counts c ON c.request_id = p.request_id AND c.source = p.source AND c.run = r.run
			WHERE p.request_id = ?1 AND r.status = 'running' AND c.source IS NULL`
		if sources, err = t.ids(ctx, uncounted+` ORDER BY p.source`, id); err != nil {
			return err
		}
		_, err := t.ExecContext(ctx, `
			DELETE FROM attachments WHERE request_id = ?1 AND state = 'missing' AND source IN (`+uncounted+`)
				AND source IN (SELECT source FROM attachment_counts WHERE request_id = ?1)`, id)
		if err != nil {
			return fmt.Errorf("forget missing files: %w", err)
		}
		return nil
	})
	return sources, err
}

// NoteAttachments adds files that messages refer to, in the order in which they come; one
// that is known stays as it is.
func (w *Work) NoteAttachments(ctx context.Context, id, source string, found []dsr.Attachment) error {
	return w.held(ctx, func(t tx) error {
		k, err := t.dataKey(ctx, id)
		if err != nil {
			return err
		}
		for _, a := range found {
			key := addressKey(k, a.Address)
			_, err := t.ExecContext(ctx, `
				INSERT INTO attachments (request_id, source, address_key, address, state, reason) VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT (request_id, source, address_key) DO NOTHING`,
				id, source, key, k.Seal(attachmentPlace("address", id, source, key), []byte(a.Address)), string(a.State), text(a.Reason))
			if err != nil {
				return fmt.Errorf("note a file: %w", err)
			}
		}
		return nil
	})
}

// CountedAttachments says that a source's messages have been looked through, and how.
func (w *Work) CountedAttachments(ctx context.Context, id, source string, paths []string, fetch bool) error {
	encoded, err := json.Marshal(append([]string{}, paths...))
	if err != nil {
		return fmt.Errorf("encode paths: %w", err)
	}
	return w.step(ctx, func(t tx) error {
		_, err := t.ExecContext(ctx, `
			INSERT INTO attachment_counts (request_id, source, run, paths, fetch) SELECT id, ?, run, ?, ? FROM requests WHERE id = ?
			ON CONFLICT (request_id, source) DO UPDATE SET run = excluded.run, paths = excluded.paths, fetch = excluded.fetch`,
			source, string(encoded), fetch, id)
		if err != nil {
			return fmt.Errorf("note what was counted: %w", err)
		}
		return nil
	})
}

// NextAttachment returns the first file of a running request that waits to be fetched, if
// there is one, and how many have been fetched with how many bytes.
func (w *Work) NextAttachment(ctx context.Context, id string) (a dsr.Attachment, waiting bool, files, bytes int64, err error) {
	err = w.view(ctx, func(t tx) error {
		k, err := t.dataKey(ctx, id)
		if err != nil {
			return err
		}
		var key, address []byte
		err = t.QueryRowContext(ctx, `
			SELECT a.id, a.source, a.address_key, a.address FROM attachments a JOIN requests r ON r.id = a.request_id
			WHERE a.request_id = ? AND a.state = 'waiting' AND r.status = 'running' ORDER BY a.id LIMIT 1`, id).Scan(&a.ID, &a.Source, &key, &address)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look for a file to fetch: %w", err)
		}
		waiting, a.State = true, dsr.AttachmentWaiting
		plain, err := k.Open(attachmentPlace("address", id, a.Source, key), address)
		if err != nil {
			return err
		}
		a.Address = string(plain)
		return t.QueryRowContext(ctx, `SELECT count(*), coalesce(sum(size), 0) FROM attachments WHERE request_id = ? AND state = 'fetched'`, id).Scan(&files, &bytes)
	})
	return a, waiting, files, bytes, err
}

// SettleAttachment stores what has become of a file that was waiting: fetched, then its
// file in the archive folder is in force from this commit on, or missing. It reports
// whether the request still wanted it.
func (w *Work) SettleAttachment(ctx context.Context, id string, a dsr.Attachment) (wanted bool, err error) {
	err = w.step(ctx, func(t tx) error {
		wanted, err = t.settleAttachment(ctx, id, a)
		return err
	})
	return wanted, err
}

func (t tx) settleAttachment(ctx context.Context, id string, a dsr.Attachment) (wanted bool, err error) {
	k, err := t.dataKey(ctx, id)
	if err != nil {
		return false, err
	}
	var detail []byte
	var size sql.NullInt64
	if a.State == dsr.AttachmentFetched {
		if detail, err = k.SealJSON(attachmentPlace("detail", id, a.Source, addressKey(k, a.Address)), a.Content); err != nil {
			return false, err
		}
		size = sql.NullInt64{Int64: a.Content.Size, Valid: true}
	}
	done, err := t.ExecContext(ctx, `
		UPDATE attachments SET state = ?, reason = ?, size = ?, file_name = ?, detail = ?
		WHERE id = ? AND request_id = ? AND state = 'waiting' AND (SELECT status FROM requests WHERE id = request_id) = 'running'`,
		string(a.State), text(a.Reason), size, text(a.Content.FileName), detail, a.ID, id)
	if err != nil {
		return false, fmt.Errorf("store a file: %w", err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 || a.State != dsr.AttachmentFetched {
		return n > 0, err
	}
	return true, t.finishFile(ctx, id, a.Content.FileName)
}

// EndAttachments goes on to packaging: every file of a running request is settled.
func (w *Work) EndAttachments(ctx context.Context, id string) error {
	err := w.step(ctx, func(t tx) error {
		var running int
		if err := t.QueryRowContext(ctx, `SELECT count(*) FROM requests WHERE id = ? AND status = 'running'`, id).Scan(&running); err != nil {
			return fmt.Errorf("look at the request: %w", err)
		}
		if running == 0 {
			return nil
		}
		return t.enqueue(ctx, JobPackage, id)
	})
	w.opts.Woken()
	return err
}
