package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

var (
	masterCheck = place{"meta", "value", "master_check"}
	equalKey    = place{"meta", "value", "equality_key"}
)

// masterFile holds the master key; while a rotation is under way the next one lies
// beside it.
const (
	masterFile = "master.key"
	nextFile   = "master.key.next"
)

// loadMasterKey reads data_dir/master.key, or makes it when the database is new too,
// proves with a sealed check value that it is the right one, and finishes a rotation
// that was cut short.
func (s *Store) loadMasterKey(ctx context.Context) (err error) {
	if _, err := os.Stat(filepath.Join(s.opts.Dir, nextFile)); err == nil {
		// Whoever opens the store meanwhile waits until one file is left.
		if err := s.use.Lock(); err != nil {
			return fmt.Errorf("lock data_dir: %w", err)
		}
		defer func() { err = errors.Join(err, shareAgain(s.use)) }()
	}
	check, err := s.meta(ctx, masterCheck.row)
	if err != nil {
		return err
	}
	path := filepath.Join(s.opts.Dir, masterFile)
	if s.master, err = readMasterKey(path, check == nil); err != nil {
		return err
	}
	if check == nil {
		return s.update(ctx, func(t tx) error { return t.storeChecks(ctx, s.master, s.master.derive("idempotency")) })
	}
	if err := s.settleRotation(check); err != nil {
		return err
	}
	return s.loadEqualKey(ctx)
}

// shareData takes the lock that every open store shares.
func shareData(dir string) (*flock.Flock, error) {
	use := flock.New(filepath.Join(dir, "store.lock"))
	shared, err := use.TryRLock()
	if err != nil {
		return nil, fmt.Errorf("lock data_dir: %w", err)
	}
	if !shared {
		return nil, errors.Join(errors.New("data_dir: its master key is being rotated; try again when that is done"), use.Close())
	}
	return use, nil
}

// shareAgain gives the lock that one alone asked for back to all. It lets go first:
// the system may have dropped the shared lock while it was asked for the other.
func shareAgain(use *flock.Flock) error {
	if err := errors.Join(use.Unlock(), use.RLock()); err != nil {
		return fmt.Errorf("share data_dir: %w", err)
	}
	return nil
}

// settleRotation decides between the master key and the next one by which of them
// the database was sealed with, and leaves one file.
func (s *Store) settleRotation(check []byte) error {
	path, next := filepath.Join(s.opts.Dir, masterFile), filepath.Join(s.opts.Dir, nextFile)
	if _, err := s.master.open(masterCheck, check); err == nil {
		return removeNext(next) // a rotation that did not commit
	}
	k, err := readMasterKey(next, false)
	if err == nil {
		_, err = k.open(masterCheck, check)
	}
	if err != nil {
		return fmt.Errorf("%s is not the key this database was sealed with; restore the right one", path)
	}
	s.master = k
	return putInPlace(next, path) // a rotation that did commit
}

func removeNext(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, syncDir(filepath.Dir(path)))
}

func putInPlace(next, path string) error {
	if err := errors.Join(os.Rename(next, path), syncDir(filepath.Dir(path))); err != nil {
		return fmt.Errorf("put the new master key in place: %w", err)
	}
	return nil
}

// loadEqualKey reads the key of equality on what belongs to no request. It is sealed
// under the master key and outlives it; older databases derived it from the first.
func (s *Store) loadEqualKey(ctx context.Context) error {
	wrapped, err := s.meta(ctx, equalKey.row)
	if err != nil {
		return err
	}
	if wrapped == nil {
		s.equal = s.master.derive("idempotency")
		return s.update(ctx, func(t tx) error { return t.storeChecks(ctx, s.master, s.equal) })
	}
	s.equal, err = s.master.unwrap(equalKey, wrapped)
	return err
}

func (s *Store) meta(ctx context.Context, name string) (value []byte, err error) {
	err = s.w.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = ?`, name).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return value, nil
}

// storeChecks seals the check value and the key of equality under a master key.
func (t tx) storeChecks(ctx context.Context, master, equal key) error {
	t.s.equal = equal
	for at, sealed := range map[place][]byte{
		masterCheck: master.seal(masterCheck, []byte("dsr-server")), equalKey: master.wrap(equalKey, equal),
	} {
		_, err := t.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2`, at.row, sealed)
		if err != nil {
			return fmt.Errorf("store %s: %w", at.row, err)
		}
	}
	return nil
}

// RotateMasterKey wraps every data key under a new master key. Nothing else is
// encrypted anew: what a data key or an archive's key opens stays as it is. While
// another process has the store open it is a conflict. It happens in this order:
//
//  1. The new key is written to master.key.next and synced.
//  2. One transaction wraps the data keys anew, and the check value with them: from
//     its commit on the new key is the right one.
//  3. The file takes the place of master.key.
//
// After a crash Open finds by the check value which of the two files fits, and
// finishes or undoes. The log is emptied last, since it holds what the old key opens.
func (s *Store) RotateMasterKey(ctx context.Context) (err error) {
	alone, err := s.use.TryLock()
	if err != nil {
		return fmt.Errorf("lock data_dir: %w", err)
	}
	defer func() { err = errors.Join(err, shareAgain(s.use)) }()
	if !alone {
		return dsr.Errorf(dsr.Conflict, "in_use", "another dsr-server has this data_dir open; stop it first")
	}
	return s.rotate(ctx, func(string) error { return nil })
}

// rotate is RotateMasterKey; reached is called between the steps, and its error is a
// crash there.
func (s *Store) rotate(ctx context.Context, reached func(step string) error) error {
	path, next := filepath.Join(s.opts.Dir, masterFile), filepath.Join(s.opts.Dir, nextFile)
	fresh, err := createMasterKey(next)
	if err != nil {
		return err
	}
	if err := reached("written"); err != nil {
		return err
	}
	if err := s.update(ctx, func(t tx) error { return t.rewrap(ctx, fresh) }); err != nil {
		return err // the new key's file stays: a commit may have happened and not been heard of
	}
	s.master = fresh
	if err := reached("committed"); err != nil {
		return err
	}
	if err := putInPlace(next, path); err != nil {
		return err
	}
	return s.Truncate(ctx)
}

// rewrap puts every wrapped key under the new master key.
func (t tx) rewrap(ctx context.Context, fresh key) error {
	count := 0
	for _, w := range []struct{ table, id string }{{"requests", "id"}, {"source_keys", "source"}} {
		n, err := t.rewrapTable(ctx, w.table, w.id, fresh)
		if err != nil {
			return err
		}
		count += n
	}
	if err := t.storeChecks(ctx, fresh, t.s.equal); err != nil {
		return err
	}
	return t.record(ctx, audit.Event{Kind: audit.KeyRotated, Actor: audit.System, Data: map[string]string{"keys": fmt.Sprint(count)}})
}

func (t tx) rewrapTable(ctx context.Context, table, id string, fresh key) (int, error) {
	wrapped, err := t.wrappedKeys(ctx, table, id)
	if err != nil {
		return 0, err
	}
	for row, old := range wrapped {
		at := place{table, "data_key", row}
		inner, err := t.s.master.unwrap(at, old)
		if err != nil {
			return 0, err
		}
		_, err = t.ExecContext(ctx, `UPDATE `+table+` SET data_key = ? WHERE `+id+` = ?`, fresh.wrap(at, inner), row)
		if err != nil {
			return 0, fmt.Errorf("wrap %s: %w", table, err)
		}
	}
	return len(wrapped), nil
}

func (t tx) wrappedKeys(ctx context.Context, table, id string) (map[string][]byte, error) {
	rows, err := t.QueryContext(ctx, `SELECT `+id+`, data_key FROM `+table+` WHERE data_key IS NOT NULL`)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table, err)
	}
	defer rows.Close()
	wrapped := map[string][]byte{}
	for rows.Next() {
		var row string
		var k []byte
		if err := rows.Scan(&row, &k); err != nil {
			return nil, fmt.Errorf("read %s: %w", table, err)
		}
		wrapped[row] = k
	}
	return wrapped, rows.Err()
}
