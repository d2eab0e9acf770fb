package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// BootstrapToken makes the API token of this name exist as the configuration has it:
// created when absent, replaced when something has changed. The same secret under two
// names is refused.
func (s *Store) BootstrapToken(ctx context.Context, n dsr.NewToken) error {
	return s.update(ctx, func(t tx) error {
		before, err := t.newTokenOf(ctx, n.Name)
		kind := audit.TokenReplaced
		switch {
		case errors.Is(err, sql.ErrNoRows):
			kind = audit.TokenCreated
		case err != nil:
			return fmt.Errorf("read token: %w", err)
		case sameToken(before, n):
			return nil
		}
		if err := t.storeToken(ctx, n); err != nil {
			return err
		}
		return t.record(ctx, audit.Event{Kind: kind, Actor: audit.System, Data: tokenData(n.Name, n.Role)})
	})
}

func tokenData(name string, role dsr.Role) map[string]string {
	return map[string]string{"token": name, "role": string(role)}
}

// newTokenOf is what the token of this name is made of.
func (t tx) newTokenOf(ctx context.Context, name string) (n dsr.NewToken, err error) {
	var hash []byte
	var scopes string
	var expires sql.NullInt64
	err = t.QueryRowContext(ctx, `SELECT name, role, scopes, expires_at, hash FROM tokens WHERE name = ?`, name).Scan(&n.Name, &n.Role, &scopes, &expires, &hash)
	n.Scopes, n.ExpiresAt = scopesIn(scopes), fromMillis(expires)
	copy(n.Hash[:], hash)
	return n, err
}

func sameToken(a, b dsr.NewToken) bool {
	return bytes.Equal(a.Hash[:], b.Hash[:]) && a.Role == b.Role && scopesText(a.Scopes) == scopesText(b.Scopes) && a.ExpiresAt.Equal(b.ExpiresAt)
}

// scopesText is how scopes are stored.
func scopesText(scopes []dsr.Scope) string { return strings.Join(dsr.ScopeTexts(scopes), " ") }

func scopesIn(text string) (scopes []dsr.Scope) {
	for _, name := range strings.Fields(text) {
		scopes = append(scopes, dsr.Scope(name))
	}
	return scopes
}

func (t tx) storeToken(ctx context.Context, n dsr.NewToken) error {
	var other string
	err := t.QueryRowContext(ctx, `SELECT name FROM tokens WHERE (hash = ?1 OR former_hash = ?1) AND name <> ?2`, n.Hash[:], n.Name).Scan(&other)
	if err == nil {
		return dsr.Errorf(dsr.Conflict, "token_in_use", "the tokens %q and %q have the same secret; give each its own", n.Name, other)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("look up token: %w", err)
	}
	_, err = t.ExecContext(ctx, `
		INSERT INTO tokens (name, role, hash, bootstrap, created_at, scopes, expires_at) VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6)
		ON CONFLICT (name) DO UPDATE SET role = ?2, hash = ?3, scopes = ?5, expires_at = ?6, former_hash = NULL, former_until = NULL`,
		n.Name, string(n.Role), n.Hash[:], t.now.UnixMilli(), scopesText(n.Scopes), millis(n.ExpiresAt))
	if err != nil {
		return fmt.Errorf("store token: %w", err)
	}
	return nil
}

// PrincipalByToken returns whose API token has this SHA-256, or Unauthenticated. How long a
// token opens goes by the newest moment known, so that a clock that goes back prolongs none.
func (s *Store) PrincipalByToken(ctx context.Context, hash [32]byte) (p dsr.Principal, err error) {
	var scopes string
	var expires, former, used sql.NullInt64
	err = s.r.QueryRowContext(ctx, `
		SELECT name, role, scopes, expires_at, NULL, used_at FROM tokens WHERE hash = ?1
		UNION ALL SELECT name, role, scopes, expires_at, former_until, used_at FROM tokens WHERE former_hash = ?1`, hash[:]).
		Scan(&p.Name, &p.Role, &scopes, &expires, &former, &used)
	if errors.Is(err, sql.ErrNoRows) {
		return p, dsr.Errorf(dsr.Unauthenticated, "bad_token", "the token is not known here, or was revoked; ask an administrator for another")
	}
	if err != nil {
		return p, fmt.Errorf("look up token: %w", err)
	}
	if latest := s.clock.latest().UnixMilli(); expires.Valid && expires.Int64 <= latest || former.Valid && former.Int64 <= latest {
		return dsr.Principal{}, dsr.Errorf(dsr.Unauthenticated, "token_expired", "the token has expired, or has been replaced by another; ask an administrator for one")
	}
	p.ID, p.Scopes = "token:"+p.Name, scopesIn(scopes)
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
