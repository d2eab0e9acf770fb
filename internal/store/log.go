package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
)

// record appends an event to the audit log, in the transaction of what it tells.
func (t tx) record(ctx context.Context, e audit.Event) error {
	e, err := t.withFacts(ctx, e)
	if err != nil {
		return err
	}
	e.At = t.now
	var n int64
	if err := t.QueryRowContext(ctx, `SELECT coalesce(max(idx) + 1, 0) FROM audit_events`).Scan(&n); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	leaf, err := e.Leaf(n)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	_, err = t.ExecContext(ctx, `INSERT INTO audit_events (idx, at, kind, actor, request_id, leaf) VALUES (?, ?, ?, ?, ?, ?)`,
		n, e.At.UnixMilli(), string(e.Kind), e.Actor, text(e.Request), leaf)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return t.storeHashes(ctx, n, leaf)
}

func (t tx) storeHashes(ctx context.Context, n int64, leaf []byte) error {
	hashes, err := audit.Append(n, leaf, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		return t.hashes(ctx, indexes)
	}))
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	first := tlog.StoredHashIndex(0, n)
	for i, h := range hashes {
		if _, err := t.ExecContext(ctx, `INSERT INTO audit_hashes (idx, hash) VALUES (?, ?)`, first+int64(i), h[:]); err != nil {
			return fmt.Errorf("audit: %w", err)
		}
	}
	return nil
}

func (t tx) hashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		var h []byte
		if err := t.QueryRowContext(ctx, `SELECT hash FROM audit_hashes WHERE idx = ?`, index).Scan(&h); err != nil {
			return nil, fmt.Errorf("read audit hash %d: %w", index, err)
		}
		copy(out[i][:], h)
	}
	return out, nil
}

// enqueue adds a job whose arguments are its key, in the same transaction.
func (t tx) enqueue(ctx context.Context, kind, key string) error {
	return jobs.Enqueue(ctx, t.Tx, t.now, jobs.Job{Kind: kind, Key: key})
}

// replayed returns the request that an earlier call with the same idempotency key
// led to, or "" when the call is a first one.
func (t tx) replayed(ctx context.Context, call dsr.Call) (id string, err error) {
	if call.Key.Key == "" {
		return "", nil
	}
	var route string
	var mac []byte
	err = t.QueryRowContext(ctx, `SELECT route, body_mac, request_id FROM idempotency_keys WHERE principal = ? AND key_hash = ?`,
		call.By.ID, keyHash(call.Key)).Scan(&route, &mac, &id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("look up idempotency key: %w", err)
	case route != call.Key.Route || !hmac.Equal(mac, t.s.bodyMAC(call.Key)):
		e := dsr.Errorf(dsr.Conflict, "idempotency_key_reused", "this key was used for another call; use a new one")
		e.Field = "Idempotency-Key"
		return "", e
	}
	return id, nil
}

func (t tx) remember(ctx context.Context, call dsr.Call, id string) error {
	if call.Key.Key == "" {
		return nil
	}
	_, err := t.ExecContext(ctx, `INSERT INTO idempotency_keys (principal, key_hash, route, body_mac, request_id, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		call.By.ID, keyHash(call.Key), call.Key.Route, t.s.bodyMAC(call.Key), id, t.now.UnixMilli())
	if err != nil {
		return fmt.Errorf("store idempotency key: %w", err)
	}
	return nil
}

func keyHash(k dsr.IdempotencyKey) []byte {
	sum := sha256.Sum256([]byte(k.Key))
	return sum[:]
}

// bodyMAC hides the body's hash, which a guesser of personal data could confirm.
func (s *Store) bodyMAC(k dsr.IdempotencyKey) []byte {
	return s.equal.Tag(k.BodyHash[:])
}

func (s *Store) recordAlone(ctx context.Context, e audit.Event) error {
	return translate(s.update(ctx, func(t tx) error { return t.record(ctx, e) }))
}
