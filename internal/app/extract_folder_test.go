package app

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dsr-server/internal/config"
)

// TestOnlyWhatNobodyHoldsIsDeleted: folders of extractions that were killed, and no others.
func TestOnlyWhatNobodyHoldsIsDeleted(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	alive, err := newExtractFolder(data)
	if err != nil {
		t.Fatal(err)
	}
	killed := filepath.Join(data, extractPrefix+"killed")
	for _, err := range []error{
		os.Mkdir(killed, 0o700), os.WriteFile(filepath.Join(killed, "dsr.db"), nil, 0o600),
		os.Mkdir(filepath.Join(data, "archives"), 0o700), os.Symlink(t.TempDir(), filepath.Join(data, extractPrefix+"link")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := newProgram(&config.Config{DataDir: data}, Env{}).deleteLeftExtractions(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(data)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	want := []string{"archives", filepath.Base(alive.path), extractPrefix + "link", "extract.lock"}
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("there are %v, want %v", names, want)
	}
	if err := alive.remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(alive.path); err == nil {
		t.Error("the folder is still there")
	}
}

// TestAFolderThatAnotherHoldsIsNotOurs: whoever holds it may delete it.
func TestAFolderThatAnotherHoldsIsNotOurs(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	other := heldFile(path)
	if held, err := other.TryLock(); err != nil || !held {
		t.Fatalf("got %v, %v", held, err)
	}
	defer func() { _ = other.Close() }()
	f := &extractFolder{path: path, held: heldFile(path)}
	if err := f.hold(); err == nil || !strings.Contains(err.Error(), "another process has locked") {
		t.Errorf("got %v", err)
	}
}
