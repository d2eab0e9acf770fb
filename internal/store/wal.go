package store

import (
	"context"
	"errors"
	"fmt"
)

// ErrReading says that somebody reads an old state of the database at present.
var ErrReading = errors.New("the write-ahead log cannot be emptied while it is read")

// Truncate writes the write-ahead log into the database and cuts it to nothing, so
// that no deleted value is left in it. It waits some seconds for readers, then it is
// ErrReading.
func (s *Store) Truncate(ctx context.Context) error {
	var busy, frames, done int
	if err := s.w.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &frames, &done); err != nil {
		return fmt.Errorf("empty the write-ahead log: %w", err)
	}
	if busy != 0 {
		return ErrReading
	}
	return nil
}
