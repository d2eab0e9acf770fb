package store

import (
	"context"
	"fmt"

	"dsr-server/internal/audit"
)

// metaSigningKey is the row of meta that holds the public key this installation signs
// with, as in "ssh-ed25519 AAAA…".
const metaSigningKey = "signing_key"

// SigningKey is the public key on record, or "" while there is none. used reports
// whether this installation has signed, or may have: an older program kept no record.
func (s *Store) SigningKey(ctx context.Context) (public string, used bool, err error) {
	value, err := s.meta(ctx, metaSigningKey)
	if err != nil {
		return "", false, err
	}
	if value != nil {
		return string(value), true, nil
	}
	if err := s.w.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM requests)`).Scan(&used); err != nil {
		return "", false, fmt.Errorf("look for requests: %w", err)
	}
	return "", used, nil
}

// RecordSigningKey puts the first signing key on record, without an event.
func (s *Store) RecordSigningKey(ctx context.Context, public string) error {
	return s.update(ctx, func(t tx) error { return t.setMeta(ctx, metaSigningKey, []byte(public)) })
}

// ReplaceSigningKey puts another signing key on record.
func (s *Store) ReplaceSigningKey(ctx context.Context, public, fingerprint string) error {
	return s.update(ctx, func(t tx) error {
		if err := t.setMeta(ctx, metaSigningKey, []byte(public)); err != nil {
			return err
		}
		return t.record(ctx, audit.Event{Kind: audit.SigningKeyReplaced, Actor: audit.System, Data: map[string]string{"key": fingerprint}})
	})
}
