package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"filippo.io/age"

	"dsr-server/internal/datadir"
	"dsr-server/internal/durable"
)

// From is a backup to restore.
type From struct {
	Path       string         // a folder, or an encrypted file
	Identities []age.Identity // to open the file with
	MasterKey  string         // the file to take it from; empty: the backup's own, or none
}

// Open returns the backup's folder, and what it holds. close removes what was unpacked for it,
// beside the backup or in scratch.
func (f From) Open(ctx context.Context, scratch string) (dir string, m Manifest, closing func() error, err error) {
	dir, closing = f.Path, func() error { return nil }
	info, err := os.Stat(f.Path)
	if err != nil {
		return "", m, nil, fmt.Errorf("backup: %w", err)
	}
	if !info.IsDir() {
		if len(f.Identities) == 0 {
			return "", m, nil, fmt.Errorf("%s is a file: name the age identity that opens it (--identity)", f.Path)
		}
		if dir, err = os.MkdirTemp(scratch, ".restore-*"); err != nil {
			return "", m, nil, fmt.Errorf("backup: %w", err)
		}
		closing = func() error { return os.RemoveAll(dir) }
		err = unpack(f.Path, dir, f.Identities)
	}
	if err == nil {
		m, err = Read(ctx, dir)
	}
	if err != nil {
		return "", m, nil, errors.Join(err, closing())
	}
	return dir, m, closing, nil
}

// Restore puts a backup into a data folder that holds nothing. The database comes last: a
// folder in which it is missing beside the others is refused by every command, and a restore
// that was cut short there may be done again after the folder was emptied.
func Restore(ctx context.Context, dir string, m Manifest, dataDir, masterKey string) error {
	if _, err := datadir.Prepare(dataDir); err != nil {
		return err
	}
	if err := datadir.Empty(dataDir); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(dataDir, datadir.Archives), 0o700); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	for _, f := range m.Files {
		if f.Name == datadir.Database || f.Name == datadir.MasterKey && masterKey != "" {
			continue
		}
		if err := copyFile(ctx, filepath.Join(dir, f.Name), filepath.Join(dataDir, f.Name)); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	if masterKey != "" {
		if err := copyKey(ctx, masterKey, filepath.Join(dataDir, datadir.MasterKey)); err != nil {
			return fmt.Errorf("restore: master key: %w", err)
		}
	}
	unfinished := filepath.Join(dataDir, "restored.db")
	if err := copyFile(ctx, filepath.Join(dir, datadir.Database), unfinished); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return errors.Join(durable.SyncDir(filepath.Join(dataDir, datadir.Archives)), durable.Rename(unfinished, filepath.Join(dataDir, datadir.Database)))
}

// HasMasterKey reports whether what is restored can be opened.
func (f From) HasMasterKey(m Manifest) bool {
	return f.MasterKey != "" || slices.ContainsFunc(m.Files, func(f File) bool { return f.Name == datadir.MasterKey })
}
