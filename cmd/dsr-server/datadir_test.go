package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/fake/vendor"
)

// lived is a data folder with one ready request, its service stopped, and beside it
// the data folder of another installation that has served nobody.
func lived(t *testing.T) (h *harness, other string) {
	t.Helper()
	s := setup{earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}}
	h = build(t, vendor.Sample(), s)
	h.until(h.submit(`{"selectors":[{"metadata":{"key":"*","value":"ana@example.com"}}]}`), "ready")
	h.stop()
	stranger := build(t, vendor.Sample(), s)
	stranger.stop()
	return h, filepath.Join(stranger.dir, "data")
}

// killedBeforeACheckpoint is the data folder of a service that was killed when all it
// had stored was in the write-ahead log. It is made with SQLite alone, because when a
// service moves its log into the database depends on how fast it is.
func killedBeforeACheckpoint(t *testing.T) (dir string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dsr.db")
	db, err := sql.Open("sqlite3", "file:"+path+"?_journal_mode=WAL")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	for _, statement := range []string{`PRAGMA wal_autocheckpoint = 0`, `CREATE TABLE meta (name TEXT)`} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	left, err := os.ReadFile(path) // the log stays behind
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	put(t, filepath.Join(dir, "dsr.db"), string(left))
	return dir
}

// copied is the same harness once more: what is done to it does not show in the first.
func (h *harness) copied(t *testing.T) *harness {
	t.Helper()
	c := &harness{t: t, dir: t.TempDir(), vendor: h.vendor, log: &logBuffer{}}
	if err := os.CopyFS(c.dir, os.DirFS(h.dir)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return os.Chmod(path, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (h *harness) data(name string) string { return filepath.Join(h.dir, "data", name) }

// drop removes files of the data folder.
func (h *harness) drop(names ...string) {
	h.t.Helper()
	for _, name := range names {
		if err := os.RemoveAll(h.data(name)); err != nil {
			h.t.Fatal(err)
		}
	}
}

// take copies files of another data folder into this one's.
func (h *harness) take(from string, names ...string) {
	h.t.Helper()
	for _, name := range names {
		body, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			h.t.Fatal(err)
		}
		h.write(filepath.Join("data", name), string(body))
	}
}

// keepOnly removes everything else from the data folder.
func (h *harness) keepOnly(names ...string) {
	h.t.Helper()
	entries, err := os.ReadDir(h.data(""))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(names, e.Name()) {
			h.drop(e.Name())
		}
	}
}

// contents are the files of the data folder that matter, with what is in them.
func (h *harness) contents() map[string]string {
	h.t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(h.data(""), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".lock") || strings.HasSuffix(path, "-shm") {
			return err
		}
		body, err := os.ReadFile(path)
		found[strings.TrimPrefix(path, h.data("")+"/")] = string(body)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return found
}

// program runs the real one in a process of its own and returns how it ended and
// what it said. A service that has not ended by itself after a while has started.
func (h *harness) program(args ...string) (status int, said string) {
	h.t.Helper()
	self, err := os.Executable()
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(h.t.Context(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, append(args, "--config", filepath.Join(h.dir, "dsr.yaml"))...)
	cmd.Env, cmd.Stdin = []string{asProgram + "=1", "TMPDIR=" + h.t.TempDir()}, strings.NewReader("a long enough password\n")
	out, err := cmd.CombinedOutput()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		h.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// writers are the commands that open the store for writing.
var writers = map[string][]string{
	"serve": {"serve"}, "check": {"check"}, "migrate": {"migrate"}, "key rotate": {"key", "rotate"},
	"token": {"token", "list"}, "user": {"user", "add", "--role", "admin", "zoe"},
	"extract": {"extract", "--conversation-id", "x", "--out", filepath.Join(os.TempDir(), "never-written.zip")},
}

// TestWhatIsMissingFromTheDataFolderIsNamed goes through the states that a data folder
// can be in after a loss or a wrong restore. Nothing starts, nothing is changed, and
// the refusal says what to restore.
func TestWhatIsMissingFromTheDataFolderIsNamed(t *testing.T) {
	t.Parallel()
	was, other := lived(t)
	killed := killedBeforeACheckpoint(t)
	emptyOfRows := func(h *harness) {
		h.take(other, "dsr.db")
		h.exec(`DELETE FROM meta`)
	}
	for name, c := range map[string]struct {
		change func(h *harness)
		says   []string
	}{
		"no database":                    {func(h *harness) { h.drop("dsr.db") }, []string{"dsr.db is missing", "master.key", "signing.key", "1 archive", "restore dsr.db"}},
		"a database of zero bytes":       {func(h *harness) { h.write("data/dsr.db", "") }, []string{"dsr.db is empty", "master.key", "restore dsr.db"}},
		"a database without tables":      {func(h *harness) { h.write("data/dsr.db", ""); h.exec(`PRAGMA user_version = 1`) }, []string{"dsr.db", "restore dsr.db"}},
		"a database without its log":     {func(h *harness) { h.take(killed, "dsr.db") }, []string{"dsr.db-wal", "restore dsr.db"}},
		"a database without rows":        {emptyOfRows, []string{"dsr.db", "restore dsr.db"}},
		"no database but its log":        {func(h *harness) { h.keepOnly(); h.write("data/dsr.db-wal", "pages") }, []string{"dsr.db is missing", "dsr.db-wal", "restore dsr.db"}},
		"the master key alone":           {func(h *harness) { h.keepOnly("master.key") }, []string{"dsr.db is missing", "master.key"}},
		"the signing key alone":          {func(h *harness) { h.keepOnly("signing.key") }, []string{"dsr.db is missing", "signing.key"}},
		"archives alone":                 {func(h *harness) { h.keepOnly("archives") }, []string{"dsr.db is missing", "1 archive"}},
		"another database":               {func(h *harness) { h.take(other, "dsr.db") }, []string{"master.key", "dsr.db", "belong"}},
		"another master key":             {func(h *harness) { h.take(other, "master.key") }, []string{"master.key", "dsr.db", "belong"}},
		"another database and its key":   {func(h *harness) { h.take(other, "dsr.db", "master.key") }, []string{"dsr.db", "1 archive", "never"}},
		"archives of another database":   {func(h *harness) { h.take(other, "dsr.db", "master.key", "signing.key") }, []string{"dsr.db", "1 archive", "never"}},
		"no master key":                  {func(h *harness) { h.drop("master.key") }, []string{"master.key is missing", "restore"}},
		"no signing key":                 {func(h *harness) { h.drop("signing.key") }, []string{"signing.key is missing", "restore", "key rotate --signing"}},
		"no signing key, none on record": {func(h *harness) { h.drop("signing.key"); h.exec(`DELETE FROM meta WHERE name = 'signing_key'`) }, []string{"signing.key is missing", "restore"}},
		"another signing key":            {func(h *harness) { h.take(other, "signing.key") }, []string{"signing.key", "restore", "key rotate --signing"}},
		"no archive folder":              {func(h *harness) { h.drop("archives") }, []string{"archives", "1 archive", "restore"}},
		"an empty archive folder":        {func(h *harness) { h.drop("archives"); h.mkdir("archives") }, []string{"archives", "1 archive", "restore"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for command, args := range writers {
				h := was.copied(t)
				c.change(h)
				before := h.contents()
				status, said := h.program(args...)
				if status != 1 {
					t.Errorf("%s ends with %d: %s", command, status, said)
				}
				for _, want := range c.says {
					if !strings.Contains(said, want) {
						t.Errorf("%s does not say %q: %s", command, want, said)
					}
				}
				h.wantContents(command, before)
			}
		})
	}
}

func (h *harness) mkdir(name string) {
	h.t.Helper()
	if err := os.Mkdir(h.data(name), 0o700); err != nil {
		h.t.Fatal(err)
	}
}

// wantContents holds when the files are those that were there before, to the byte.
func (h *harness) wantContents(command string, before map[string]string) {
	h.t.Helper()
	after := h.contents()
	_, database := before["dsr.db"]
	for name, body := range before {
		if name == "dsr.db-wal" && database {
			continue // whoever closes the database last writes it back
		}
		if now, there := after[name]; !there || !strings.HasPrefix(name, "dsr.db") && now != body {
			h.t.Errorf("%s has changed %s (there: %v)", command, name, there)
		}
	}
	for name := range after {
		if _, there := before[name]; !there && !strings.HasSuffix(name, "-wal") {
			h.t.Errorf("%s has made %s", command, name)
		}
	}
}

// TestAFirstStartNeedsNothing: what a start may find when nothing is lost, a first
// start that was killed among it.
func TestAFirstStartNeedsNothing(t *testing.T) {
	t.Parallel()
	was, other := lived(t)
	for name, change := range map[string]func(h *harness){
		"no folder":               func(h *harness) { h.drop("") },
		"an empty folder":         func(h *harness) { h.keepOnly() },
		"an empty archive folder": func(h *harness) { h.keepOnly(); h.mkdir("archives") },
		"locks alone":             func(h *harness) { h.keepOnly("serve.lock", "store.lock") },
		"killed before its schema": func(h *harness) {
			h.keepOnly()
			h.write("data/dsr.db", "")
		},
		"killed before its key": func(h *harness) {
			h.keepOnly()
			h.take(other, "dsr.db")
			h.exec(`DELETE FROM meta`)
		},
		"killed after its key": func(h *harness) {
			h.keepOnly()
			h.take(other, "dsr.db", "master.key")
			h.exec(`DELETE FROM meta`)
			h.exec(`INSERT INTO meta (name, value) VALUES ('first_start', x'')`)
		},
		"killed before its signing key": func(h *harness) {
			h.keepOnly()
			h.take(other, "dsr.db", "master.key")
			h.exec(`DELETE FROM meta WHERE name = 'signing_key'`)
		},
		"used by an older program": func(h *harness) { h.exec(`DELETE FROM meta WHERE name = 'signing_key'`) },
		"nothing is lost":          func(*harness) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, command := range []string{"migrate", "key public"} {
				h := was.copied(t)
				change(h)
				if status, said := h.program(strings.Fields(command)...); status != 0 {
					t.Errorf("%s ends with %d: %s", command, status, said)
				}
				h.start(setup{})
				h.stop()
				if strings.Contains(h.log.String(), "first start") {
					t.Error("the start after the first is logged as the first")
				}
			}
		})
	}
}

// TestALossThatIsKnownCanBeLivedWith: each refusal that a restore cannot mend names a
// way on.
func TestALossThatIsKnownCanBeLivedWith(t *testing.T) {
	t.Parallel()
	was, other := lived(t)
	t.Run("a signing key that is lost", func(t *testing.T) {
		t.Parallel()
		h := was.copied(t)
		h.drop("signing.key")
		h.wantRotated(0)
	})
	t.Run("a signing key of one's own", func(t *testing.T) {
		t.Parallel()
		h := was.copied(t)
		h.take(other, "signing.key")
		h.wantRotated(0)
		want, err := os.ReadFile(filepath.Join(other, "signing.key"))
		if got, _ := os.ReadFile(h.data("signing.key")); err != nil || !bytes.Equal(got, want) {
			t.Errorf("the key that lay there was not taken over; %v", err)
		}
	})
	t.Run("a new signing key", func(t *testing.T) {
		t.Parallel()
		h := was.copied(t)
		h.wantRotated(1)
	})
	t.Run("archives that are lost", func(t *testing.T) {
		t.Parallel()
		h := was.copied(t)
		h.drop("archives")
		h.mkdir("archives")
		h.write("data/archives/accept-loss", "")
		h.start(setup{})
		if text := string(h.do("GET", "/metrics", "", 200).raw); !strings.Contains(text, "dsr_archives_missing 1") {
			t.Errorf("the figures do not show that an archive is missing")
		}
		h.stop()
		if status, said := h.program("check"); status != 1 || !strings.Contains(said, "1 archive named in the database") {
			t.Errorf("check ends with %d: %s", status, said)
		}
	})
}

// wantRotated rotates the signing key, wants so many old ones beside it, and starts.
func (h *harness) wantRotated(kept int) {
	h.t.Helper()
	if status, said := h.program("key", "rotate", "--signing"); status != 0 {
		h.t.Fatalf("key rotate --signing ends with %d: %s", status, said)
	}
	old, err := filepath.Glob(h.data("signing.key.old-*"))
	if err != nil || len(old) != kept {
		h.t.Errorf("got %v beside the signing key, want %d; %v", old, kept, err)
	}
	h.start(setup{})
}

// backup copies the database as the runbook says.
func (h *harness) backup() (path string) {
	h.t.Helper()
	path = filepath.Join(h.t.TempDir(), "dsr.db")
	db := h.database()
	if _, err := db.ExecContext(h.t.Context(), `VACUUM INTO ?`, path); err != nil {
		h.t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		h.t.Fatal(err)
	}
	return path
}

// restore puts the database of a backup in the place of what is there.
func (h *harness) restore(path string, changes ...string) {
	h.t.Helper()
	h.drop("dsr.db-wal", "dsr.db-shm")
	h.take(filepath.Dir(path), "dsr.db")
	for _, change := range changes {
		h.exec(change)
	}
}
