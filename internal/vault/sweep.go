package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/durable"
)

// finishedMode marks a file as an archive that some database has committed. A database
// which does not know that is older than the file.
const finishedMode = 0o400

// probeName is the file with which Check tries the folder.
const probeName = ".probe"

// clockSlack is how far the clock of the files may be behind that of the database.
const clockSlack = time.Minute

// InPlace reports whether the folder is still the one that was opened: a volume that
// was mounted or unmounted meanwhile shows another.
func (v *Vault) InPlace() error {
	now, err := os.Stat(v.dir)
	if err != nil {
		return fmt.Errorf("archive folder: %w", err)
	}
	if !os.SameFile(v.home, now) {
		return fmt.Errorf("archive folder: %s is another folder than at the start (was a volume mounted or unmounted?); put the first one back, or restart", v.dir)
	}
	return nil
}

// MarkFinished marks the archive as one that is committed. Call it after the commit.
func (v *Vault) MarkFinished(name string) error {
	path, err := v.path(name)
	if err != nil {
		return err
	}
	if err := os.Chmod(path, finishedMode); err != nil {
		return fmt.Errorf("mark archive: %w", err)
	}
	return nil
}

// Discard removes the file of this name, whole or half written, if the database that
// speaks of it has made it: not what is older than that database's first request, what
// another database has finished, a link, or what a Save of this Vault is writing. gone
// reports that nothing of the name is left; a file that stays is no error.
func (v *Vault) Discard(name string, f dsr.ArchiveFile, since time.Time) (gone bool, err error) {
	path, err := v.path(name)
	if err != nil {
		return false, err
	}
	if err := v.InPlace(); err != nil {
		return false, err // in another folder everything looks gone
	}
	gone = true
	for _, file := range []string{path, filepath.Join(v.dir, tempPrefix+name)} {
		done, err := v.discardFile(file, f, since)
		if err != nil {
			return false, fmt.Errorf("discard archive: %w", err)
		}
		gone = gone && done
	}
	return gone, durable.SyncDir(v.dir)
}

func (v *Vault) discardFile(path string, f dsr.ArchiveFile, since time.Time) (gone bool, err error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil || !made(info, f, since) || v.busy(info.Name()) {
		return false, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return true, nil
}

// made reports whether a file that the database names can be the one it means.
func made(info fs.FileInfo, f dsr.ArchiveFile, since time.Time) bool {
	return info.Mode().IsRegular() && !info.ModTime().Before(since.Add(-clockSlack)) &&
		(f.Finished || info.Mode().Perm() != finishedMode)
}

func (v *Vault) busy(file string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, busy := v.writing[file]
	return busy
}

// Survey is what lies in the folder, held against the database.
type Survey struct {
	Unknown int // files that the database has not made
	Missing int // archives in force that are not there
}

// Survey counts what does not agree with the database. Other folders do not count.
func (v *Vault) Survey(known dsr.ArchiveFiles) (s Survey, err error) {
	entries, err := os.ReadDir(v.dir)
	if err != nil {
		return s, fmt.Errorf("survey archives: %w", err)
	}
	here := map[string]bool{}
	for _, e := range entries {
		name, whole := strings.CutSuffix(e.Name(), suffix)
		if !whole {
			name = strings.TrimPrefix(e.Name(), tempPrefix)
		}
		f, named := known.States[name]
		here[name] = here[name] || whole
		info, err := e.Info()
		if err != nil || e.IsDir() || e.Name() == probeName || e.Name() == AcceptLoss {
			continue // it has gone meanwhile, or is none of our archives
		}
		if !named || !made(info, f, known.Since) {
			s.Unknown++
		}
	}
	for name, f := range known.States {
		if f.InForce && !here[name] {
			s.Missing++
		}
	}
	return s, nil
}

// Check returns nil when an archive could be written now.
func (v *Vault) Check() error {
	if err := v.InPlace(); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(v.dir, probeName), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return fmt.Errorf("archive folder is not writable: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // another process may be trying too
	_, err = f.Write(make([]byte, 4096))       // a full disk still makes empty files
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("archive folder is not writable: %w", err)
	}
	return nil
}
