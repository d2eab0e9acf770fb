package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"dsr-server/internal/dsr"
)

// referenceIsFree refuses a reference that is in use: a cancelled request, and a rejected
// one that has been answered, leave theirs to others.
func (t tx) referenceIsFree(ctx context.Context, by dsr.Principal, reference string) error {
	if reference == "" {
		return nil
	}
	var id, owner string
	err := t.QueryRowContext(ctx, `SELECT id, created_by FROM requests WHERE reference_in_use = ?`, reference).Scan(&id, &owner)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("look up reference: %w", err)
	}
	e := dsr.Errorf(dsr.Conflict, "duplicate_reference", "another request has this reference")
	e.Field = "reference"
	if !by.OwnOnly() || owner == by.ID {
		e.Detail += "; see existing_id"
		e.ID = id
	}
	return e
}

// ReferenceFree implements ui.Service: nil, or the conflict that Submit would meet just now.
func (s *Store) ReferenceFree(ctx context.Context, reference string) error {
	return s.view(ctx, func(t tx) error { return t.referenceIsFree(ctx, dsr.Principal{}, reference) })
}

// References implements ui.Service.
func (s *Store) References(ctx context.Context, ids []string) (map[string]string, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("encode ids: %w", err)
	}
	rows, err := s.r.QueryContext(ctx, `SELECT id, coalesce(reference, '') FROM requests WHERE id IN (SELECT value FROM json_each(?)) AND status <> 'purged'`, string(list))
	if err != nil {
		return nil, fmt.Errorf("read references: %w", err)
	}
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var id, reference string
		if err := rows.Scan(&id, &reference); err != nil {
			return nil, fmt.Errorf("read references: %w", err)
		}
		found[id] = reference
	}
	return found, rows.Err()
}

// referenceIsFreeFor is referenceIsFree for a request that takes its own into use again.
func (t tx) referenceIsFreeFor(ctx context.Context, by dsr.Principal, r dsr.Request) error {
	err := t.referenceIsFree(ctx, by, r.Reference)
	if e, taken := errors.AsType[*dsr.Error](err); taken && e.ID == r.ID {
		return nil
	}
	return err
}
