package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// factorKey seals the secrets of second factors. Like the device key it follows from one that
// outlives the master key.
func (s *Store) factorKey() seal.Key { return s.equal.Derive("second factors") }

func factorPlace(person string) seal.Place { return seal.At("second_factors", "secret", person) }

// SetSecondFactor implements ui.People: for whoever calls, from now on. step is that of the
// code with which they have shown that their app has the secret.
func (s *Store) SetSecondFactor(ctx context.Context, by dsr.Principal, secret string, step int64, codes [][32]byte) error {
	return translate(s.update(ctx, func(t tx) error {
		done, err := t.ExecContext(ctx, `INSERT INTO second_factors (person, secret, last_step, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			by.ID, s.factorKey().Seal(factorPlace(by.ID), []byte(secret)), step, t.now.UnixMilli())
		if err != nil {
			return fmt.Errorf("store second factor: %w", err)
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, dsr.Errorf(dsr.Conflict, "second_factor_set", "there is a second factor already; remove it first"))
		}
		if err := t.storeRecoveryCodes(ctx, by.ID, codes); err != nil {
			return err
		}
		return t.record(ctx, audit.Event{Kind: audit.FactorSet, Actor: by.ID, Data: map[string]string{"factor": by.ID}})
	}))
}

func (t tx) storeRecoveryCodes(ctx context.Context, person string, codes [][32]byte) error {
	if _, err := t.ExecContext(ctx, `DELETE FROM recovery_codes WHERE person = ?`, person); err != nil {
		return fmt.Errorf("store recovery codes: %w", err)
	}
	for _, code := range codes {
		if _, err := t.ExecContext(ctx, `INSERT INTO recovery_codes (person, hash) VALUES (?, ?)`, person, code[:]); err != nil {
			return fmt.Errorf("store recovery codes: %w", err)
		}
	}
	return nil
}

// RenewRecoveryCodes implements ui.People: those from before are void.
func (s *Store) RenewRecoveryCodes(ctx context.Context, by dsr.Principal, codes [][32]byte) error {
	return translate(s.update(ctx, func(t tx) error {
		if err := t.storeRecoveryCodes(ctx, by.ID, codes); err != nil {
			return err
		}
		return t.record(ctx, audit.Event{Kind: audit.RecoveryCodesMade, Actor: by.ID})
	}))
}

// RemoveSecondFactor implements ui.People. Where there is none nothing changes.
func (s *Store) RemoveSecondFactor(ctx context.Context, by dsr.Principal, login string) error {
	return translate(s.update(ctx, func(t tx) error {
		p, err := scanPerson(t.QueryRowContext(ctx, selectPerson+`WHERE login = ?`, dsr.NormalLogin(login)))
		if err != nil {
			return err
		}
		return t.removeFactor(ctx, by, p.ID)
	}))
}

func (t tx) removeFactor(ctx context.Context, by dsr.Principal, person string) error {
	done, err := t.ExecContext(ctx, `DELETE FROM second_factors WHERE person = ?`, person)
	if err != nil {
		return fmt.Errorf("remove second factor: %w", err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return t.record(ctx, audit.Event{Kind: audit.FactorRemoved, Actor: by.ID, Data: map[string]string{"factor": person}})
}

// SecondFactor implements ui.People: since when there is one, and how many recovery codes are
// left; the zero value where there is none.
func (s *Store) SecondFactor(ctx context.Context, person string) (f dsr.SecondFactor, err error) {
	var since sql.NullInt64
	err = s.r.QueryRowContext(ctx, `
		SELECT created_at, (SELECT count(*) FROM recovery_codes WHERE person = f.person) FROM second_factors f WHERE person = ?`, person).Scan(&since, &f.CodesLeft)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return f, fmt.Errorf("read second factor: %w", err)
	}
	f.Since = fromMillis(since)
	return f, nil
}

// FactorSecret implements auth.People.
func (s *Store) FactorSecret(ctx context.Context, person string) (string, error) {
	var sealed []byte
	if err := s.r.QueryRowContext(ctx, `SELECT secret FROM second_factors WHERE person = ?`, person).Scan(&sealed); err != nil {
		return "", fmt.Errorf("read second factor: %w", err)
	}
	secret, err := s.factorKey().Open(factorPlace(person), sealed)
	return string(secret), err
}

// SpendStep implements auth.People: of two at once with the same code, one signs in.
func (s *Store) SpendStep(ctx context.Context, person string, step int64) (bool, error) {
	return s.spend(ctx, person, "app", `UPDATE second_factors SET last_step = ?2 WHERE person = ?1 AND last_step < ?2`, step)
}

// SpendRecoveryCode implements auth.People.
func (s *Store) SpendRecoveryCode(ctx context.Context, person string, hash [32]byte) (bool, error) {
	return s.spend(ctx, person, "recovery_code", `DELETE FROM recovery_codes WHERE person = ?1 AND hash = ?2`, hash[:])
}

func (s *Store) spend(ctx context.Context, person, factor, statement string, value any) (spent bool, err error) {
	err = s.update(ctx, func(t tx) error {
		done, err := t.ExecContext(ctx, statement, person, value)
		if err != nil {
			return fmt.Errorf("use up a code: %w", err)
		}
		n, err := done.RowsAffected()
		if err != nil || n == 0 {
			return err
		}
		spent = true
		return t.signedIn(ctx, person, map[string]string{"second_factor": factor})
	})
	return spent && err == nil, translate(err)
}
