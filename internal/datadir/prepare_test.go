package datadir_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dsr-server/internal/datadir"
)

// folder makes a data folder with this mode and these entries; one that ends in @ is a link
// to a folder elsewhere.
func folder(t *testing.T, mode os.FileMode, entries ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range entries {
		var err error
		if link, isLink := strings.CutSuffix(name, "@"); isLink {
			err = os.Symlink(t.TempDir(), filepath.Join(dir, link))
		} else {
			err = os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, mode); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDataFolderIsOursAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode      os.FileMode
		entries   []string
		refused   string
		tightened bool
	}{
		"empty and ours":                {mode: 0o700},
		"as mkdir makes it":             {mode: 0o755, tightened: true},
		"a volume's root":               {mode: 0o755, entries: []string{"lost+found"}, tightened: true},
		"readable by the group":         {mode: 0o750, tightened: true},
		"writable by the group":         {mode: 0o770, tightened: true},
		"a volume with a group":         {mode: 0o775 | os.ModeSetgid, entries: []string{"lost+found"}, tightened: true},
		"writable by all":               {mode: 0o777, tightened: true},
		"shared, as /tmp is":            {mode: 0o777 | os.ModeSticky, refused: "others may change"},
		"with data, changed by a group": {mode: 0o775 | os.ModeSetgid, entries: []string{"dsr.db"}, refused: "others may change"},
		"with data, changed by all":     {mode: 0o777, entries: []string{"notes.txt"}, refused: "others may change"},
		"with data, ours":               {mode: 0o700, entries: []string{"dsr.db", "master.key@", "signing.key@"}},
		"with data, entered by others":  {mode: 0o711, entries: []string{"dsr.db"}, refused: "it holds data: run: chmod 700"},
		"with data, read by others":     {mode: 0o755, entries: []string{"master.key"}, refused: "it holds data: run: chmod 700"},
		"archives elsewhere":            {mode: 0o700, entries: []string{"archives@"}, refused: "archives is a link"},
		"database elsewhere":            {mode: 0o700, entries: []string{"dsr.db@"}, refused: "dsr.db is a link"},
		"log elsewhere":                 {mode: 0o700, entries: []string{"dsr.db-wal@"}, refused: "dsr.db-wal is a link"},
		"lock elsewhere":                {mode: 0o700, entries: []string{"serve.lock@"}, refused: "serve.lock is a link"},
		"reserve elsewhere":             {mode: 0o700, entries: []string{"reserve@"}, refused: "reserve is a link"},
		"lock of extract elsewhere":     {mode: 0o700, entries: []string{"extract.lock@"}, refused: "extract.lock is a link"},
	} {
		dir := folder(t, c.mode, c.entries...)
		tightened, err := datadir.Prepare(dir)
		if (err == nil) != (c.refused == "") || err != nil && !strings.Contains(err.Error(), c.refused) || tightened != c.tightened {
			t.Errorf("%s: got %v, %v", name, tightened, err)
		}
		if info, statErr := os.Stat(dir); statErr != nil || err == nil && info.Mode().Perm() != 0o700 || err != nil && info.Mode().Perm() != c.mode.Perm() {
			t.Errorf("%s: the mode is %v (%v)", name, info.Mode(), statErr)
		}
	}
}

// TestAnotherUsersFolderStaysOpen: whoever owns it could open it again.
func TestAnotherUsersFolderStaysOpen(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	dir := folder(t, 0o775)
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if tightened, err := datadir.Prepare(dir); err == nil || tightened || !strings.Contains(err.Error(), "belongs to another user") {
		t.Errorf("got %v, %v", tightened, err)
	}
}

func TestMissingDataFolderIsMadeForUsAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "data")
	if tightened, err := datadir.Prepare(dir); err != nil || tightened {
		t.Fatalf("got %v, %v", tightened, err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("got %v, %v", info, err)
	}
}

// TestDataFolderMayBeReachedByALink: where the folder is is the operator's choice.
func TestDataFolderMayBeReachedByALink(t *testing.T) {
	t.Parallel()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(folder(t, 0o700, "dsr.db"), link); err != nil {
		t.Fatal(err)
	}
	if _, err := datadir.Prepare(link); err != nil {
		t.Error(err)
	}
}
