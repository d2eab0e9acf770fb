package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"dsr-server/internal/datadir"
)

// metaFirstStart is the row of meta that says that the master key is about to be made:
// with it, and without a check value, a master key is that of a first start which was
// killed.
const metaFirstStart = "first_start"

// notOurs is what is wrong with a database of another folder, or of none.
const notOurs = "holds nothing of this installation (if it had a " + datadir.Database + "-wal beside it, that is part of it)"

// inspectBefore refuses a data folder that has lost its database, before anything is
// created in it. It returns what was found beside the database.
func inspectBefore(dir, path string) (datadir.Traces, error) {
	traces, err := datadir.Inspect(dir)
	if err != nil {
		return traces, err
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if !traces.None() {
			return traces, traces.NotTheDatabase("is missing")
		}
	case err != nil:
		return traces, fmt.Errorf("data_dir: %w", err)
	case info.Size() == 0 && !traces.None():
		return traces, traces.NotTheDatabase("is empty")
	}
	traces.Log = "" // it belongs to the database that is there
	return traces, nil
}

// recognise refuses a database that has never been this folder's: it holds none of the
// rows that a first start writes before it makes the first key.
func (s *Store) recognise(ctx context.Context, traces datadir.Traces) error {
	if traces.None() {
		return nil
	}
	var tables int
	err := s.w.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'`).Scan(&tables)
	if err != nil {
		return fmt.Errorf("data_dir: %s cannot be read (%w); restore it from the newest backup", datadir.Database, err)
	}
	if tables == 0 {
		return traces.NotTheDatabase(notOurs)
	}
	check, err := s.meta(ctx, masterCheck.Row)
	if err != nil || check != nil {
		return err
	}
	begun, err := s.meta(ctx, metaFirstStart)
	if err != nil {
		return err
	}
	if begun == nil || traces.SigningKey || traces.Archives > 0 {
		return traces.NotTheDatabase(notOurs)
	}
	return nil
}

// beginFirstStart notes that the master key is about to be made.
func (s *Store) beginFirstStart(ctx context.Context) error {
	s.first = true
	return s.update(ctx, func(t tx) error { return t.setMeta(ctx, metaFirstStart, []byte{}) })
}

// FirstStart reports whether there was no database before this start.
func (s *Store) FirstStart() bool { return s.first }

// endFirstStart seals the check value with the new master key.
func (s *Store) endFirstStart(ctx context.Context) error {
	return s.update(ctx, func(t tx) error {
		if err := t.storeChecks(ctx, s.master, s.master.Derive("idempotency")); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `DELETE FROM meta WHERE name = ?`, metaFirstStart); err != nil {
			return fmt.Errorf("end the first start: %w", err)
		}
		return nil
	})
}
