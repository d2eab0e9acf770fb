package store

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/mattn/go-sqlite3"

	"dsr-server/internal/datadir"
)

// TestTheReserveTakesItsRoom: no file system can make it smaller, and a link in its place is
// not followed.
func TestTheReserveTakesItsRoom(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	path := filepath.Join(l.dir, datadir.Reserve)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	l.must(os.WriteFile(elsewhere, []byte("not ours"), 0o600))
	l.must(os.Symlink(elsewhere, path))
	if err := l.s.KeepReserve(); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("through a link: %v", err)
	}
	if got, err := os.ReadFile(elsewhere); err != nil || string(got) != "not ours" {
		t.Errorf("a file elsewhere holds %d bytes, %v", len(got), err)
	}
	l.must(l.s.KeepReserve()) // the link has gone
	kept, err := os.ReadFile(path)
	l.must(err)
	var small bytes.Buffer
	w, err := flate.NewWriter(&small, flate.BestSpeed)
	l.must(err)
	_, err = io.Copy(w, bytes.NewReader(kept))
	l.must(errors.Join(err, w.Close()))
	if len(kept) != reserveSize || small.Len() < reserveSize {
		t.Errorf("%d bytes become %d", len(kept), small.Len())
	}
}

// TestOnlyNoRoomIsAFullDisk: nobody frees the reserve because a disk is broken.
func TestOnlyNoRoomIsAFullDisk(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]bool{
		sqlite3.Error{Code: sqlite3.ErrFull}:                                 true,
		sqlite3.Error{Code: sqlite3.ErrIoErr, SystemErrno: syscall.ENOSPC}:   true,
		sqlite3.Error{Code: sqlite3.ErrIoErr, SystemErrno: syscall.EDQUOT}:   true,
		sqlite3.Error{Code: sqlite3.ErrIoErr, SystemErrno: syscall.EIO}:      false,
		sqlite3.Error{Code: sqlite3.ErrIoErr}:                                false,
		sqlite3.Error{Code: sqlite3.ErrBusy}:                                 false,
		sqlite3.Error{Code: sqlite3.ErrReadonly, SystemErrno: syscall.EROFS}: false,
	} {
		if got := full(fmt.Errorf("commit: %w", err)); got != want {
			t.Errorf("%#v: got %t", err, got)
		}
	}
	if full(nil) {
		t.Error("no error is a full disk")
	}
}
