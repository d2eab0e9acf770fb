package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// backupAgain is how long it takes until a backup is tried again that failed, at most.
const backupAgain = 15 * time.Minute

// backupNames are the names of backups that the service makes by itself, the oldest first in
// order of the alphabet.
var backupNames = regexp.MustCompile(`^dsr-(\d{8}T\d{6}Z)(\.tar\.age)?$`)

const backupTime = "20060102T150405Z"

// backUp makes backups as configured, until ctx ends. One that fails is logged and tried again.
func (p *Program) backUp(ctx context.Context) error {
	b := p.Config.Backups
	if b.Folder == "" {
		return nil
	}
	for {
		wait, err := p.backUpIfDue(ctx)
		if err != nil && ctx.Err() == nil {
			p.env.Log.ErrorContext(ctx, "no backup was made", slog.Any("err", err))
			wait = min(b.Every, backupAgain)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// backUpIfDue makes a backup unless the newest is younger than configured, and deletes those
// beyond the number to keep. It returns how long it is until the next.
func (p *Program) backUpIfDue(ctx context.Context) (wait time.Duration, err error) {
	b := p.Config.Backups
	if err := os.MkdirAll(b.Folder, 0o700); err != nil {
		return 0, fmt.Errorf("backups.folder: %w", err)
	}
	made, err := backupsIn(b.Folder)
	if err != nil {
		return 0, err
	}
	if next := newestBackup(made).Add(b.Every); next.After(p.now()) {
		return next.Sub(p.now()), nil
	}
	name := "dsr-" + p.now().UTC().Format(backupTime)
	if b.AgeRecipients() != nil {
		name += ".tar.age"
	}
	m, err := p.Backup(ctx, filepath.Join(b.Folder, name), false, b.AgeRecipients())
	if err != nil {
		return 0, err
	}
	p.env.Log.InfoContext(ctx, "backup made", slog.String("name", name), slog.Int("files", len(m.Files)))
	return b.Every, keepNewest(b.Folder, append(made, name), b.Keep)
}

// backupsIn lists the backups in a folder, the oldest first. Other files are nobody's business here.
func backupsIn(folder string) (names []string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("backups.folder: %w", err)
	}
	for _, e := range entries {
		if backupNames.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// newestBackup is when the newest was made; zero without one.
func newestBackup(names []string) time.Time {
	if len(names) == 0 {
		return time.Time{}
	}
	parts := backupNames.FindStringSubmatch(names[len(names)-1])
	t, err := time.Parse(backupTime, parts[1])
	if err != nil {
		return time.Time{} // no moment that there is: the next is due
	}
	return t
}

func keepNewest(folder string, names []string, keep int) error {
	for _, name := range names[:max(len(names)-keep, 0)] {
		if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
			return fmt.Errorf("delete an old backup: %w", err)
		}
	}
	return nil
}
