package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"dsr-server/internal/seal"
)

func (s *Store) meta(ctx context.Context, name string) (value []byte, err error) {
	err = s.w.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = ?`, name).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return value, nil
}

func (t tx) setMeta(ctx context.Context, name string, value []byte) error {
	_, err := t.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2`, name, value)
	if err != nil {
		return fmt.Errorf("store %s: %w", name, err)
	}
	return nil
}

var (
	masterCheck = seal.At("meta", "value", "master_check")
	equalKey    = seal.At("meta", "value", "equality_key")
)

// DeviceKey is the key of the marks that browsers carry. It follows from one that outlives
// the master key, so that neither a restart nor a rotation forgets who has been here.
func (s *Store) DeviceKey() [32]byte { return s.equal.Derive("devices") }

// storeChecks seals the check value and the key of equality under a master key.
func (t tx) storeChecks(ctx context.Context, master, equal seal.Key) error {
	t.s.equal = equal
	for at, sealed := range map[seal.Place][]byte{
		masterCheck: master.Seal(masterCheck, []byte("dsr-server")), equalKey: master.Wrap(equalKey, equal),
	} {
		_, err := t.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2`, at.Row, sealed)
		if err != nil {
			return fmt.Errorf("store %s: %w", at.Row, err)
		}
	}
	return nil
}
