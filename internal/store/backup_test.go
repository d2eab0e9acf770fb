package store

import (
	"os"
	"path/filepath"
	"testing"
)

// TestACopyIsMadeUnderAnyName: nothing in a path is taken for a setting of SQLite.
func TestACopyIsMadeUnderAnyName(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	path := filepath.Join(t.TempDir(), "why?mode=memory#1%41 é")
	if err := s.CopyTo(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	if names, err := s.FilesOf(t.Context(), path); err != nil || len(names) > 0 {
		t.Errorf("the copy of a new database names %q, %v", names, err)
	}
}
