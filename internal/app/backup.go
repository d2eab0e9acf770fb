package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"dsr-server/internal/backup"
	"dsr-server/internal/config"
	"dsr-server/internal/datadir"
)

// Backup makes a backup of the data folder, while it is used or not, and restores it for a
// try before it gets its name.
func (p *Program) Backup(ctx context.Context, out string, masterKey bool, recipients []age.Recipient) (backup.Manifest, error) {
	m, err := backup.Make(ctx, backup.Options{
		Database: p.Store, DataDir: p.Config.DataDir, Out: out, MasterKey: masterKey, Recipients: recipients, Software: Software(), Now: p.now(),
		Check: func(ctx context.Context, dir string) error {
			return TryBackup(ctx, p.Config, dir, filepath.Join(p.Config.DataDir, datadir.MasterKey))
		},
	})
	if err != nil {
		return m, err
	}
	return m, p.Store.RecordBackup(ctx, len(m.Files))
}

func (p *Program) now() time.Time {
	if p.env.Now != nil {
		return p.env.Now()
	}
	return time.Now()
}

// TryBackup restores the backup in dir beside it, and looks at everything that can be looked
// at without a vendor.
func TryBackup(ctx context.Context, cfg *config.Config, dir, masterKey string) (err error) {
	m, err := backup.Read(ctx, dir)
	if err != nil {
		return err
	}
	place, err := os.MkdirTemp(filepath.Dir(dir), ".try-*")
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(place)) }()
	if err := backup.Restore(ctx, dir, m, place, masterKey); err != nil {
		return err
	}
	return LookAt(ctx, cfg, place, m)
}

// LookAt opens a data folder that was restored, and is nil when it is whole but for what the
// backup itself says is missing.
func LookAt(ctx context.Context, cfg *config.Config, dataDir string, m backup.Manifest) (err error) {
	there := *cfg
	there.DataDir = dataDir
	p, err := OpenData(ctx, &there)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := errors.Join(p.Store.CheckDamage(ctx), p.Store.CheckLog(ctx)); err != nil {
		return err
	}
	found, err := p.SurveyArchives(ctx)
	if err == nil && found.Missing > len(m.Missing) {
		err = fmt.Errorf("%d archives that the database names are missing", found.Missing)
	}
	return err
}
