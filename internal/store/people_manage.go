package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// People returns everybody who can sign in or could, by login, without their hashes.
func (s *Store) People(ctx context.Context) (people []dsr.Person, err error) {
	rows, err := s.r.QueryContext(ctx, `SELECT id, login, name, role, disabled, epoch, created_at FROM people ORDER BY login`)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p dsr.Person
		var created int64
		if err := rows.Scan(&p.ID, &p.Login, &p.Name, &p.Role, &p.Disabled, &p.Epoch, &created); err != nil {
			return nil, fmt.Errorf("list people: %w", err)
		}
		p.CreatedAt = time.UnixMilli(created).UTC()
		people = append(people, p)
	}
	return people, rows.Err()
}

// DisablePerson ends every session of the person and lets them sign in no more. Doing
// it again changes nothing.
func (s *Store) DisablePerson(ctx context.Context, by dsr.Principal, login string) error {
	return translate(s.update(ctx, func(t tx) error {
		var id string
		var disabled bool
		err := t.QueryRowContext(ctx, `UPDATE people SET epoch = epoch + 1 WHERE login = ? RETURNING id, disabled`, dsr.NormalLogin(login)).Scan(&id, &disabled)
		if err != nil {
			return notThere(err)
		}
		if disabled {
			return nil
		}
		if _, err := t.ExecContext(ctx, `UPDATE people SET disabled = 1 WHERE id = ?`, id); err != nil {
			return fmt.Errorf("disable person: %w", err)
		}
		return t.record(ctx, audit.Event{Kind: audit.PersonDisabled, Actor: by.ID, Data: map[string]string{"person": id}})
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
		return t.record(ctx, audit.Event{Kind: audit.PasswordSet, Actor: by.ID, Data: map[string]string{"person": id}})
	}))
}

func notThere(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return dsr.Errorf(dsr.NotFound, "not_found", "there is no such person")
	}
	return fmt.Errorf("read person: %w", err)
}
