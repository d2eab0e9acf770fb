package store

import (
	"context"
	"database/sql"
	"fmt"
)

// metaClockDoubt is the row of meta that carries a doubt over a restart.
const metaClockDoubt = "clock_doubt"

// newestOf is how many of the last events are looked at: their times need not be in order.
const newestOf = 10000

// readClock tells the clock what is on record.
func (s *Store) readClock(ctx context.Context) error {
	var newest sql.NullInt64
	err := s.w.QueryRowContext(ctx, `SELECT max(at) FROM (SELECT at FROM audit_events ORDER BY idx DESC LIMIT ?)`, newestOf).Scan(&newest)
	if err != nil {
		return fmt.Errorf("look for the newest event: %w", err)
	}
	doubted, err := s.meta(ctx, metaClockDoubt)
	if err != nil {
		return err
	}
	if newest.Valid {
		s.clock.known(fromMillis(newest), doubted != nil)
	}
	return nil
}

// ClockDoubt says why the wall's clock is not believed now; "" when it is. Nothing is
// deleted by plan meanwhile.
func (s *Store) ClockDoubt() string { return s.clock.doubts() }

// KeepClockDoubt stores whether the clock is believed, so that a restart does not forget it.
func (s *Store) KeepClockDoubt(ctx context.Context, doubt string) error {
	return s.update(ctx, func(t tx) error {
		if doubt != "" {
			return t.setMeta(ctx, metaClockDoubt, []byte(doubt))
		}
		_, err := t.ExecContext(ctx, `DELETE FROM meta WHERE name = ?`, metaClockDoubt)
		if err != nil {
			return fmt.Errorf("store %s: %w", metaClockDoubt, err)
		}
		return nil
	})
}
