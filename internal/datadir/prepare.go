package datadir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// foreign are rights of others: what they may change, and what they may do at all.
const (
	othersWrite fs.FileMode = 0o022
	others      fs.FileMode = 0o077
)

// Prepare makes the data folder if it is missing, and refuses one that is not ours alone:
// it holds data that others may reach, or a link leads out of it. One that is ours and empty
// is closed to others, because mkdir and the makers of volumes leave it open; tightened
// reports that.
func Prepare(dir string) (tightened bool, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, fmt.Errorf("data_dir: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return false, fmt.Errorf("data_dir: %w", err)
	}
	names, err := holds(dir)
	switch {
	case err != nil:
		return false, err
	case info.Mode()&others == 0:
		return false, refuseLinks(dir)
	case len(names) > 0 || info.Mode()&othersWrite != 0 && info.Mode()&fs.ModeSticky != 0: // as /tmp is, on purpose
		return false, errOpen(dir, info.Mode())
	case info.Mode()&othersWrite != 0 && !ours(info):
		return false, fmt.Errorf("data_dir: %s belongs to another user, who can open it to others: change its owner (chown)", dir)
	}
	err = tighten(dir)
	return err == nil, err
}

// errOpen says what others may do with the folder.
func errOpen(dir string, mode fs.FileMode) error {
	if mode&othersWrite != 0 {
		return fmt.Errorf("data_dir: others may change %[1]s (mode %04[2]o): look at what is in it, then run: chmod 700 %[1]s; "+
			"in Kubernetes see fsGroup in docs/runbook.md", dir, mode.Perm())
	}
	return fmt.Errorf("data_dir: others may look into %[1]s (mode %04[2]o), and it holds data: run: chmod 700 %[1]s", dir, mode.Perm())
}

func ours(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) == os.Geteuid()
}

// tighten closes an empty folder to others, who may have put something into it until then.
func tighten(dir string) error {
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a folder needs x to be entered
		return fmt.Errorf("data_dir: %w", err)
	}
	names, err := holds(dir)
	if err == nil && len(names) > 0 {
		return fmt.Errorf("data_dir: others have put something into %s while it was being closed to them: look at it, and remove it", dir)
	}
	return err
}

// holds are the names in the folder, without what file systems put into an empty one.
func holds(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("data_dir: this user may not look into %s; change its owner (chown)", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("data_dir: %w", err)
	}
	for _, e := range entries {
		if e.Name() != "lost+found" {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// noLinks are what in the data folder must be there itself: what is written and deleted
// there is meant to stay in it. Key files may be links to where keys are kept.
var noLinks = []string{Archives, Database, Database + "-wal", Database + "-shm", Reserve, "serve.lock", "open.lock", "store.lock", "extract.lock"}

func refuseLinks(dir string) error {
	for name := range slices.Values(noLinks) {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return fmt.Errorf("data_dir: %s is a link, and links out of the data folder are not followed: put the file or folder itself there, "+
				"or mount its volume there; to have all of it elsewhere, set data_dir", filepath.Join(dir, name))
		}
	}
	return nil
}
