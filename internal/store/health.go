package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"

	"dsr-server/internal/datadir"
	"dsr-server/internal/dsr"
	"dsr-server/migrations"
)

// InPlace reports whether the database's file is still the one that was opened. One
// that was deleted or replaced goes on taking writes that nobody will ever read.
func (s *Store) InPlace() error {
	path := filepath.Join(s.opts.Dir, datadir.Database)
	now, err := os.Stat(path)
	if err != nil || !os.SameFile(s.home, now) {
		return fmt.Errorf("the database's file was deleted or replaced while the service runs: %s; stop, restore it and start again", path)
	}
	return nil
}

// Ready proves that the database takes a synced write and has the current schema.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.InPlace(); err != nil {
		return err
	}
	if s.damaged.Load() {
		return ErrDamaged
	}
	if s.altered.Load() {
		return errAltered
	}
	err := s.update(ctx, func(t tx) error {
		_, err := t.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('last_ready', x'') ON CONFLICT (name) DO UPDATE SET value = randomblob(8)`)
		return err
	})
	if err != nil {
		return fmt.Errorf("the database cannot be written: %w", err)
	}
	provider, err := migrations.NewProvider(s.w)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if err := upgradable(ctx, provider); err != nil {
		return err
	}
	pending, err := provider.HasPending(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if pending {
		return dsr.Errorf(dsr.Unavailable, "schema_older", "the database's schema is older than this program; run dsr-server migrate")
	}
	return nil
}

// upgradable refuses a database whose schema a newer program has brought up to date: what
// that program keeps in it, this one would break without knowing. It refuses a schema with a
// gap too: changes are tested in their order alone.
func upgradable(ctx context.Context, provider *goose.Provider) error {
	version, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	sources := provider.ListSources()
	if newest := sources[len(sources)-1].Version; version > newest {
		return dsr.Errorf(dsr.Unavailable, "schema_newer", "the database's schema has version %d and this program knows %d: a newer dsr-server has used it. "+
			"Start that one, or restore the backup that was made before the upgrade; nothing has been changed", version, newest)
	}
	return noGap(ctx, provider, version)
}

// noGap refuses a schema that lacks a change from before its version.
func noGap(ctx context.Context, provider *goose.Provider, version int64) error {
	status, err := provider.Status(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	var lacks []string
	for _, s := range status {
		if s.State == goose.StatePending && s.Source.Version < version {
			lacks = append(lacks, strconv.FormatInt(s.Source.Version, 10))
		}
	}
	if len(lacks) > 0 {
		return dsr.Errorf(dsr.Unavailable, "schema_gap", "the database's schema has version %d and lacks %s: it was used with a build of dsr-server from between two releases. "+
			"Restore the backup that was made before that build was started; nothing has been changed", version, strings.Join(lacks, ", "))
	}
	return nil
}
