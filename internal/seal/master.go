package seal

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"dsr-server/internal/durable"
)

// The files of a master key in its folder; while a rotation is under way the next key
// is stored beside the one in force.
const (
	MasterFile = "master.key"
	NextFile   = "master.key.next"
)

// ReadMaster reads the master key in dir, or with create makes it if it is missing. It
// refuses a key that others can read.
func ReadMaster(dir string, create bool) (Key, error) {
	path := filepath.Join(dir, MasterFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && create {
		return createKey(path)
	}
	return readKey(path)
}

func readKey(path string) (k Key, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return k, fmt.Errorf("master key: %s is missing, and the database beside it was sealed with it: restore the file from where it is kept; "+
			"without it nothing that is sealed can be read, and no archive opened, by anybody", path)
	case err != nil:
		return k, fmt.Errorf("master key: %w", err)
	case info.Mode().Perm()&0o077 != 0:
		return k, fmt.Errorf("master key: %s may be read by others; run: chmod 600 %s", path, path)
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return k, fmt.Errorf("master key: %w", err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(body)))
	if err != nil || len(raw) != len(k) {
		return k, fmt.Errorf("master key: %s does not hold 64 hex digits; restore it", path)
	}
	return Key(raw), nil
}

// createKey writes the key durably before anything is sealed with it.
func createKey(path string) (Key, error) {
	k := NewKey()
	if err := writeKey(path, k); err != nil {
		return k, fmt.Errorf("create master key: %w", err)
	}
	return k, nil
}

func writeKey(path string, k Key) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, hex.EncodeToString(k[:]))
	return errors.Join(err, f.Sync(), f.Close(), durable.SyncDir(filepath.Dir(path)))
}

// CreateNext makes the key that a rotation changes to and stores it beside the one in force.
func CreateNext(dir string) (Key, error) { return createKey(filepath.Join(dir, NextFile)) }

// Rotating reports whether a rotation is under way or was cut short.
func Rotating(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, NextFile))
	return err == nil
}

// PutNextInPlace makes the next key the one in force. Where master.key is a link, the file
// that it leads to is replaced and the link stays.
func PutNextInPlace(dir string) error {
	if err := putNextInPlace(dir); err != nil {
		return fmt.Errorf("put the new master key in place: %w", err)
	}
	return nil
}

func putNextInPlace(dir string) error {
	home, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	next := filepath.Join(home, NextFile)
	target, err := filepath.EvalSymlinks(filepath.Join(home, MasterFile))
	if err != nil {
		return err
	}
	if filepath.Dir(target) == home {
		return durable.Rename(next, target)
	}
	// A rename does not go from one file system to another: the key is copied beside its
	// target first. After a crash in between both files hold keys, and the check value says
	// again which of them fits.
	beside := target + ".next"
	if err := durable.Remove(beside); err != nil { // of an earlier try
		return err
	}
	k, err := readKey(next)
	if err != nil {
		return err
	}
	if err := writeKey(beside, k); err != nil {
		return err
	}
	if err := durable.Rename(beside, target); err != nil {
		return err
	}
	return durable.Remove(next)
}

// SettleRotation returns the key that fits, the one in force or the next one, and
// leaves its file alone in dir: it undoes a rotation that was not committed and
// finishes one that was. When neither fits it changes nothing.
func SettleRotation(dir string, inForce Key, fits func(Key) bool) (Key, error) {
	if fits(inForce) {
		return inForce, durable.Remove(filepath.Join(dir, NextFile))
	}
	next, err := readKey(filepath.Join(dir, NextFile))
	if err != nil || !fits(next) {
		return inForce, fmt.Errorf("%s is not the key this database was sealed with: master.key and dsr.db do not belong together. "+
			"Restore the database and the key of one installation, of one time; nothing has been changed", filepath.Join(dir, MasterFile))
	}
	return next, PutNextInPlace(dir)
}
