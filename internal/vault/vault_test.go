package vault_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/vault"
)

func openVault(t *testing.T) (*vault.Vault, string, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "archives")
	v, err := vault.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	identity, err := vault.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return v, dir, identity
}

// plain is a text over several of age's chunks in which each place is told apart.
func plain() []byte {
	b := make([]byte, 300_000)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte('a' + rnd.IntN(26))
	}
	return b
}

func saveInVault(t *testing.T, v *vault.Vault, name, identity string, b []byte) {
	t.Helper()
	err := v.Save(t.Context(), name, identity, func(w io.Writer) error { _, err := w.Write(b); return err })
	if err != nil {
		t.Fatal(err)
	}
}

func readVault(v *vault.Vault, name, identity string) ([]byte, error) {
	r, size, err := v.Open(name, identity)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	if err == nil && int64(len(b)) != size {
		err = errors.New("another size")
	}
	return b, errors.Join(err, r.Close())
}

func TestVaultGivesBackWhatWasSavedAndReplacesIt(t *testing.T) {
	t.Parallel()
	v, dir, identity := openVault(t)
	saveInVault(t, v, "a", identity, []byte("first"))
	saveInVault(t, v, "a", identity, plain())
	if got, err := readVault(v, "a", identity); err != nil || !bytes.Equal(got, plain()) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	for path, want := range map[string]fs.FileMode{dir: 0o700 | fs.ModeDir, filepath.Join(dir, "a.age"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: got %v, %v", path, info.Mode(), err)
		}
	}
}

func TestVaultPutsNoPlaintextOnDisk(t *testing.T) {
	t.Parallel()
	v, dir, identity := openVault(t)
	err := v.Save(t.Context(), "a", identity, func(w io.Writer) error {
		for range 1000 {
			if _, err := io.WriteString(w, "canary@example.com "+strings.Repeat("x", 500)); err != nil {
				return err
			}
		}
		assertNowhere(t, dir, "canary", identity) // also not while it is being written
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	assertNowhere(t, dir, "canary", identity)
}

func assertNowhere(t *testing.T, dir string, texts ...string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			if bytes.Contains(b, []byte(text)) {
				t.Errorf("%s holds %q in clear", f.Name(), text)
			}
		}
	}
}

func TestVaultRefusesAnotherIdentity(t *testing.T) {
	t.Parallel()
	v, _, identity := openVault(t)
	saveInVault(t, v, "a", identity, plain())
	other, err := vault.NewIdentity()
	if err != nil || other == identity {
		t.Fatalf("got %v", err)
	}
	if _, err := readVault(v, "a", other); err == nil {
		t.Error("another identity opened it")
	}
	_, err = readVault(v, "a", "AGE-SECRET-KEY-1CANARY")
	if err == nil || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("got %v", err)
	}
}

func TestVaultRefusesDamagedFiles(t *testing.T) {
	t.Parallel()
	v, dir, identity := openVault(t)
	saveInVault(t, v, "a", identity, plain())
	path := filepath.Join(dir, "a.age")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damage := map[string][]byte{"cut by one byte": whole[:len(whole)-1], "cut in a chunk": whole[:len(whole)/2], "empty": nil,
		"longer": append(bytes.Clone(whole), 0), "cut between chunks": whole[:len(whole)-len(whole)%(64<<10+16)]}
	for _, i := range []int{0, 30, 150, 300, len(whole) / 2, len(whole) - 1} {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 1
		damage["flipped "+string(rune('a'+i%26))] = flipped
	}
	for name, b := range damage {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readVault(v, "a", identity); err == nil {
			t.Errorf("%s: was read", name)
		}
	}
}

func TestVaultServesRanges(t *testing.T) {
	t.Parallel()
	v, _, identity := openVault(t)
	saveInVault(t, v, "a", identity, plain())
	r, size, err := v.Open("a", identity)
	if err != nil || size != int64(len(plain())) {
		t.Fatalf("size %d, %v", size, err)
	}
	defer func() { _ = r.Close() }()
	for _, c := range []struct {
		header     string
		code       int
		start, end int
	}{
		{"bytes=0-0", 206, 0, 1}, {"bytes=65530-65545", 206, 65530, 65546}, {"bytes=131072-", 206, 131072, len(plain())},
		{"bytes=-7", 206, len(plain()) - 7, len(plain())}, {"", 200, 0, len(plain())}, {"bytes=300000-", 416, 0, 0},
	} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		req.Header.Set("Range", c.header)
		res := httptest.NewRecorder()
		http.ServeContent(res, req, "a.zip", time.Time{}, r)
		if res.Code != c.code || c.code < 400 && !bytes.Equal(res.Body.Bytes(), plain()[c.start:c.end]) {
			t.Errorf("%s: got %d with %d bytes", c.header, res.Code, res.Body.Len())
		}
	}
}

func TestAbortedSaveLeavesTheOldArchiveAndNothingElse(t *testing.T) {
	t.Parallel()
	v, dir, identity := openVault(t)
	saveInVault(t, v, "a", identity, []byte("old"))
	broken := errors.New("broken")
	ctx, cancel := context.WithCancel(t.Context())
	for name, c := range map[string]struct {
		ctx   context.Context
		write func(io.Writer) error
		want  error
	}{
		"error": {t.Context(), func(w io.Writer) error { _, _ = w.Write(plain()); return broken }, broken},
		"end":   {ctx, func(w io.Writer) error { cancel(); _, err := w.Write(plain()); return err }, context.Canceled},
		"late":  {ctx, func(io.Writer) error { return nil }, context.Canceled},
	} {
		if name == "late" {
			cancel()
		}
		if err := v.Save(c.ctx, "a", identity, c.write); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	func() {
		defer func() { _ = recover() }()
		_ = v.Save(t.Context(), "a", identity, func(io.Writer) error { panic("in the middle") })
	}()
	if got, err := readVault(v, "a", identity); err != nil || string(got) != "old" {
		t.Errorf("got %q, %v", got, err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("%d files instead of one", len(files))
	}
}

func TestUnfinishedArchiveIsNotSeenUntilItIsWhole(t *testing.T) {
	t.Parallel()
	v, _, identity := openVault(t)
	err := v.Save(t.Context(), "a", identity, func(w io.Writer) error {
		if _, err := w.Write(plain()); err != nil {
			return err
		}
		if _, _, err := v.Open("a", identity); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("half an archive: got %v", err)
		}
		gone, err := v.Discard("a", dsr.ArchiveFile{}, time.Time{}) // must not take the file under way
		if gone {
			t.Error("the file under way is gone")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readVault(v, "a", identity); err != nil {
		t.Error(err)
	}
}

func TestRemoveMayRunTwice(t *testing.T) {
	t.Parallel()
	v, _, identity := openVault(t)
	saveInVault(t, v, "a", identity, nil)
	for range 2 {
		if err := v.Remove("a"); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := v.Open("a", identity); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestVaultNamesStayInItsFolder(t *testing.T) {
	t.Parallel()
	v, _, identity := openVault(t)
	for _, name := range []string{"", "..", "../a", "a/b", ".tmp-x", "a\x00", strings.Repeat("a", 129)} {
		if err := v.Save(t.Context(), name, identity, func(io.Writer) error { return nil }); err == nil {
			t.Errorf("saved as %q", name)
		}
		if _, _, err := v.Open(name, identity); err == nil {
			t.Errorf("opened %q", name)
		}
		if err := v.Remove(name); err == nil {
			t.Errorf("removed %q", name)
		}
	}
}

// TestLinksOutOfTheFolderAreNotFollowed: neither in the folder's place nor in an archive's.
func TestLinksOutOfTheFolderAreNotFollowed(t *testing.T) {
	t.Parallel()
	link := filepath.Join(t.TempDir(), "archives")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.Open(link); err == nil || !strings.Contains(err.Error(), "not a folder but a link") {
		t.Errorf("the folder is a link: got %v", err)
	}
	v, dir, identity := openVault(t)
	saveInVault(t, v, "a", identity, []byte("text"))
	elsewhere := filepath.Join(t.TempDir(), "a.age")
	for _, err := range []error{os.Rename(filepath.Join(dir, "a.age"), elsewhere), os.Symlink(elsewhere, filepath.Join(dir, "a.age"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := readVault(v, "a", identity); err == nil {
		t.Error("an archive that is a link was opened")
	}
}

func TestCheckTellsWhetherTheVaultIsWritable(t *testing.T) {
	t.Parallel()
	v, dir, _ := openVault(t)
	if err := v.Check(); err != nil {
		t.Error(err)
	}
	if files, _ := os.ReadDir(dir); len(files) > 0 {
		t.Errorf("it left %d files", len(files))
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := v.Check(); err == nil {
		t.Error("writable without a folder")
	}
}

func TestTheVaultTellsWhatItHolds(t *testing.T) {
	t.Parallel()
	v, dir, identity := openVault(t)
	size := int64(len(plain()))
	const name = "a"
	saveInVault(t, v, name, identity, plain())
	if !v.Holds(name, size) {
		t.Error("a whole archive is said to be lost")
	}
	if err := os.Truncate(filepath.Join(dir, name+".age"), size); err != nil {
		t.Fatal(err)
	}
	if v.Holds(name, size) || v.Holds("other", 0) || v.Holds("../"+name, 0) || v.Holds("", 0) {
		t.Error("an archive that is cut short, or is none, is said to be held")
	}
}
