package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gofrs/flock"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// loadMasterKey reads data_dir/master.key, or makes it when the database is new too,
// proves with a sealed check value that it is the right one, and finishes a rotation
// that was cut short.
func (s *Store) loadMasterKey(ctx context.Context) (err error) {
	if seal.Rotating(s.opts.Dir) {
		// Whoever opens the store meanwhile waits until one file is left.
		if err := s.use.Lock(); err != nil {
			return fmt.Errorf("lock data_dir: %w", err)
		}
		defer func() { err = errors.Join(err, shareAgain(s.use)) }()
	}
	check, err := s.meta(ctx, masterCheck.Row)
	if err != nil {
		return err
	}
	if check == nil {
		if err := s.beginFirstStart(ctx); err != nil {
			return err
		}
	}
	if s.opts.KeyInMemory {
		s.master = seal.NewKey()
	} else if s.master, err = seal.ReadMaster(s.opts.Dir, check == nil); err != nil {
		return err
	}
	if check == nil {
		return s.endFirstStart(ctx)
	}
	s.master, err = seal.SettleRotation(s.opts.Dir, s.master, func(k seal.Key) bool {
		_, err := k.Open(masterCheck, check)
		return err == nil
	})
	if err != nil {
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

// loadEqualKey reads the key of equality on what belongs to no request. It is sealed
// under the master key and outlives it; older databases derived it from the first.
func (s *Store) loadEqualKey(ctx context.Context) error {
	wrapped, err := s.meta(ctx, equalKey.Row)
	if err != nil {
		return err
	}
	if wrapped == nil {
		s.equal = s.master.Derive("idempotency")
		return s.update(ctx, func(t tx) error { return t.storeChecks(ctx, s.master, s.equal) })
	}
	s.equal, err = s.master.Unwrap(equalKey, wrapped)
	return err
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
	fresh, err := seal.CreateNext(s.opts.Dir)
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
	if err := seal.PutNextInPlace(s.opts.Dir); err != nil {
		return err
	}
	return s.Truncate(ctx)
}

// rewrap puts every wrapped key under the new master key.
func (t tx) rewrap(ctx context.Context, fresh seal.Key) error {
	count := 0
	for _, w := range []struct{ table, id string }{{"requests", "id"}, {"source_keys", "source"}, {"drafts", "id"}} {
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

func (t tx) rewrapTable(ctx context.Context, table, id string, fresh seal.Key) (int, error) {
	wrapped, err := t.wrappedKeys(ctx, table, id)
	if err != nil {
		return 0, err
	}
	for row, old := range wrapped {
		at := seal.At(table, "data_key", row)
		inner, err := t.s.master.Unwrap(at, old)
		if err != nil {
			return 0, err
		}
		_, err = t.ExecContext(ctx, `UPDATE `+table+` SET data_key = ? WHERE `+id+` = ?`, fresh.Wrap(at, inner), row)
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
