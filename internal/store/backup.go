package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/mattn/go-sqlite3"

	"dsr-server/internal/audit"
)

// backupPages is how many pages are copied between looks at the context.
const backupPages = 4096

// CopyTo writes the database, as it is at one moment, to a new file. Nobody has to wait for
// it: SQLite's backup reads within one transaction (https://www.sqlite.org/backup.html).
func (s *Store) CopyTo(ctx context.Context, path string) error {
	to, err := (&sqlite3.SQLiteDriver{}).Open(fileURI(path, nil))
	if err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	target, ok := to.(*sqlite3.SQLiteConn)
	if !ok {
		return errors.New("copy database: the driver has no backup")
	}
	err = s.copyOnto(ctx, target)
	if err == nil { // one file, whatever the mode of the original
		_, err = target.Exec(`PRAGMA journal_mode = DELETE`, nil)
	}
	return errors.Join(err, target.Close())
}

func (s *Store) copyOnto(ctx context.Context, target *sqlite3.SQLiteConn) error {
	conn, err := s.r.Conn(ctx)
	if err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	defer func() { _ = conn.Close() }()
	// The transaction holds the moment: without it each write begins the copy anew.
	moment, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	defer func() { _ = moment.Rollback() }()
	var tables int
	if err := moment.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master`).Scan(&tables); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	return conn.Raw(func(driver any) error {
		watched, ok := driver.(watchedConn)
		if !ok {
			return errors.New("copy database: the driver has no backup")
		}
		source, ok := watched.fullConn.(*sqlite3.SQLiteConn)
		if !ok {
			return errors.New("copy database: the driver has no backup")
		}
		return copyPages(ctx, target, source)
	})
}

func copyPages(ctx context.Context, target, source *sqlite3.SQLiteConn) error {
	b, err := target.Backup("main", source, "main")
	if err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	for done := false; !done && err == nil; {
		if done, err = b.Step(backupPages); err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
	}
	if err = errors.Join(err, b.Finish()); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	return nil
}

// RecordBackup puts a finished backup of so many files on record.
func (s *Store) RecordBackup(ctx context.Context, files int) error {
	return s.update(ctx, func(t tx) error {
		return t.record(ctx, audit.Event{Kind: audit.BackupMade, Actor: audit.System, Data: map[string]string{"files": fmt.Sprint(files)}})
	})
}

// FilesOf lists the names of the archives that a copy of the database needs.
func (s *Store) FilesOf(ctx context.Context, path string) (names []string, err error) {
	db, err := openDB("sqlite3", path, "ro", 1, func(error) {})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	read, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("read the copy of the database: %w", err)
	}
	defer func() { _ = read.Rollback() }()
	files, err := tx{Tx: read, s: s}.archiveFiles(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if files[name].InForce {
			names = append(names, name)
		}
	}
	return names, nil
}
