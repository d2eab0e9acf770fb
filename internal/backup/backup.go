// Package backup copies what a data folder holds while the service works on it, and puts
// such a copy into an empty one. It keeps true that a backup is of one moment, holds every
// archive that its database names, and is seen under its name only when it is whole; and
// that nothing is restored which is not as it was written.
//
// In reading order: backup.go, restore.go, sealed.go, manifest.go, copy.go.
package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"
	"github.com/gofrs/flock"

	"dsr-server/internal/datadir"
	"dsr-server/internal/durable"
)

// Database is what a backup needs of the store.
type Database interface {
	// CopyTo writes the database, as it is at one moment, to a new file.
	CopyTo(ctx context.Context, path string) error
	// FilesOf lists the names of the archives that such a copy needs.
	FilesOf(ctx context.Context, path string) ([]string, error)
}

// Options say what is backed up, and where to.
type Options struct {
	Database   Database
	DataDir    string
	Out        string          // a folder, or with Recipients a file; nothing may be there
	MasterKey  bool            // the master key goes with it
	Recipients []age.Recipient // who can read it; nil: it is not encrypted as a whole
	Software   string
	Now        time.Time
	// Check is given the finished copy before it gets its name; its error is that of Make.
	Check func(ctx context.Context, dir string) error
}

// tries is how often a copy begins anew because an archive that it names was replaced.
const tries = 5

// Make makes a backup. What an earlier call left that was killed it removes; a call that is
// still under way to the same place is an error.
func Make(ctx context.Context, o Options) (m Manifest, err error) {
	if _, err := os.Lstat(o.Out); !errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%s exists; name another place", o.Out)
	}
	work, release, err := begin(o.Out)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, release()) }()
	dir := filepath.Join(work, "backup")
	if m, err = collect(ctx, o, dir); err != nil {
		return m, err
	}
	if err := o.Check(ctx, dir); err != nil {
		return m, fmt.Errorf("what was copied cannot be restored: %w", err)
	}
	finished := dir
	if o.Recipients != nil {
		finished = filepath.Join(work, "backup.tar.age")
		if err := pack(dir, finished, o.Recipients); err != nil {
			return m, err
		}
	}
	return m, durable.Rename(finished, o.Out)
}

// begin makes the folder beside out in which a backup is made. release removes it.
func begin(out string) (work string, release func() error, err error) {
	work = filepath.Join(filepath.Dir(out), "."+filepath.Base(out)+".unfinished")
	lock := flock.New(work + ".lock")
	free, err := lock.TryLock()
	if err != nil {
		return "", nil, fmt.Errorf("backup: %w", err)
	}
	if !free {
		return "", nil, fmt.Errorf("another backup to %s is being made", out)
	}
	release = func() error {
		return errors.Join(os.RemoveAll(work), os.Remove(lock.Path()), lock.Close())
	}
	if err := errors.Join(os.RemoveAll(work), os.Mkdir(work, 0o700)); err != nil {
		return "", nil, errors.Join(fmt.Errorf("backup: %w", err), release())
	}
	return work, release, nil
}

// collect copies the database and then the files that it names. An archive that was replaced
// in between is named by no newer copy.
func collect(ctx context.Context, o Options, dir string) (m Manifest, err error) {
	for range tries {
		var gone []string
		if m, gone, err = collectOnce(ctx, o, dir); err != nil || len(gone) == 0 {
			return m, err
		}
		if m.Missing, err = stillNamed(ctx, o, gone); err != nil {
			return m, err
		}
		if len(m.Missing) == len(gone) {
			return m, m.write(dir) // they were lost before: the backup says so
		}
	}
	return m, fmt.Errorf("archives were replaced during each of %d tries; try again", tries)
}

func collectOnce(ctx context.Context, o Options, dir string) (m Manifest, gone []string, err error) {
	m = Manifest{MadeAt: o.Now.UTC().Truncate(time.Second), Software: o.Software, Needs: []string{datadir.MasterKey}}
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(filepath.Join(dir, datadir.Archives), 0o700)); err != nil {
		return m, nil, fmt.Errorf("backup: %w", err)
	}
	database := filepath.Join(dir, datadir.Database)
	if err := o.Database.CopyTo(ctx, database); err != nil {
		return m, nil, err
	}
	keys := []string{datadir.SigningKey}
	if o.MasterKey {
		keys, m.Needs = append(keys, datadir.MasterKey), nil
	}
	archives, err := o.Database.FilesOf(ctx, database)
	if err != nil {
		return m, nil, err
	}
	for _, name := range archives {
		file := datadir.ArchiveFile(name)
		switch err := copyFile(ctx, filepath.Join(o.DataDir, file), filepath.Join(dir, file)); {
		case errors.Is(err, fs.ErrNotExist):
			gone = append(gone, name)
		case err != nil:
			return m, nil, fmt.Errorf("backup: %w", err)
		}
	}
	for _, name := range keys {
		if err := copyKey(ctx, filepath.Join(o.DataDir, name), filepath.Join(dir, name)); err != nil {
			return m, nil, fmt.Errorf("backup: %w", err)
		}
	}
	if err := m.describe(ctx, dir); err != nil {
		return m, nil, err
	}
	return m, gone, m.write(dir)
}

// stillNamed are those of the names that the database still has.
func stillNamed(ctx context.Context, o Options, names []string) (still []string, err error) {
	probe := filepath.Join(filepath.Dir(o.Out), "."+filepath.Base(o.Out)+".unfinished", "probe.db")
	if err := o.Database.CopyTo(ctx, probe); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.Remove(probe)) }()
	now, err := o.Database.FilesOf(ctx, probe)
	for _, name := range names {
		if slices.Contains(now, name) {
			still = append(still, name)
		}
	}
	return still, err
}

// Manifest is what a backup holds; backup.json in its folder.
type Manifest struct {
	MadeAt   time.Time `json:"made_at"`
	Software string    `json:"software"`
	Files    []File    `json:"files"`
	Needs    []string  `json:"needs,omitempty"`   // keys that are kept elsewhere
	Missing  []string  `json:"missing,omitempty"` // archives that the database names and that were lost before
}

// File is one file of a backup.
type File struct {
	Name   string `json:"name"` // with slashes, below the data folder
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// manifestName is what is not restored.
const manifestName = "backup.json"

func (m Manifest) write(dir string) error {
	body, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return writeFile(filepath.Join(dir, manifestName), append(body, '\n'))
}
