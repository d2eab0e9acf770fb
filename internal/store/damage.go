package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"dsr-server/internal/datadir"
	"dsr-server/internal/dsr"
)

// ErrDamaged is what the service says from the first damaged page on, until somebody has
// looked after the file and started it again.
var ErrDamaged = dsr.Errorf(dsr.Unavailable, "database_damaged",
	"the database is damaged: stop, keep a copy of "+datadir.Database+"*, restore it from the newest backup and start again")

// noteDamage remembers that SQLite has met a page that it has not written.
func (s *Store) noteDamage(err error) {
	if damage(err) != nil {
		s.damaged.Store(true)
	}
}

// explainDamage says what to do about an error at start that damage is behind, whatever
// was made of it on the way.
func (s *Store) explainDamage(err error) error {
	if !s.damaged.Load() {
		return err
	}
	return fmt.Errorf("data_dir: %s is damaged (%w): keep a copy of %[1]s*, restore it from the newest backup and start again", datadir.Database, err)
}

// CheckDamage reads the whole file, with connections of its own, because those in use
// would show their memory of it, and has SQLite look for what does not fit together.
// Damage makes the service unready.
func (s *Store) CheckDamage(ctx context.Context) (err error) {
	db, err := openDB(s.opts.Driver, filepath.Join(s.opts.Dir, datadir.Database), "ro", 1, s.noteDamage)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var found string
	err = db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&found)
	if damage(err) != nil {
		return errors.Join(ErrDamaged, err)
	}
	if err != nil {
		return fmt.Errorf("check the database: %w", err)
	}
	if found != "ok" {
		s.damaged.Store(true)
		return errors.Join(ErrDamaged, errors.New(found)) // page numbers and names of tables
	}
	return nil
}
