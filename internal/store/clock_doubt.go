package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
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
	s.clock.known(fromMillis(newest), readDoubt(doubted))
	return nil
}

// readDoubt reads a stored doubt; there is none without a row. Builds before kept the reason
// alone.
func readDoubt(row []byte) *keptDoubt {
	if row == nil {
		return nil
	}
	var d keptDoubt
	if json.Unmarshal(row, &d) != nil {
		return &keptDoubt{Why: string(row)}
	}
	return &d
}

// ClockDoubt says why the wall's clock is not believed now; "" when it is. Nothing is
// deleted by plan meanwhile.
func (s *Store) ClockDoubt() string { return s.clock.doubts() }

// KeepClockDoubt stores the doubt that there is, so that a restart forgets neither it nor how
// much of it is over. Nothing is written while nothing changes.
func (s *Store) KeepClockDoubt(ctx context.Context) error {
	var row []byte
	if d := s.clock.kept(); d != nil {
		var err error
		if row, err = json.Marshal(d); err != nil {
			return fmt.Errorf("store %s: %w", metaClockDoubt, err)
		}
	}
	before, err := s.meta(ctx, metaClockDoubt)
	if err != nil || bytes.Equal(row, before) {
		return err
	}
	return s.update(ctx, func(t tx) error {
		if row != nil {
			return t.setMeta(ctx, metaClockDoubt, row)
		}
		_, err := t.ExecContext(ctx, `DELETE FROM meta WHERE name = ?`, metaClockDoubt)
		if err != nil {
			return fmt.Errorf("store %s: %w", metaClockDoubt, err)
		}
		return nil
	})
}
