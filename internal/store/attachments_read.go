package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"dsr-server/internal/dsr"
)

// AttachmentPaths are where the messages of a source were taken to refer to files, beside
// what shows by itself.
func (c Contents) AttachmentPaths(ctx context.Context, source string) (paths []string, err error) {
	err = c.s.view(ctx, func(t tx) (err error) {
		paths, err = t.attachmentPaths(ctx, c.id, source)
		return err
	})
	return paths, err
}

func (t tx) attachmentPaths(ctx context.Context, id, source string) (paths []string, err error) {
	var encoded string
	err = t.QueryRowContext(ctx, `SELECT paths FROM attachment_counts WHERE request_id = ? AND source = ?`, id, source).Scan(&encoded)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read paths of files: %w", err)
	}
	return paths, json.Unmarshal([]byte(encoded), &paths)
}

// AttachmentsAt returns those of a source's files that are at one of the addresses.
func (c Contents) AttachmentsAt(ctx context.Context, source string, addresses []string) (map[string]dsr.Attachment, error) {
	at := map[string]dsr.Attachment{}
	err := c.s.view(ctx, func(t tx) error {
		k, err := t.dataKey(ctx, c.id)
		if err != nil {
			return err
		}
		for _, address := range addresses {
			err := t.eachAttachment(ctx, c.id, source, addressKey(k, address), func(a dsr.Attachment, err error) bool {
				at[a.Address] = a
				return err == nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return at, err
}

// Attachments yields the files that the messages of a source refer to, in the order in
// which they first do.
func (c Contents) Attachments(ctx context.Context, source string) iter.Seq2[dsr.Attachment, error] {
	return func(yield func(dsr.Attachment, error) bool) {
		err := c.s.view(ctx, func(t tx) error { return t.eachAttachment(ctx, c.id, source, nil, yield) })
		if err != nil {
			yield(dsr.Attachment{}, err)
		}
	}
}

// eachAttachment yields the files of a source; with a key only the one that has it.
func (t tx) eachAttachment(ctx context.Context, id, source string, only []byte, yield func(dsr.Attachment, error) bool) error {
	k, err := t.dataKey(ctx, id)
	if err != nil {
		return err
	}
	which, args := `WHERE request_id = ? AND source = ?`, []any{id, source}
	if only != nil {
		which, args = which+` AND address_key = ?`, append(args, only)
	}
	rows, err := t.QueryContext(ctx, `
		SELECT id, address_key, address, state, coalesce(reason, ''), coalesce(file_name, ''), detail FROM attachments
		`+which+` ORDER BY id`, args...)
	if err != nil {
		return fmt.Errorf("read files: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		a := dsr.Attachment{Source: source}
		var key, address, detail []byte
		if err := rows.Scan(&a.ID, &key, &address, &a.State, &a.Reason, &a.Content.FileName, &detail); err != nil {
			return fmt.Errorf("read files: %w", err)
		}
		if address, err = k.Open(attachmentPlace("address", id, source, key), address); err != nil {
			return err
		}
		a.Address = string(address)
		if err := k.OpenJSON(attachmentPlace("detail", id, source, key), detail, &a.Content); err != nil {
			return err
		}
		if !yield(a, nil) {
			return nil
		}
	}
	return rows.Err()
}

// attachmentCounts are the files of each source that has been looked through in this run
// of the request.
func (t tx) attachmentCounts(ctx context.Context, id string) (map[string]dsr.AttachmentCount, error) {
	rows, err := t.QueryContext(ctx, `
		SELECT c.source, c.paths, c.fetch, coalesce(a.state, ''), coalesce(a.reason, ''), count(a.id)
		FROM attachment_counts c JOIN requests r ON r.id = c.request_id AND r.run = c.run
		LEFT JOIN attachments a ON a.request_id = c.request_id AND a.source = c.source
		WHERE c.request_id = ? GROUP BY c.source, a.state, a.reason`, id)
	if err != nil {
		return nil, fmt.Errorf("count files: %w", err)
	}
	defer rows.Close()
	counts := map[string]dsr.AttachmentCount{}
	for rows.Next() {
		var source, paths, state, reason string
		var fetch bool
		var n int64
		if err := rows.Scan(&source, &paths, &fetch, &state, &reason, &n); err != nil {
			return nil, fmt.Errorf("count files: %w", err)
		}
		c := counts[source]
		c.Fetch = fetch
		if err := json.Unmarshal([]byte(paths), &c.Paths); err != nil {
			return nil, fmt.Errorf("decode paths of files: %w", err)
		}
		counts[source] = c.Plus(dsr.AttachmentState(state), reason, n)
	}
	return counts, rows.Err()
}
