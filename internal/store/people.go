package store

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// metaSetupToken is the row of meta that holds the hash of the first start's token.
const metaSetupToken = "setup_token"

// NeedsSetup implements ui.People: nobody is there yet.
func (s *Store) NeedsSetup(ctx context.Context) (bool, error) {
	var n int
	if err := s.r.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM people LIMIT 1)`).Scan(&n); err != nil {
		return false, fmt.Errorf("count people: %w", err)
	}
	return n == 0, nil
}

// SetSetupToken makes the token with this hash the one that the first administrator
// is made with; an earlier one is void. It is a conflict once somebody is there.
func (s *Store) SetSetupToken(ctx context.Context, hash [32]byte) error {
	return translate(s.update(ctx, func(t tx) error {
		if err := t.noAccountYet(ctx); err != nil {
			return err
		}
		_, err := t.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2`,
			metaSetupToken, hash[:])
		if err != nil {
			return fmt.Errorf("store setup token: %w", err)
		}
		return nil
	}))
}

// CheckSetupToken implements ui.People.
func (s *Store) CheckSetupToken(ctx context.Context, hash [32]byte) error {
	return s.view(ctx, func(t tx) error { return t.checkSetupToken(ctx, hash) })
}

func (t tx) checkSetupToken(ctx context.Context, hash [32]byte) error {
	if err := t.noAccountYet(ctx); err != nil {
		return err
	}
	var want []byte
	err := t.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = ?`, metaSetupToken).Scan(&want)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read setup token: %w", err)
	}
	if subtle.ConstantTimeCompare(want, hash[:]) == 0 {
		return dsr.Errorf(dsr.Unauthenticated, "bad_setup_token", "the token is not the one that the program printed")
	}
	return nil
}

func (t tx) noAccountYet(ctx context.Context) error {
	var n int
	if err := t.QueryRowContext(ctx, `SELECT count(*) FROM people`).Scan(&n); err != nil {
		return fmt.Errorf("count people: %w", err)
	}
	if n > 0 {
		return dsr.Errorf(dsr.Conflict, "already_set_up", "the first account has been made already; sign in, or ask an administrator for an account")
	}
	return nil
}

// CreateFirstAdmin implements ui.People: the person, the end of the token and the
// event in one transaction.
func (s *Store) CreateFirstAdmin(ctx context.Context, hash [32]byte, p dsr.Person) (dsr.Person, error) {
	p.Role = dsr.Admin
	err := s.update(ctx, func(t tx) error {
		if err := t.checkSetupToken(ctx, hash); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `DELETE FROM meta WHERE name = ?`, metaSetupToken); err != nil {
			return fmt.Errorf("use up setup token: %w", err)
		}
		return t.insertPerson(ctx, "system", &p)
	})
	return p, translate(err)
}

// CreatePerson adds somebody who can sign in; a login in use is a conflict.
func (s *Store) CreatePerson(ctx context.Context, by dsr.Principal, p dsr.Person) (dsr.Person, error) {
	err := s.update(ctx, func(t tx) error { return t.insertPerson(ctx, by.ID, &p) })
	return p, translate(err)
}

func (t tx) insertPerson(ctx context.Context, by string, p *dsr.Person) error {
	p.CreatedAt = t.now
	done, err := t.ExecContext(ctx, `
		INSERT INTO people (id, login, name, role, password_hash, disabled, epoch, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		p.ID, p.Login, p.Name, string(p.Role), p.PasswordHash, p.Disabled, p.Epoch, t.now.UnixMilli())
	if err != nil {
		return fmt.Errorf("insert person: %w", err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, dsr.Errorf(dsr.Conflict, "login_in_use", "somebody has this login already"))
	}
	return t.record(ctx, audit.Event{Kind: audit.PersonCreated, Actor: by, Data: map[string]string{"person": p.ID, "role": string(p.Role)}})
}

// Person implements ui.People.
func (s *Store) Person(ctx context.Context, id string) (dsr.Person, error) {
	return s.person(ctx, `id = ?`, id)
}

// PersonByLogin implements auth.People.
func (s *Store) PersonByLogin(ctx context.Context, login string) (dsr.Person, error) {
	return s.person(ctx, `login = ?`, login)
}

func (s *Store) person(ctx context.Context, where, value string) (dsr.Person, error) {
	return scanPerson(s.r.QueryRowContext(ctx, selectPerson+`WHERE `+where, value))
}

const selectPerson = `SELECT id, login, name, role, password_hash, disabled, epoch, created_at,
	EXISTS (SELECT 1 FROM second_factors WHERE person = people.id), EXISTS (SELECT 1 FROM identities WHERE person = people.id) FROM people `

func scanPerson(row scanner) (p dsr.Person, err error) {
	var created int64
	err = row.Scan(&p.ID, &p.Login, &p.Name, &p.Role, &p.PasswordHash, &p.Disabled, &p.Epoch, &created, &p.SecondFactor, &p.External)
	if err != nil {
		return dsr.Person{}, notThere(err)
	}
	p.CreatedAt = time.UnixMilli(created).UTC()
	return p, nil
}

func notThere(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return dsr.Errorf(dsr.NotFound, "not_found", "there is no such person")
	}
	return fmt.Errorf("read person: %w", err)
}

// RecordSignIn implements auth.People.
func (s *Store) RecordSignIn(ctx context.Context, person string) error {
	return translate(s.update(ctx, func(t tx) error { return t.signedIn(ctx, person, nil) }))
}

// signedIn puts a sign-in on record, with what it took beside or instead of a password.
func (t tx) signedIn(ctx context.Context, person string, with map[string]string) error {
	if _, err := t.ExecContext(ctx, `UPDATE people SET signed_in_at = ? WHERE id = ?`, t.now.UnixMilli(), person); err != nil {
		return fmt.Errorf("store sign-in: %w", err)
	}
	return t.record(ctx, audit.Event{Kind: audit.SignedIn, Actor: person, Data: with})
}

// RecordRefusals puts on record that so many calls of a client were refused for a reason.
// The actor is who they were by or about, or audit.Unknown.
func (s *Store) RecordRefusals(ctx context.Context, kind audit.Kind, actor, client, code string, count int) error {
	return s.recordAlone(ctx, audit.Event{Kind: kind, Actor: actor,
		Data: map[string]string{"client": client, "code": code, "count": strconv.Itoa(count)}})
}

// RecordSignOut implements ui.People.
func (s *Store) RecordSignOut(ctx context.Context, person string) error {
	return s.recordAlone(ctx, audit.Event{Kind: audit.SignedOut, Actor: person})
}
