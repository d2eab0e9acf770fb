package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// Nobody but the person ever knows a password: an administrator makes an account with one
// that nobody has, and hands over a link with which the person chooses their own.

// Invite adds somebody whose password is still to be chosen, with the link whose token has
// this hash. p.PasswordHash is of a password that nobody knows.
func (s *Store) Invite(ctx context.Context, by dsr.Principal, p dsr.Person, hash [32]byte) (i dsr.Invitation, err error) {
	err = s.update(ctx, func(t tx) error {
		if err := t.insertPerson(ctx, by.ID, &p); err != nil {
			return err
		}
		i, err = t.invite(ctx, by, p, hash, false)
		return err
	})
	return i, translate(err)
}

// InviteAgain resets an account: its sessions end, its second factor is removed, its password is
// replaced by unknown, the hash of one that nobody knows, and the link is the only way in. It is for others' accounts.
func (s *Store) InviteAgain(ctx context.Context, by dsr.Principal, login, unknown string, hash [32]byte) (i dsr.Invitation, err error) {
	err = s.update(ctx, func(t tx) error {
		p, err := t.colleague(ctx, by, login)
		if err != nil {
			return err
		}
		if p.Disabled {
			return dsr.Errorf(dsr.Conflict, "account_disabled", "the account is disabled; enable it first")
		}
		if p.External {
			return dsr.Errorf(dsr.Conflict, "external_account", "this person signs in with the identity provider, which knows who they are; there is no password to reset")
		}
		reset, err := t.hadPassword(ctx, p.ID)
		if err != nil {
			return err
		}
		if err := t.resetAccount(ctx, by, p.ID, unknown); err != nil {
			return err
		}
		i, err = t.invite(ctx, by, p, hash, reset)
		return err
	})
	return i, translate(err)
}

// colleague is whose account by may change: anybody's but their own.
func (t tx) colleague(ctx context.Context, by dsr.Principal, login string) (dsr.Person, error) {
	p, err := scanPerson(t.QueryRowContext(ctx, selectPerson+`WHERE login = ?`, dsr.NormalLogin(login)))
	if err == nil && p.ID == by.ID {
		err = dsr.Errorf(dsr.Conflict, "own_account", "nobody can do this to their own account; ask another administrator")
	}
	return p, err
}

// hadPassword reports whether the person has chosen a password before.
func (t tx) hadPassword(ctx context.Context, person string) (reset bool, err error) {
	err = t.QueryRowContext(ctx, `SELECT reset FROM invitations WHERE person = ? AND ended_at IS NULL`, person).Scan(&reset)
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("read invitation: %w", err)
	}
	return reset, nil
}

func (t tx) resetAccount(ctx context.Context, by dsr.Principal, person, unknown string) error {
	_, err := t.ExecContext(ctx, `UPDATE people SET password_hash = ?, epoch = epoch + 1 WHERE id = ?`, unknown, person)
	if err != nil {
		return fmt.Errorf("reset account: %w", err)
	}
	if err := t.removeFactor(ctx, by, person); err != nil {
		return err
	}
	return t.record(ctx, audit.Event{Kind: audit.PersonReset, Actor: by.ID, Data: map[string]string{"person": person}})
}

// invite stores an invitation in the place of an earlier one.
func (t tx) invite(ctx context.Context, by dsr.Principal, p dsr.Person, hash [32]byte, reset bool) (dsr.Invitation, error) {
	if err := t.endInvitation(ctx, p.ID); err != nil {
		return dsr.Invitation{}, err
	}
	_, err := t.ExecContext(ctx, `DELETE FROM invitations WHERE ended_at < ?`, t.now.Add(-dsr.ResetSettles).UnixMilli())
	if err != nil {
		return dsr.Invitation{}, fmt.Errorf("forget invitations: %w", err)
	}
	i := dsr.Invitation{ID: newID(), Person: p, Reset: reset, ExpiresAt: t.latest.Add(dsr.InvitationLife)}
	_, err = t.ExecContext(ctx, `
		INSERT INTO invitations (id, person, hash, reset, created_at, created_by, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		i.ID, p.ID, hash[:], reset, t.now.UnixMilli(), by.ID, i.ExpiresAt.UnixMilli())
	if err != nil {
		return dsr.Invitation{}, fmt.Errorf("store invitation: %w", err)
	}
	return i, t.record(ctx, audit.Event{Kind: audit.InvitationCreated, Actor: by.ID, Data: map[string]string{"invitation": i.ID, "invited": p.ID}})
}

// endInvitation ends the person's invitation, if there is one.
func (t tx) endInvitation(ctx context.Context, person string) error {
	_, err := t.ExecContext(ctx, `UPDATE invitations SET ended_at = ? WHERE person = ? AND ended_at IS NULL`, t.now.UnixMilli(), person)
	if err != nil {
		return fmt.Errorf("end invitation: %w", err)
	}
	return nil
}

// Invitation implements ui.People: whoever holds none learns nothing from the error.
func (s *Store) Invitation(ctx context.Context, hash [32]byte) (i dsr.Invitation, err error) {
	err = s.view(ctx, func(t tx) error {
		i, err = t.invitation(ctx, hash)
		return err
	})
	return i, err
}

func (t tx) invitation(ctx context.Context, hash [32]byte) (i dsr.Invitation, err error) {
	var person string
	var expires sql.NullInt64
	err = t.QueryRowContext(ctx, `SELECT id, person, reset, expires_at FROM invitations WHERE hash = ? AND ended_at IS NULL AND expires_at > ?`,
		hash[:], t.latest.UnixMilli()).Scan(&i.ID, &person, &i.Reset, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return i, dsr.Errorf(dsr.NotFound, "link_ended", "this link has been used, has expired or was never made; ask for a new one")
	}
	if err != nil {
		return i, fmt.Errorf("look up invitation: %w", err)
	}
	i.ExpiresAt = fromMillis(expires)
	i.Person, err = scanPerson(t.QueryRowContext(ctx, selectPerson+`WHERE id = ?`, person))
	return i, err
}

// AcceptInvitation implements ui.People: the link is used up, and the person signed in.
func (s *Store) AcceptInvitation(ctx context.Context, hash [32]byte, name, password string) (p dsr.Person, err error) {
	err = s.update(ctx, func(t tx) error {
		i, err := t.invitation(ctx, hash)
		if err != nil {
			return err
		}
		p = i.Person
		if err := t.endInvitation(ctx, p.ID); err != nil {
			return err
		}
		p.Name, p.PasswordHash, p.Epoch = name, password, p.Epoch+1
		if _, err := t.ExecContext(ctx, `UPDATE people SET name = ?, password_hash = ?, epoch = ? WHERE id = ?`, name, password, p.Epoch, p.ID); err != nil {
			return fmt.Errorf("accept invitation: %w", err)
		}
		err = t.record(ctx, audit.Event{Kind: audit.PasswordSet, Actor: p.ID, Data: map[string]string{"person": p.ID, "invitation": i.ID}})
		return errors.Join(err, t.signedIn(ctx, p.ID, nil))
	})
	return p, translate(err)
}

// hasJustReset reports whether by made a link, not long ago, that opened the account from
// which a request came in since: then by may be who submitted it.
func (t tx) hasJustReset(ctx context.Context, by string, r dsr.Request) (is bool, err error) {
	err = t.QueryRowContext(ctx, `
		SELECT EXISTS (SELECT 1 FROM invitations WHERE person = ? AND created_by = ? AND reset = 1 AND created_at <= ? AND created_at > ?)`,
		r.CreatedBy, by, r.CreatedAt.UnixMilli(), t.now.Add(-dsr.ResetSettles).UnixMilli()).Scan(&is)
	if err != nil {
		return false, fmt.Errorf("look up resets: %w", err)
	}
	return is, nil
}
