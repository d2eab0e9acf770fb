package store

import (
	"context"
	"database/sql"
	"fmt"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// Colleagues returns everybody who can sign in or could, by login, without their hashes.
func (s *Store) Colleagues(ctx context.Context) (people []dsr.Colleague, err error) {
	rows, err := s.r.QueryContext(ctx, `
		SELECT p.id, p.login, p.name, p.role, p.disabled, p.epoch, p.created_at, p.signed_in_at, i.expires_at, EXISTS (SELECT 1 FROM second_factors f WHERE f.person = p.id),
			EXISTS (SELECT 1 FROM identities e WHERE e.person = p.id)
		FROM people p LEFT JOIN invitations i ON i.person = p.id AND i.ended_at IS NULL ORDER BY p.login`)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p dsr.Colleague
		var created, signedIn, invited sql.NullInt64
		if err := rows.Scan(&p.ID, &p.Login, &p.Name, &p.Role, &p.Disabled, &p.Epoch, &created, &signedIn, &invited, &p.SecondFactor, &p.External); err != nil {
			return nil, fmt.Errorf("list people: %w", err)
		}
		p.CreatedAt, p.SignedInAt, p.InvitedUntil = fromMillis(created), fromMillis(signedIn), fromMillis(invited)
		people = append(people, p)
	}
	return people, rows.Err()
}

// DisablePerson ends every session of the person and lets them sign in no more. Doing
// it again changes nothing.
func (s *Store) DisablePerson(ctx context.Context, by dsr.Principal, login string) error {
	return s.changePerson(ctx, by, login, audit.PersonDisabled, func(t tx, p dsr.Person) (changed bool, err error) {
		if err := t.endInvitation(ctx, p.ID); err != nil {
			return false, err
		}
		if _, err := t.ExecContext(ctx, `UPDATE identities SET withdrawn = 0 WHERE person = ?`, p.ID); err != nil {
			return false, err
		}
		_, err = t.ExecContext(ctx, `UPDATE people SET disabled = 1, epoch = epoch + 1 WHERE id = ?`, p.ID)
		return !p.Disabled, err
	})
}

// EnablePerson lets the person sign in again, as before. Doing it again changes nothing.
func (s *Store) EnablePerson(ctx context.Context, by dsr.Principal, login string) error {
	return s.changePerson(ctx, by, login, audit.PersonEnabled, func(t tx, p dsr.Person) (changed bool, err error) {
		_, err = t.ExecContext(ctx, `UPDATE people SET disabled = 0 WHERE id = ?`, p.ID)
		return p.Disabled, err
	})
}

// ChangeRole gives the person another role, which counts from their next call on.
func (s *Store) ChangeRole(ctx context.Context, by dsr.Principal, login string, role dsr.Role) error {
	return s.changePerson(ctx, by, login, audit.RoleChanged, func(t tx, p dsr.Person) (changed bool, err error) {
		_, err = t.ExecContext(ctx, `UPDATE people SET role = ? WHERE id = ?`, string(role), p.ID)
		return p.Role != role, err
	})
}

// changePerson changes somebody else's account and puts that on record, if it was not so before.
func (s *Store) changePerson(ctx context.Context, by dsr.Principal, login string, kind audit.Kind, change func(tx, dsr.Person) (bool, error)) error {
	return translate(s.update(ctx, func(t tx) error {
		p, err := t.colleague(ctx, by, login)
		if err != nil {
			return err
		}
		changed, err := change(t, p)
		if err != nil {
			return fmt.Errorf("change person: %w", err)
		}
		if !changed {
			return nil
		}
		return t.record(ctx, audit.Event{Kind: kind, Actor: by.ID, Data: map[string]string{"person": p.ID}})
	}))
}

// ChangePassword implements ui.People.
func (s *Store) ChangePassword(ctx context.Context, by dsr.Principal, login, hash string) error {
	return translate(s.update(ctx, func(t tx) error {
		var id string
		err := t.QueryRowContext(ctx, `UPDATE people SET password_hash = ?, epoch = epoch + 1 WHERE login = ? RETURNING id`,
			hash, dsr.NormalLogin(login)).Scan(&id)
		if err != nil {
			return notThere(err)
		}
		if err := t.endInvitation(ctx, id); err != nil {
			return err
		}
		return t.record(ctx, audit.Event{Kind: audit.PasswordSet, Actor: by.ID, Data: map[string]string{"person": id}})
	}))
}
