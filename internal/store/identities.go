package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// SignInWithIdentity implements ui.People: the account follows what the provider says of its
// owner. It is made at the first sign-in, if a group of theirs has a role; disabled, with all
// its sessions, when none has any more; and enabled when one has again, unless an
// administrator has disabled it. unknown is the hash of a password that nobody knows.
func (s *Store) SignInWithIdentity(ctx context.Context, id dsr.StaffIdentity, unknown string) (p dsr.Person, err error) {
	var refused error // on record all the same
	err = s.update(ctx, func(t tx) error {
		var withdrawn bool
		p, withdrawn, err = t.personOfIdentity(ctx, id)
		switch {
		case dsr.KindOf(err) == dsr.NotFound && id.Role == "":
			refused = errNoRole()
			return nil
		case dsr.KindOf(err) == dsr.NotFound:
			if p, err = t.addIdentity(ctx, id, unknown); err != nil {
				return err
			}
		case err != nil:
			return err
		case id.Role == "":
			refused = errNoRole()
			return t.withdraw(ctx, p)
		case p.Disabled && !withdrawn:
			refused = dsr.Errorf(dsr.Forbidden, "account_disabled", "this account has been disabled; ask an administrator")
			return nil
		default:
			if p, err = t.followGroups(ctx, p, id.Role); err != nil {
				return err
			}
		}
		return t.signedIn(ctx, p.ID, map[string]string{"issuer": id.Issuer})
	})
	if err = errors.Join(err, refused); err != nil {
		return dsr.Person{}, translate(err)
	}
	return p, nil
}

func errNoRole() error {
	return dsr.Errorf(dsr.Forbidden, "no_role", "none of your groups has a role in this service; ask whoever looks after the groups")
}

func (t tx) personOfIdentity(ctx context.Context, id dsr.StaffIdentity) (p dsr.Person, withdrawn bool, err error) {
	var person string
	err = t.QueryRowContext(ctx, `SELECT person, withdrawn FROM identities WHERE issuer = ? AND subject = ?`, id.Issuer, id.Subject).Scan(&person, &withdrawn)
	if err != nil {
		return p, false, notThere(err)
	}
	p, err = scanPerson(t.QueryRowContext(ctx, selectPerson+`WHERE id = ?`, person))
	return p, withdrawn, err
}

// addIdentity makes an account. It is called as the provider calls its owner, unless somebody
// is called so already: a name says nothing about whose account that is.
func (t tx) addIdentity(ctx context.Context, id dsr.StaffIdentity, unknown string) (p dsr.Person, err error) {
	sum := sha256.Sum256([]byte(id.Issuer + "\x00" + id.Subject))
	made := "oidc-" + hex.EncodeToString(sum[:8])
	p, faults := dsr.NewPerson(id.Login, id.Name, id.Role)
	if taken, err := t.loginTaken(ctx, p.Login); err != nil || len(faults) > 0 || taken {
		if err != nil {
			return p, err
		}
		if p, faults = dsr.NewPerson(made, id.Name, id.Role); len(faults) > 0 {
			p, _ = dsr.NewPerson(made, "", id.Role)
		}
	}
	p.PasswordHash, p.External = unknown, true
	if err := t.insertPerson(ctx, audit.System, &p); err != nil {
		return p, err
	}
	_, err = t.ExecContext(ctx, `INSERT INTO identities (person, issuer, subject, created_at) VALUES (?, ?, ?, ?)`, p.ID, id.Issuer, id.Subject, t.now.UnixMilli())
	if err != nil {
		return p, fmt.Errorf("insert identity: %w", err)
	}
	return p, t.record(ctx, audit.Event{Kind: audit.IdentityLinked, Actor: audit.System, Data: map[string]string{"person": p.ID, "issuer": id.Issuer}})
}

func (t tx) loginTaken(ctx context.Context, login string) (taken bool, err error) {
	err = t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM people WHERE login = ?)`, login).Scan(&taken)
	if err != nil {
		return false, fmt.Errorf("look up login: %w", err)
	}
	return taken, nil
}

// withdraw disables an account whose owner has no role any more.
func (t tx) withdraw(ctx context.Context, p dsr.Person) error {
	if p.Disabled {
		return nil
	}
	_, err := t.ExecContext(ctx, `UPDATE people SET disabled = 1, epoch = epoch + 1 WHERE id = ?`, p.ID)
	if err == nil {
		_, err = t.ExecContext(ctx, `UPDATE identities SET withdrawn = 1 WHERE person = ?`, p.ID)
	}
	if err != nil {
		return fmt.Errorf("disable person: %w", err)
	}
	return t.record(ctx, audit.Event{Kind: audit.PersonDisabled, Actor: audit.System, Data: map[string]string{"person": p.ID}})
}

// followGroups gives an account the role that the groups of its owner have now.
func (t tx) followGroups(ctx context.Context, p dsr.Person, role dsr.Role) (dsr.Person, error) {
	if p.Disabled {
		_, err := t.ExecContext(ctx, `UPDATE people SET disabled = 0 WHERE id = ?`, p.ID)
		if err == nil {
			_, err = t.ExecContext(ctx, `UPDATE identities SET withdrawn = 0 WHERE person = ?`, p.ID)
		}
		if err != nil {
			return p, fmt.Errorf("enable person: %w", err)
		}
		p.Disabled = false
		if err := t.record(ctx, audit.Event{Kind: audit.PersonEnabled, Actor: audit.System, Data: map[string]string{"person": p.ID}}); err != nil {
			return p, err
		}
	}
	if p.Role == role {
		return p, nil
	}
	if _, err := t.ExecContext(ctx, `UPDATE people SET role = ? WHERE id = ?`, string(role), p.ID); err != nil {
		return p, fmt.Errorf("change role: %w", err)
	}
	p.Role = role
	return p, t.record(ctx, audit.Event{Kind: audit.RoleChanged, Actor: audit.System, Data: map[string]string{"person": p.ID}})
}
