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

// listedColumns are those that scanToken reads.
const listedColumns = `name, role, scopes, bootstrap, created_at, created_by, used_at, expires_at, former_until`

// Tokens implements api.Service: by name.
func (s *Store) Tokens(ctx context.Context) (tokens []dsr.Token, err error) {
	rows, err := s.r.QueryContext(ctx, `SELECT `+listedColumns+` FROM tokens ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		t, err := s.scanToken(rows)
		if err != nil {
			return nil, fmt.Errorf("list tokens: %w", err)
		}
		tokens = append(tokens, t)
	}
	return tokens, rows.Err()
}

func (s *Store) scanToken(row scanner) (t dsr.Token, err error) {
	var scopes string
	var created, used, expires, former sql.NullInt64
	var by sql.NullString
	if err := row.Scan(&t.Name, &t.Role, &scopes, &t.Bootstrap, &created, &by, &used, &expires, &former); err != nil {
		return t, err
	}
	t.Scopes, t.CreatedAt, t.CreatedBy = scopesIn(scopes), fromMillis(created), by.String
	t.UsedAt, t.ExpiresAt = fromMillis(used), fromMillis(expires)
	if until := fromMillis(former); until.After(s.clock.latest()) {
		t.FormerUntil = until
	}
	return t, nil
}

// token reads one; NotFound where there is none.
func (t tx) token(ctx context.Context, name string) (dsr.Token, error) {
	token, err := t.s.scanToken(t.QueryRowContext(ctx, `SELECT `+listedColumns+` FROM tokens WHERE name = ?`, name))
	if errors.Is(err, sql.ErrNoRows) {
		return token, errNoToken()
	}
	if err != nil {
		return token, fmt.Errorf("read token: %w", err)
	}
	return token, nil
}

func errNoToken() error {
	return dsr.Errorf(dsr.NotFound, "not_found", "there is no token with this name")
}

// CreateToken implements api.Service: a name in use is a conflict.
func (s *Store) CreateToken(ctx context.Context, by dsr.Principal, n dsr.NewToken) (token dsr.Token, err error) {
	if err := n.Check(s.now()); err != nil {
		return token, err
	}
	err = s.update(ctx, func(t tx) error {
		done, err := t.ExecContext(ctx, `
			INSERT INTO tokens (name, role, hash, bootstrap, created_at, created_by, scopes, expires_at) VALUES (?, ?, ?, 0, ?, ?, ?, ?)
			ON CONFLICT (name) DO NOTHING`,
			n.Name, string(n.Role), n.Hash[:], t.now.UnixMilli(), by.ID, scopesText(n.Scopes), millis(n.ExpiresAt))
		if err != nil {
			return fmt.Errorf("store token: %w", err)
		}
		if made, err := done.RowsAffected(); err != nil || made == 0 {
			e := dsr.Errorf(dsr.Conflict, "name_in_use", "there is a token with this name; revoke it first or choose another name")
			e.Field = "name"
			return errors.Join(err, e)
		}
		if err := t.record(ctx, audit.Event{Kind: audit.TokenCreated, Actor: by.ID, Data: tokenData(n.Name, n.Role)}); err != nil {
			return err
		}
		token, err = t.token(ctx, n.Name)
		return err
	})
	return token, translate(err)
}

// RotateToken implements api.Service: the token has another secret, and for a while the one
// before it opens too. A secret that was replaced earlier opens no longer.
func (s *Store) RotateToken(ctx context.Context, by dsr.Principal, name string, r dsr.Rotation) (token dsr.Token, err error) {
	if err := r.Check(s.now()); err != nil {
		return token, err
	}
	err = s.update(ctx, func(t tx) error {
		if token, err = t.token(ctx, name); err != nil {
			return err
		}
		if token.Bootstrap {
			return dsr.Errorf(dsr.Conflict, "token_configured", "this token stands in the configuration: change its file, and start the service again")
		}
		_, err := t.ExecContext(ctx, `
			UPDATE tokens SET former_hash = hash, former_until = ?2, hash = ?3, expires_at = coalesce(?4, expires_at) WHERE name = ?1`,
			name, t.latest.Add(r.Overlap).UnixMilli(), r.Hash[:], millis(r.ExpiresAt))
		if err != nil {
			return fmt.Errorf("rotate token: %w", err)
		}
		if err := t.record(ctx, audit.Event{Kind: audit.TokenRotated, Actor: by.ID, Data: tokenData(name, token.Role)}); err != nil {
			return err
		}
		token, err = t.token(ctx, name)
		return err
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
			return errors.Join(err, errNoToken())
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
