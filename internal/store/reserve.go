package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

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
	if info, err := os.Lstat(s.reserve()); err == nil && info.Mode().IsRegular() && info.Size() == reserveSize {
		return nil
	}
	if err := s.fillReserve(); err != nil {
		return errors.Join(fmt.Errorf("keep room in reserve: %w", err), s.freeReserve())
	}
	return nil
}

// fillReserve writes what no file system can make smaller, and waits until it has its room.
func (s *Store) fillReserve() error {
	f, err := os.OpenFile(s.reserve(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, rand.Reader, reserveSize)
	return errors.Join(err, f.Sync(), f.Close())
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

// full reports whether there is no room to write. SQLite calls a quota that is used up, and
// what it cannot map into memory, an error of input and output.
func full(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	return ok && (e.Code == sqlite3.ErrFull || e.SystemErrno == syscall.ENOSPC || e.SystemErrno == syscall.EDQUOT)
}
