package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// Values that were sealed before there were units are bound to the tables they were in,
// and some hold what has a column of its own now. SQL cannot open them, so migration 8
// leaves them as they are, with their old row in old_id, and the next start seals them anew.

// resealUnits seals anew what migration 8 has carried over.
func (s *Store) resealUnits(ctx context.Context) error {
	var carried bool
	if err := s.r.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM units WHERE old_id IS NOT NULL)`).Scan(&carried); err != nil || !carried {
		return err
	}
	return s.update(ctx, func(t tx) error {
		units, olds, sealed, err := t.carriedUnits(ctx)
		if err != nil {
			return err
		}
		for i, u := range units {
			if err := t.resealUnit(ctx, u, olds[i], sealed[i]); err != nil {
				return fmt.Errorf("carry over unit %d: %w", u.ID, err)
			}
		}
		return nil
	})
}

func (t tx) carriedUnits(ctx context.Context) (units []dsr.Unit, olds []int64, sealed []sealedUnit, err error) {
	units, sealed, err = t.sealedUnits(ctx, `u.old_id IS NOT NULL`)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, u := range units {
		var old int64
		if err := t.QueryRowContext(ctx, `SELECT old_id FROM units WHERE id = ?`, u.ID).Scan(&old); err != nil {
			return nil, nil, nil, fmt.Errorf("read unit: %w", err)
		}
		olds = append(olds, old)
	}
	return units, olds, sealed, nil
}

func (t tx) resealUnit(ctx context.Context, u dsr.Unit, old int64, s sealedUnit) error {
	if !s.empty() {
		k, err := t.unitKey(ctx, u)
		if err != nil {
			return err
		}
		if err := openCarried(k, &u, old, s); err != nil {
			return err
		}
		s = sealCarried(k, u, s)
	}
	var verify dsr.Verification
	if u.Position.Verify != nil {
		verify = *u.Position.Verify
	}
	verifies := u.Position.Verify != nil
	_, err := t.ExecContext(ctx, `
		UPDATE units SET query_kind = ?2, query_id = ?3, cursor = ?4, verify_start = ?5, verify_end = ?6, verify_completes = ?7, hash = ?8, old_id = NULL WHERE id = ?1`,
		u.ID, text(string(u.Query.Kind)), s.query, s.cursor, number(verify.Interval.Start, verifies), number(verify.Interval.End, verifies),
		sql.NullBool{Bool: verify.Completes, Valid: verifies}, s.hash)
	if err != nil {
		return fmt.Errorf("seal anew: %w", err)
	}
	return nil
}

// openCarried opens what was sealed for the tables ranges and dump_files. A cursor could
// be a place in the verification of an end, and a conversation's id an utterance's.
func openCarried(k seal.Key, u *dsr.Unit, old int64, s sealedUnit) error {
	row := strconv.FormatInt(old, 10)
	query, err := k.Open(seal.At("ranges", "conversation_id", row), s.query)
	if err != nil {
		return err
	}
	cursor, err := k.Open(seal.At("ranges", "cursor", row), s.cursor)
	if err != nil {
		return err
	}
	u.Query.ID, u.Position.Cursor = string(query), string(cursor)
	if utterance, ok := strings.CutPrefix(u.Query.ID, "entry\x1f"); ok {
		u.Query = dsr.MessageQuery{Kind: dsr.ByUtterance, ID: utterance}
	}
	if place, ok := strings.CutPrefix(u.Position.Cursor, "\xff"); ok {
		var v dsr.Verification
		head, rest, _ := strings.Cut(place, "|")
		if _, err := fmt.Sscanf(head, "%t %d %d", &v.Completes, &v.Interval.Start, &v.Interval.End); err != nil {
			return fmt.Errorf("read position: %w", err)
		}
		u.Position.Verify, u.Position.Cursor = &v, rest
	}
	u.Position.Hash, err = k.Open(seal.At("dump_files", "hash", row), s.hash)
	return err
}

func sealCarried(k seal.Key, u dsr.Unit, s sealedUnit) (fresh sealedUnit) {
	if s.query != nil {
		fresh.query = k.Seal(unitPlace("query_id", u.ID), []byte(u.Query.ID))
	}
	if s.cursor != nil {
		fresh.cursor = k.Seal(unitPlace("cursor", u.ID), []byte(u.Position.Cursor))
	}
	if s.hash != nil {
		fresh.hash = k.Seal(unitPlace("hash", u.ID), u.Position.Hash)
	}
	return fresh
}

// metaAskedValues is the row of meta that an upgrade leaves: what requests ask for is not
// entered yet.
const metaAskedValues = "asked_values"

// enterAsked enters, once after such an upgrade, what every request asks for.
func (s *Store) enterAsked(ctx context.Context) error {
	due, err := s.meta(ctx, metaAskedValues)
	if err != nil || due == nil {
		return err
	}
	return s.update(ctx, func(t tx) error {
		ids, err := t.ids(ctx, `SELECT id FROM requests WHERE data_key IS NOT NULL`)
		if err != nil {
			return err
		}
		err = t.each(ctx, ids, func(t tx, ctx context.Context, r dsr.Request) error { return t.storeAsked(ctx, r.ID, r.Selectors) })
		if err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `DELETE FROM meta WHERE name = ?`, metaAskedValues); err != nil {
			return fmt.Errorf("enter values asked for: %w", err)
		}
		return nil
	})
}
