package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mattn/go-sqlite3"

	"dsr-server/internal/datadir"
)

// Deleting takes room before it gives any: the write-ahead log holds every page that is
// overwritten. So some is kept in reserve, for the purge on a full disk.

// reserveSize is enough for the commits of a purge, one after the other.
const reserveSize = 8 << 20

func (s *Store) reserve() string { return filepath.Join(s.opts.Dir, datadir.Reserve) }

// KeepReserve makes the reserve, unless it is there. On a full disk it cannot.
func (s *Store) KeepReserve() error {
	if info, err := os.Lstat(s.reserve()); err == nil && info.Size() == reserveSize {
		return nil
	}
	if err := os.WriteFile(s.reserve(), make([]byte, reserveSize), 0o600); err != nil {
		return errors.Join(fmt.Errorf("keep room in reserve: %w", err), s.freeReserve())
	}
	return nil
}

// freeReserve gives the reserve back to the disk.
func (s *Store) freeReserve() error {
	if err := os.Remove(s.reserve()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("use the room kept in reserve: %w", err)
	}
	return nil
}

// inReserve does f in the room that was kept in reserve. Where that cannot be given back, f
// may succeed all the same.
func (s *Store) inReserve(f func() error) error {
	freed := s.freeReserve()
	if err := f(); err != nil {
		return errors.Join(freed, err)
	}
	return nil
}

// full reports whether there is no room to write.
func full(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	return ok && (e.Code == sqlite3.ErrFull || e.Code == sqlite3.ErrIoErr)
}
