package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"dsr-server/internal/dsr"
)

// BeginArchive puts the name of a file on record that is about to be begun for the
// request's archive, or for a file that goes into it. It returns the names of earlier
// tries: nobody writes those any more, because the lease of the request's files or
// packaging is this one.
func (w *Work) BeginArchive(ctx context.Context, id, name string) (abandoned []string, err error) {
	err = w.held(ctx, func(t tx) error {
		abandoned, err = t.ids(ctx, `SELECT name FROM archive_files WHERE request_id = ? AND finished = 0`, id)
		if err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `INSERT INTO archive_files (name, request_id) VALUES (?, ?)`, name, id); err != nil {
			return fmt.Errorf("name the archive's file: %w", err)
		}
		return nil
	})
	return abandoned, err
}

// finishFile notes that the file is, or was, a request's archive or a part of one.
func (t tx) finishFile(ctx context.Context, id, name string) error {
	_, err := t.ExecContext(ctx, `
		INSERT INTO archive_files (name, request_id, finished) VALUES (?, ?, 1) ON CONFLICT (name) DO UPDATE SET finished = 1`, name, id)
	if err != nil {
		return fmt.Errorf("note the archive's file: %w", err)
	}
	return nil
}

// ForgetFiles takes the names of files off the record that are there no longer.
func (w *Work) ForgetFiles(ctx context.Context, names ...string) error {
	if len(names) == 0 {
		return nil
	}
	return w.held(ctx, func(t tx) error {
		for _, name := range names {
			if _, err := t.ExecContext(ctx, `DELETE FROM archive_files WHERE name = ?`, name); err != nil {
				return fmt.Errorf("forget an archive's file: %w", err)
			}
		}
		return nil
	})
}

// ArchiveFiles are the names of files that this database has on record.
func (s *Store) ArchiveFiles(ctx context.Context) (files dsr.ArchiveFiles, err error) {
	err = s.view(ctx, func(t tx) error {
		if files.Since, err = t.firstRequest(ctx); err != nil {
			return err
		}
		files.States, err = t.archiveFiles(ctx)
		return err
	})
	return files, err
}

// A file is needed as long as it is a request's archive, or goes into it, or may become either.
func (t tx) archiveFiles(ctx context.Context) (map[string]dsr.ArchiveFile, error) {
	rows, err := t.QueryContext(ctx, `
		SELECT f.name, f.finished,
			f.name IN (coalesce(r.archive_name, ''), coalesce(r.prior_name, '')) OR r.status <> 'purged' AND EXISTS (SELECT 1 FROM attachments a WHERE a.file_name = f.name),
			f.finished = 0 AND (r.status IN ('queued', 'running') OR r.repackaging = 1)
		FROM archive_files f JOIN requests r ON r.id = f.request_id`)
	if err != nil {
		return nil, fmt.Errorf("list archives' files: %w", err)
	}
	defer rows.Close()
	files := map[string]dsr.ArchiveFile{}
	for rows.Next() {
		var name string
		var f dsr.ArchiveFile
		if err := rows.Scan(&name, &f.Finished, &f.InForce, &f.UnderWay); err != nil {
			return nil, fmt.Errorf("list archives' files: %w", err)
		}
		files[name] = f
	}
	return files, rows.Err()
}

// firstRequest is when the first request was made; no archive is older. It is zero
// while there has never been one: a request's row outlives its purge.
func (t tx) firstRequest(ctx context.Context) (time.Time, error) {
	var at sql.NullInt64
	if err := t.QueryRowContext(ctx, `SELECT min(created_at) FROM requests`).Scan(&at); err != nil {
		return time.Time{}, fmt.Errorf("look for the first request: %w", err)
	}
	return fromMillis(at), nil
}
