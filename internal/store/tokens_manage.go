package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// Tokens implements api.Service: by name.
func (s *Store) Tokens(ctx context.Context) (tokens []dsr.Token, err error) {
	rows, err := s.r.QueryContext(ctx, `SELECT name, role, bootstrap, created_at, created_by, used_at FROM tokens ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var t dsr.Token
		var created, used sql.NullInt64
		var by sql.NullString
		if err := rows.Scan(&t.Name, &t.Role, &t.Bootstrap, &created, &by, &used); err != nil {
			return nil, fmt.Errorf("list tokens: %w", err)
		}
		t.CreatedAt, t.CreatedBy, t.UsedAt = fromMillis(created), by.String, fromMillis(used)
		tokens = append(tokens, t)
	}
	return tokens, rows.Err()
}

// CreateToken implements api.Service: a name in use is a conflict.
func (s *Store) CreateToken(ctx context.Context, by dsr.Principal, name string, role dsr.Role, hash [32]byte) (token dsr.Token, err error) {
	err = s.update(ctx, func(t tx) error {
		token = dsr.Token{Name: name, Role: role, CreatedAt: t.now, CreatedBy: by.ID}
		done, err := t.ExecContext(ctx, `INSERT INTO tokens (name, role, hash, bootstrap, created_at, created_by) VALUES (?, ?, ?, 0, ?, ?) ON CONFLICT (name) DO NOTHING`,
			name, string(role), hash[:], t.now.UnixMilli(), by.ID)
		if err != nil {
			return fmt.Errorf("store token: %w", err)
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			e := dsr.Errorf(dsr.Conflict, "name_in_use", "there is a token with this name; revoke it first or choose another name")
			e.Field = "name"
			return errors.Join(err, e)
		}
		return t.record(ctx, audit.Event{Kind: audit.TokenCreated, Actor: by.ID, Data: map[string]string{"token": name, "role": string(role)}})
	})
	return token, translate(err)
}

// RevokeToken implements api.Service: from now on the token is not known. One that
// stands in the configuration is made again at the next start.
func (s *Store) RevokeToken(ctx context.Context, by dsr.Principal, name string) error {
	return translate(s.update(ctx, func(t tx) error {
		done, err := t.ExecContext(ctx, `DELETE FROM tokens WHERE name = ?`, name)
		if err != nil {
			return fmt.Errorf("revoke token: %w", err)
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, dsr.Errorf(dsr.NotFound, "not_found", "there is no token with this name"))
		}
		return t.record(ctx, audit.Event{Kind: audit.TokenRevoked, Actor: by.ID, Data: map[string]string{"token": name}})
	}))
}

// hasJustMadeToken reports whether by made, not long ago, the token with which a request came
// in. The log knows, also when the token was revoked since.
func (t tx) hasJustMadeToken(ctx context.Context, by string, r dsr.Request) (bool, error) {
	name, isToken := strings.CutPrefix(r.CreatedBy, "token:")
	if !isToken {
		return false, nil
	}
	rows := t.auditRows(ctx, `WHERE kind = ? AND actor = ? AND at > ?`, string(audit.TokenCreated), by, t.now.Add(-dsr.ResetSettles).UnixMilli())
	for row, err := range rows {
		if err != nil {
			return false, err
		}
		_, e, err := audit.ParseLeaf(row.Leaf)
		if err != nil {
			return false, fmt.Errorf("the audit log is altered: %w", err)
		}
		if e.Data["token"] == name {
			return true, nil
		}
	}
	return false, nil
}
