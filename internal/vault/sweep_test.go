package vault_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/vault"
)

// TestDiscardTakesOnlyWhatTheDatabaseHasMade goes through what can lie under a name
// that the database has on record.
func TestDiscardTakesOnlyWhatTheDatabaseHasMade(t *testing.T) {
	t.Parallel()
	since := time.Now()
	for name, c := range map[string]struct {
		file   string
		mode   os.FileMode
		at     time.Time
		state  dsr.ArchiveFile
		stays  bool
		target string
	}{
		"whole":                         {file: "a.age", mode: 0o600, at: since},
		"half":                          {file: ".tmp-a", mode: 0o600, at: since},
		"finished by this database":     {file: "a.age", mode: 0o400, at: since, state: dsr.ArchiveFile{Finished: true}},
		"finished by a newer database":  {file: "a.age", mode: 0o400, at: since, stays: true},
		"older than the first request":  {file: "a.age", mode: 0o600, at: since.Add(-time.Hour), state: dsr.ArchiveFile{Finished: true}, stays: true},
		"half, older than the database": {file: ".tmp-a", mode: 0o600, at: since.Add(-time.Hour), stays: true},
		"another name":                  {file: "b.age", mode: 0o600, at: since, stays: true},
		"a link":                        {file: "a.age", target: "elsewhere", stays: true},
		"a link, half":                  {file: ".tmp-a", target: "elsewhere", stays: true},
		"a folder":                      {file: "a.age", mode: os.ModeDir, stays: true},
		"nothing":                       {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, dir, _ := openVault(t)
			path := filepath.Join(dir, c.file)
			switch {
			case c.file == "":
			case c.target != "":
				mustDo(t, os.WriteFile(filepath.Join(dir, c.target), []byte("precious"), 0o600), os.Symlink(filepath.Join(dir, c.target), path))
			case c.mode.IsDir():
				mustDo(t, os.Mkdir(path, 0o700))
			default:
				mustDo(t, os.WriteFile(path, []byte("x"), 0o600), os.Chmod(path, c.mode), os.Chtimes(path, c.at, c.at))
			}
			gone, err := v.Discard("a", c.state, since)
			if err != nil || gone == (c.stays && c.file != "b.age") {
				t.Errorf("gone: %v, %v", gone, err)
			}
			if _, err := os.Lstat(path); c.file != "" && (err == nil) != c.stays {
				t.Errorf("the file is there: %v, want %v", err == nil, c.stays)
			}
			if body, err := os.ReadFile(filepath.Join(dir, c.target)); c.target != "" && (err != nil || string(body) != "precious") {
				t.Errorf("what the link leads to: %q, %v", body, err)
			}
		})
	}
}

func mustDo(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestDiscardStaysInItsFolder(t *testing.T) {
	t.Parallel()
	v, dir, _ := openVault(t)
	outside := filepath.Join(filepath.Dir(dir), "b.age")
	mustDo(t, os.WriteFile(outside, []byte("precious"), 0o600))
	for _, name := range []string{"../b", "..", "", "a/../../b", outside} {
		if _, err := v.Discard(name, dsr.ArchiveFile{Finished: true}, time.Time{}); err == nil {
			t.Errorf("discarded %q", name)
		}
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}

func TestSurveyCountsWhatDoesNotAgree(t *testing.T) {
	t.Parallel()
	v, dir, identity := openVault(t)
	for _, name := range []string{"in-force", "replaced", "strange"} {
		saveInVault(t, v, name, identity, nil)
	}
	mustDo(t, os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600), os.Mkdir(filepath.Join(dir, "lost+found"), 0o700),
		os.WriteFile(filepath.Join(dir, vault.AcceptLoss), nil, 0o600), os.WriteFile(filepath.Join(dir, ".tmp-begun"), nil, 0o600))
	got, err := v.Survey(dsr.ArchiveFiles{States: map[string]dsr.ArchiveFile{
		"in-force": {Finished: true, InForce: true}, "replaced": {Finished: true}, "begun": {UnderWay: true}, "away": {Finished: true, InForce: true},
	}})
	if err != nil || got != (vault.Survey{Unknown: 2, Missing: 1}) {
		t.Errorf("got %+v, %v; want strange and notes.txt unknown, away missing", got, err)
	}
}

// TestAMarkedArchiveIsReadAndReplacedAsBefore: the mark is for sweeps alone.
func TestAMarkedArchiveIsReadAndReplacedAsBefore(t *testing.T) {
	t.Parallel()
	v, dir, identity := openVault(t)
	saveInVault(t, v, "a", identity, []byte("one"))
	mustDo(t, v.MarkFinished("a"))
	if got, err := readVault(v, "a", identity); err != nil || string(got) != "one" {
		t.Errorf("got %q, %v", got, err)
	}
	mustDo(t, v.Save(t.Context(), "a", identity, func(w io.Writer) error { _, err := io.WriteString(w, "two"); return err }), v.Remove("a"))
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("got %v", files)
	}
}

// TestRecogniseTakesTheFolderOfItsDatabase: the folder of another database, or none, is
// refused, and part of a loss is not.
func TestRecogniseTakesTheFolderOfItsDatabase(t *testing.T) {
	t.Parallel()
	since := time.Now()
	two := map[string]dsr.ArchiveFile{"a": {Finished: true, InForce: true}, "b": {Finished: true, InForce: true}}
	for name, c := range map[string]struct {
		files []string
		known dsr.ArchiveFiles
		says  string
	}{
		"nothing anywhere":                {nil, dsr.ArchiveFiles{}, ""},
		"both":                            {[]string{"a.age", "b.age"}, dsr.ArchiveFiles{States: two, Since: since}, ""},
		"one is lost":                     {[]string{"b.age"}, dsr.ArchiveFiles{States: two, Since: since}, ""},
		"both are lost":                   {[]string{"c.age"}, dsr.ArchiveFiles{States: two, Since: since}, "2 archives"},
		"both are lost and that is known": {[]string{vault.AcceptLoss}, dsr.ArchiveFiles{States: two, Since: since}, ""},
		"archives of another database":    {[]string{"a.age"}, dsr.ArchiveFiles{}, "never"},
		"no archives yet":                 {nil, dsr.ArchiveFiles{Since: since}, ""},
		"archives of a newer database":    {[]string{"c.age"}, dsr.ArchiveFiles{Since: since}, ""},
	} {
		dir := t.TempDir()
		for _, file := range c.files {
			mustDo(t, os.WriteFile(filepath.Join(dir, file), nil, 0o600))
		}
		err := vault.Recognise(dir, c.known)
		if (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
	}
	if err := vault.Recognise(filepath.Join(t.TempDir(), "away"), dsr.ArchiveFiles{States: two, Since: since}); err == nil {
		t.Error("a folder that is not there was taken")
	}
}
