package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// extractPrefix begins the names of folders in which extractions live, in the data folder.
const extractPrefix = "extract-"

// extractFolder is the folder of one extraction. What it holds is sealed under a key that
// the process alone has: what a killed one leaves nobody can read, and whoever opens the
// data folder next deletes it.
type extractFolder struct {
	path string
	held *flock.Flock // as long as the process lives
}

// newExtractFolder makes one in the data folder, and deletes those that nobody holds any more.
func newExtractFolder(data string) (f *extractFolder, err error) {
	err = alone(data, func() error {
		if err := deleteLeft(data); err != nil {
			return err
		}
		f = &extractFolder{}
		if f.path, err = os.MkdirTemp(data, extractPrefix); err != nil {
			return err
		}
		f.held = heldFile(f.path)
		return f.hold()
	})
	if err != nil {
		return nil, fmt.Errorf("make a folder for the extraction: %w", err)
	}
	return f, nil
}

// hold makes the folder look held to others, as long as the process lives.
func (f *extractFolder) hold() error {
	held, err := f.held.TryLock()
	if err == nil && !held {
		err = fmt.Errorf("another process has locked %s, which was only just created", f.path)
	}
	return err
}

// remove deletes the folder. It may be called twice.
func (f *extractFolder) remove() error {
	return errors.Join(os.RemoveAll(f.path), f.held.Close())
}

// DeleteLeftExtractions deletes what extractions that were killed have left.
func (p *Program) deleteLeftExtractions() error {
	return alone(p.Config.DataDir, func() error { return deleteLeft(p.Config.DataDir) })
}

// alone keeps others from making and deleting such folders meanwhile: between its making
// and its being held a folder looks as if it had been left.
func alone(data string, f func() error) (err error) {
	lock := flock.New(filepath.Join(data, "extract.lock"), flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	return f()
}

func heldFile(folder string) *flock.Flock {
	return flock.New(filepath.Join(folder, "held.lock"), flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
}

func deleteLeft(data string) error {
	entries, err := os.ReadDir(data)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), extractPrefix) {
			continue // links are no folders, and not ours
		}
		left := &extractFolder{path: filepath.Join(data, e.Name())}
		left.held = heldFile(left.path)
		free, err := left.held.TryLock()
		if err != nil {
			return err
		}
		if !free {
			continue
		}
		if err := left.remove(); err != nil {
			return err
		}
	}
	return nil
}
