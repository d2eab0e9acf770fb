package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"dsr-server/internal/fake/vendor"
)

// ready is a house with a request that is ready and, where it serves, others under way.
func ready(t *testing.T) (h *harness, id string) {
	t.Helper()
	h = open(t, vendor.Sample(), setup{earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
	id = h.submit(ofAna.body())
	h.until(id, "ready")
	return h, id
}

// restored begins anew with a backup: another folder, into which it is put.
func (h *harness) restored(from string, flags ...string) ran {
	h.t.Helper()
	if err := os.RemoveAll(h.data("")); err != nil {
		h.t.Fatal(err)
	}
	return h.runs(append([]string{"restore", "--config", "dsr.yaml", "--from", from}, flags...)...)
}

// TestABackupIsRestored after twenty kills in the middle of making one, while the service
// works: the archive is the one that was handed out, and the audit log is whole.
func TestABackupIsRestored(t *testing.T) {
	t.Parallel()
	h, id := ready(t)
	archive := h.call("GET", "/api/v1/requests/"+id+"/archive", "").raw
	if err := os.Rename(h.data("master.key"), filepath.Join(h.dir, "kept.key")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(h.dir, "kept.key"), h.data("master.key")); err != nil { // as docs/runbook.md has it
		t.Fatal(err)
	}
	begun := time.Now()
	if r := h.runs("backup", "--config", "dsr.yaml", "--out", "first"); r.status != 0 || !strings.Contains(r.stdout, "not in it: master.key") {
		t.Fatalf("status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
	took := time.Since(begun)
	for i := range 20 {
		h.submit(fmt.Sprintf(`{"selectors":[{"metadata":{"value":"nobody-%d@example.com"}}]}`, i))
		h.killedWithin(took, "backup", "--config", "dsr.yaml", "--out", "backup")
		if _, err := os.Stat(filepath.Join(h.dir, "backup")); err == nil { // it was quicker
			h.removes("backup")
		}
	}
	if r := h.runs("backup", "--config", "dsr.yaml", "--out", "backup"); r.status != 0 {
		t.Fatalf("status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
	for _, left := range []string{".backup.unfinished", ".backup.unfinished.lock", "backup/master.key"} {
		if _, err := os.Stat(filepath.Join(h.dir, left)); err == nil {
			t.Errorf("%s is there", left)
		}
	}
	h.stop()
	if r := h.runs("check", "--config", "dsr.yaml", "--backup", "backup", "--master-key", "kept.key"); r.status != 0 || !strings.Contains(r.stdout, "restored for a try") {
		t.Errorf("check: status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
	if r := h.restored("backup"); r.status != 0 || !strings.Contains(r.stdout, "master.key") {
		t.Fatalf("status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
	key, err := os.ReadFile(filepath.Join(h.dir, "kept.key"))
	if err != nil {
		t.Fatal(err)
	}
	h.write("data/master.key", string(key))
	if r := h.runs("audit", "verify", "--config", "dsr.yaml"); r.status != 0 {
		t.Errorf("audit verify: status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
	h.start(setup{})
	if again := h.call("GET", "/api/v1/requests/"+id+"/archive", "").raw; !bytes.Equal(again, archive) || len(again) == 0 {
		t.Errorf("the archive has %d bytes, and had %d", len(again), len(archive))
	}
	for _, other := range h.listAllIDs() {
		h.until(other, "ready")
	}
}

// killedWithin runs a command and kills it before so much time has passed.
func (h *harness) killedWithin(d time.Duration, args ...string) {
	h.t.Helper()
	cmd := h.command(args...)
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	timer := time.AfterFunc(rand.N(d), func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	_ = cmd.Wait() // killed, or quicker
}

func (h *harness) removes(name string) {
	h.t.Helper()
	if err := os.RemoveAll(filepath.Join(h.dir, name)); err != nil {
		h.t.Fatal(err)
	}
}

// TestAnEncryptedBackupIsOneFile that its recipient alone restores.
func TestAnEncryptedBackupIsOneFile(t *testing.T) {
	t.Parallel()
	h, id := ready(t)
	mine, other := newIdentity(t), newIdentity(t)
	h.write("mine.txt", mine.String()+"\n")
	h.write("other.txt", other.String()+"\n")
	if r := h.runs("backup", "--config", "dsr.yaml", "--out", "b.age", "--with-master-key", "--recipient", mine.Recipient().String()); r.status != 0 || strings.Contains(r.stdout, "not in it") {
		t.Fatalf("status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
	h.stop()
	if body, err := os.ReadFile(filepath.Join(h.dir, "b.age")); err != nil || !bytes.HasPrefix(body, []byte("age-encryption.org/v1")) || bytes.Contains(body, []byte("SQLite format")) {
		t.Errorf("it begins with %.30q, %v", body, err)
	}
	if r := h.restored("b.age", "--identity", "other.txt"); r.status != 1 || !strings.Contains(r.stderr, "cannot be opened with this identity") {
		t.Errorf("another identity: status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
	if r := h.restored("b.age"); r.status != 1 || !strings.Contains(r.stderr, "--identity") {
		t.Errorf("no identity: status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
	if r := h.restored("b.age", "--identity", "mine.txt"); r.status != 0 || !strings.Contains(r.stdout, "are whole") {
		t.Fatalf("status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
	h.start(setup{})
	h.until(id, "ready")
	h.download(id)
}

func newIdentity(t *testing.T) *age.X25519Identity {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

// TestNothingIsRestoredThatIsNotAsItWasWritten, and nothing over what is there.
func TestNothingIsRestoredThatIsNotAsItWasWritten(t *testing.T) {
	t.Parallel()
	h, _ := ready(t)
	if r := h.runs("backup", "--config", "dsr.yaml", "--out", "b", "--with-master-key"); r.status != 0 {
		t.Fatalf("status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
	if r := h.runs("backup", "--config", "dsr.yaml", "--out", "b"); r.status != 1 || !strings.Contains(r.stderr, "exists") {
		t.Errorf("a second one to the same place: status %d\n%s", r.status, r.stderr)
	}
	h.stop()
	before := h.contents()
	if r := h.runs("restore", "--config", "dsr.yaml", "--from", "b"); r.status != 1 || !strings.Contains(r.stderr, "is not empty") {
		t.Errorf("into a folder in use: status %d\n%s", r.status, r.stderr)
	}
	h.wantContents("restore", before)
	archives, err := filepath.Glob(filepath.Join(h.dir, "b", "archives", "*"))
	if err != nil || len(archives) != 1 {
		t.Fatalf("%d archives, %v", len(archives), err)
	}
	for name, c := range map[string]struct {
		change func(path string) error
		file   string
		says   string
	}{
		"a changed database":  {func(path string) error { return flipByte(path, 5000) }, "b/dsr.db", "dsr.db is not as it was written"},
		"a cut archive":       {func(path string) error { return os.Truncate(path, 10) }, "b/archives/" + filepath.Base(archives[0]), "is not as it was written"},
		"an archive too many": {func(path string) error { return os.WriteFile(path, []byte("x"), 0o600) }, "b/archives/x.age", "is not part of the backup"},
		"no signing key":      {os.Remove, "b/signing.key", "signing.key is missing"},
		"no manifest":         {os.Remove, "b/backup.json", "is no backup"},
	} {
		whole := filepath.Join(t.TempDir(), "whole")
		if err := os.CopyFS(whole, os.DirFS(filepath.Join(h.dir, "b"))); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(h.dir, c.file)
		_ = os.Chmod(path, 0o600) // finished archives are read-only
		if err := c.change(path); err != nil {
			t.Fatal(err)
		}
		if r := h.restored("b"); r.status != 1 || !strings.Contains(r.stderr, c.says) {
			t.Errorf("%s: status %d\n%s%s", name, r.status, r.stdout, r.stderr)
		}
		if there, _ := os.ReadDir(h.data("")); len(there) > 0 {
			t.Errorf("%s: %d files were restored", name, len(there))
		}
		h.removes("b")
		if err := os.CopyFS(filepath.Join(h.dir, "b"), os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
	}
	if r := h.restored("b"); r.status != 0 {
		t.Errorf("the whole one: status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
}

func flipByte(path string, at int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, at); err != nil {
		return err
	}
	b[0] ^= 1
	_, err = f.WriteAt(b, at)
	return err
}
