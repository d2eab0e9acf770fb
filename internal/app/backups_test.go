package app

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"dsr-server/internal/config"
)

// TestBackupsAreMadeInTime, the newest are kept, and nothing else in the folder is touched.
func TestBackupsAreMadeInTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	cfg := &config.Config{DataDir: filepath.Join(t.TempDir(), "data"), Backups: config.Backups{Folder: filepath.Join(t.TempDir(), "backups"), Every: time.Hour, Keep: 2}}
	p, err := newProgram(cfg, Env{Now: func() time.Time { return now }}).prepared(t.Context(), (*Program).openData)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := os.MkdirAll(cfg.Backups.Folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cfg.Backups.Folder, "dsr-mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ passes, wait time.Duration }{{0, time.Hour}, {50 * time.Minute, 10 * time.Minute}, {10 * time.Minute, time.Hour}, {5 * time.Hour, time.Hour}} {
		now = now.Add(step.passes)
		if wait, err := p.backUpIfDue(t.Context()); err != nil || wait != step.wait {
			t.Errorf("%s: the next in %v, %v; want %v", now, wait, err, step.wait)
		}
	}
	if want := []string{"dsr-20260301T030000Z", "dsr-20260301T080000Z", "dsr-mine"}; !slices.Equal(namesIn(t, cfg.Backups.Folder), want) {
		t.Errorf("the folder holds %q, want %q", namesIn(t, cfg.Backups.Folder), want)
	}
	if err := TryBackup(t.Context(), cfg, filepath.Join(cfg.Backups.Folder, "dsr-20260301T080000Z"), filepath.Join(cfg.DataDir, "master.key")); err != nil {
		t.Error(err)
	}
}

// TestABackupThatFailsIsTriedAgain, and a stop ends the waiting.
func TestABackupThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p := newProgram(&config.Config{Backups: config.Backups{Folder: folder, Every: time.Hour, Keep: 1}}, Env{})
	if _, err := p.backUpIfDue(t.Context()); err == nil {
		t.Error("a backup into a file")
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := p.backUp(ctx); err != nil {
		t.Error(err)
	}
}

func namesIn(t *testing.T, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
