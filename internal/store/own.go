package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"dsr-server/internal/dsr"
)

// Owns implements api.Service: nil when by may know of the request, else the NotFound of a
// request that there is not.
func (s *Store) Owns(ctx context.Context, by dsr.Principal, id string) error {
	if !by.OwnOnly() {
		return nil
	}
	var owner string
	err := s.r.QueryRowContext(ctx, `SELECT created_by FROM requests WHERE id = ?`, id).Scan(&owner)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("look up who submitted: %w", err)
	}
	if owner != by.ID {
		return notFound()
	}
	return nil
}

// ownerShown is whose requests alone by may know of; "" is everybody's.
func ownerShown(by dsr.Principal) string {
	if by.OwnOnly() {
		return by.ID
	}
	return ""
}
