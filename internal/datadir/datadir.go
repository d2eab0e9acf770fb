// Package datadir knows what lies in the data folder: the names, and what of it proves
// that there was a database before.
package datadir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"dsr-server/internal/seal"
)

// What lies in the data folder, by its name there.
const (
	Database   = "dsr.db"
	MasterKey  = seal.MasterFile
	SigningKey = "signing.key"
	Archives   = "archives"
	Reserve    = "reserve" // room on the disk for a purge
)

// archiveSuffix is how the names of archives end in the archive folder.
const archiveSuffix = ".age"

// ArchiveFile is where in the data folder the file of an archive lies.
func ArchiveFile(name string) string { return filepath.Join(Archives, name+archiveSuffix) }

// Empty refuses a data folder that holds something.
func Empty(dir string) error {
	names, err := holds(dir)
	if err == nil && len(names) > 0 {
		return fmt.Errorf("data_dir: %s is not empty (it holds %s): move what is in it out of the way first", dir, names[0])
	}
	return err
}

// Traces are what a database leaves beside itself in its folder.
type Traces struct {
	MasterKey  bool
	SigningKey bool
	Archives   int
	Log        string // the name of a write-ahead log that is not empty; "" without one
}

// Inspect reads the traces in a data folder. One that is not there has none.
func Inspect(dir string) (t Traces, err error) {
	if t.MasterKey, err = exists(filepath.Join(dir, MasterKey)); err != nil {
		return t, err
	}
	if t.SigningKey, err = exists(filepath.Join(dir, SigningKey)); err != nil {
		return t, err
	}
	info, err := os.Lstat(filepath.Join(dir, Database+"-wal"))
	if err == nil && info.Size() > 0 {
		t.Log = info.Name()
	}
	t.Archives, err = countArchives(filepath.Join(dir, Archives))
	return t, err
}

func exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("data_dir: %w", err)
	}
	return true, nil
}

func countArchives(dir string) (n int, err error) {
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("data_dir: %w", err)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name(), archiveSuffix) {
			n++
		}
	}
	return n, nil
}

// None reports whether nothing says that there was a database.
func (t Traces) None() bool { return t == Traces{} }

// String lists the traces for a message: "master.key, signing.key and 3 archives".
func (t Traces) String() string {
	var found []string
	if t.MasterKey {
		found = append(found, MasterKey)
	}
	if t.SigningKey {
		found = append(found, SigningKey)
	}
	if t.Log != "" {
		found = append(found, t.Log)
	}
	if t.Archives > 0 {
		found = append(found, count(t.Archives, "archive"))
	}
	if last := len(found) - 1; last > 0 {
		return strings.Join(found[:last], ", ") + " and " + found[last]
	}
	return strings.Join(found, "")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// NotTheDatabase refuses to go on beside the traces of another database. wrong says
// what is the matter with the file that is there: "is missing".
func (t Traces) NotTheDatabase(wrong string) error {
	return fmt.Errorf("data_dir: %[1]s %[2]s, but there is %[3]s: this is no first start. Stop, restore %[1]s from the newest backup and start again. "+
		"Without it the archives cannot be opened by anybody, because it holds their keys, so nothing has been created or deleted. "+
		"To begin anew for good, move everything out of data_dir first", Database, wrong, t)
}
