package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"dsr-server/internal/durable"
	"dsr-server/internal/record"
)

// outFile is the archive in the making. Nobody sees half of it where it will be, and where
// the system can, it has no name until it is whole: what is not finished is gone with the
// process, however that ends.
type outFile struct {
	*os.File
	path  string
	force bool // what is there may be replaced
	named bool // beside the path, because the system or its folder knows no other way
}

func newOutFile(path string, force bool) (*outFile, error) {
	o := &outFile{path: path, force: force}
	if err := o.free(); err != nil {
		return nil, err
	}
	var err error
	if o.File, err = openUnnamed(filepath.Dir(path)); errors.Is(err, errors.ErrUnsupported) {
		o.named = true
		o.File, err = os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	}
	if err != nil {
		return nil, outError(err)
	}
	return o, nil
}

// outError is an error about --out, which shows nothing of a name that could steer a terminal.
func outError(err error) error { return errors.New("--out: " + shown(err.Error())) }

// free is an error when something is at the path that may not be replaced.
func (o *outFile) free() error {
	switch info, err := os.Lstat(o.path); {
	case err != nil:
		return nil // there is none, or writing says what is wrong
	case info.IsDir():
		return outError(fmt.Errorf("%s is a folder; name a file", o.path))
	case !o.force:
		return outError(fmt.Errorf("%s exists; name another file, or give --force to replace it", o.path))
	}
	return nil
}

// commit puts the finished file in place.
func (o *outFile) commit() error {
	if err := o.Sync(); err != nil {
		return outError(err)
	}
	if err := o.free(); err != nil { // somebody may have written it meanwhile
		return err
	}
	if err := o.place(); err != nil {
		return outError(err)
	}
	return errors.Join(o.Close(), durable.SyncDir(filepath.Dir(o.path)))
}

// place gives the finished file its name. Without --force it is one that nothing has, also
// when somebody takes it in the last moment.
func (o *outFile) place() error {
	switch {
	case o.named && o.force:
		return os.Rename(o.Name(), o.path)
	case o.named:
		return o.renameToNew()
	case !o.force:
		return nameFile(o.File, o.path)
	}
	beside := filepath.Join(filepath.Dir(o.path), "."+filepath.Base(o.path)+".whole")
	if err := errors.Join(removeIfThere(beside), nameFile(o.File, beside)); err != nil {
		return err
	}
	return os.Rename(beside, o.path)
}

// renameToNew is a rename that replaces nothing but an empty file of ours. A second name
// (os.Link) would need none, but the file systems of memory sticks have no second names.
func (o *outFile) renameToNew() error {
	holder, err := os.OpenFile(o.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(holder.Close(), os.Rename(o.Name(), o.path))
}

func removeIfThere(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// discard removes the file unless it has been put in place.
func (o *outFile) discard() {
	_ = o.Close() // it may be closed
	if o.named {
		_ = os.Remove(o.Name()) // after a rename there is none
	}
}

// shown is text of others as one line: nothing in it steers a terminal, or passes for a
// line of ours.
func shown(text string) string { return record.Line(text) }
