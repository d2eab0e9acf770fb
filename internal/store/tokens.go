package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// BootstrapToken makes the API token of this name exist with this role and secret,
// given as its SHA-256: created when absent, replaced when the secret or the role
// changed. The same secret under two names is refused.
func (s *Store) BootstrapToken(ctx context.Context, name string, role dsr.Role, hash [32]byte) error {
	return s.update(ctx, func(t tx) error {
		var before []byte
		var roleBefore dsr.Role
		err := t.QueryRowContext(ctx, `SELECT hash, role FROM tokens WHERE name = ?`, name).Scan(&before, &roleBefore)
		kind := audit.TokenReplaced
		switch {
		case errors.Is(err, sql.ErrNoRows):
			kind = audit.TokenCreated
		case err != nil:
			return fmt.Errorf("read token: %w", err)
		case bytes.Equal(before, hash[:]) && roleBefore == role:
			return nil
		}
		if err := t.storeToken(ctx, name, role, hash); err != nil {
			return err
		}
		return t.record(ctx, audit.Event{Kind: kind, Actor: "system", Data: map[string]string{"token": name, "role": string(role)}})
	})
}

func (t tx) storeToken(ctx context.Context, name string, role dsr.Role, hash [32]byte) error {
	var other string
	err := t.QueryRowContext(ctx, `SELECT name FROM tokens WHERE hash = ? AND name <> ?`, hash[:], name).Scan(&other)
	if err == nil {
		return dsr.Errorf(dsr.Conflict, "token_in_use", "the tokens %q and %q have the same secret; give each its own", name, other)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("look up token: %w", err)
	}
	_, err = t.ExecContext(ctx, `
		INSERT INTO tokens (name, role, hash, bootstrap, created_at) VALUES (?1, ?2, ?3, 1, ?4)
		ON CONFLICT (name) DO UPDATE SET role = ?2, hash = ?3`, name, string(role), hash[:], t.now.UnixMilli())
	if err != nil {
		return fmt.Errorf("store token: %w", err)
	}
	return nil
}

// PrincipalByToken returns whose API token has this SHA-256, or Unauthenticated.
func (s *Store) PrincipalByToken(ctx context.Context, hash [32]byte) (p dsr.Principal, err error) {
	var used sql.NullInt64
	err = s.r.QueryRowContext(ctx, `SELECT name, role, used_at FROM tokens WHERE hash = ?`, hash[:]).Scan(&p.Name, &p.Role, &used)
	if errors.Is(err, sql.ErrNoRows) {
		return p, dsr.Errorf(dsr.Unauthenticated, "bad_token", "the token is not known here, or was revoked; ask an administrator for another")
	}
	if err != nil {
		return p, fmt.Errorf("look up token: %w", err)
	}
	p.ID = "token:" + p.Name
	s.noteUse(ctx, p.Name, fromMillis(used))
	return p, nil
}

// A token's last use is noted once an hour, and for no longer than useTime: no call is
// refused, or held up for long, because that cannot be written.
const (
	useEvery = time.Hour
	useTime  = time.Second
)

func (s *Store) noteUse(ctx context.Context, token string, last time.Time) {
	now := s.now()
	if !last.IsZero() && now.Sub(last).Abs() < useEvery {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, useTime)
	defer cancel()
	_ = s.update(ctx, func(t tx) error {
		_, err := t.ExecContext(ctx, `UPDATE tokens SET used_at = ? WHERE name = ?`, now.UnixMilli(), token)
		return err
	})
}
