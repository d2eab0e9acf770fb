package durable_test

import (
	"os"
	"path/filepath"
	"testing"

	"dsr-server/internal/durable"
)

func TestRenameReplacesAndRemoveMayRunTwice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	from, to := filepath.Join(dir, "new"), filepath.Join(dir, "key")
	for path, text := range map[string]string{from: "new", to: "old"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := durable.Rename(from, to); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(to); err != nil || string(text) != "new" {
		t.Errorf("got %q, %v", text, err)
	}
	for range 2 {
		if err := durable.Remove(to); err != nil {
			t.Error(err)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("got %v, %v, want an empty folder", files, err)
	}
}

func TestWhatCannotBeChangedIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"sync a folder that is missing": durable.SyncDir(filepath.Join(dir, "none")),
		"rename a file that is missing": durable.Rename(filepath.Join(dir, "none"), filepath.Join(dir, "other")),
		"remove a folder that is full":  durable.Remove(dir),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
