package seal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dsr-server/internal/seal"
)

func TestAValueOpensWithItsKeyInItsPlaceAlone(t *testing.T) {
	t.Parallel()
	k, at := seal.NewKey(), seal.At("records", "body", "1")
	sealed := k.Seal(at, []byte("secret"))
	if plain, err := k.Open(at, sealed); err != nil || string(plain) != "secret" {
		t.Errorf("got %q, %v", plain, err)
	}
	if bytes.Equal(sealed, k.Seal(at, []byte("secret"))) {
		t.Error("the same value sealed twice gives the same bytes")
	}
	for _, other := range []seal.Place{seal.At("notes", "body", "1"), seal.At("records", "why", "1"), seal.At("records", "body", "2")} {
		if _, err := k.Open(other, sealed); err == nil {
			t.Errorf("it opens in %v", other)
		}
	}
	if _, err := seal.NewKey().Open(at, sealed); err == nil {
		t.Error("it opens with another key")
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := k.Open(at, sealed); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("altered: got %v", err)
	}
}

func TestAPurgedKeyDoesNotUnwrap(t *testing.T) {
	t.Parallel()
	master, inner, at := seal.NewKey(), seal.NewKey(), seal.At("requests", "data_key", "1")
	if got, err := master.Unwrap(at, master.Wrap(at, inner)); err != nil || got != inner {
		t.Errorf("got another key, %v", err)
	}
	if _, err := master.Unwrap(at, nil); err == nil {
		t.Error("nothing unwraps to a key")
	}
}

func TestEqualValuesHaveEqualMACsForOnePurpose(t *testing.T) {
	t.Parallel()
	k := seal.NewKey()
	mac := k.MAC("record", []byte("a"))
	if !bytes.Equal(mac, k.MAC("record", []byte("a"))) {
		t.Error("equal values differ")
	}
	for name, other := range map[string][]byte{
		"value": k.MAC("record", []byte("b")), "purpose": k.MAC("conversation", []byte("a")), "key": seal.NewKey().MAC("record", []byte("a")),
	} {
		if bytes.Equal(mac, other) {
			t.Errorf("another %s has the same MAC", name)
		}
	}
}

func TestTheMasterKeyIsMadeOnceAndRefusedWhenOthersCanReadIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := seal.ReadMaster(dir, false); err == nil {
		t.Error("a missing key was read")
	}
	k, err := seal.ReadMaster(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := seal.ReadMaster(dir, true); err != nil || again != k {
		t.Errorf("got another key, %v", err)
	}
	path := filepath.Join(dir, seal.MasterFile)
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.ReadMaster(dir, false); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, seal.NextFile), []byte("not hex"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.SettleRotation(dir, k, func(seal.Key) bool { return false }); err == nil || !seal.Rotating(dir) {
		t.Errorf("no key fits: got %v", err)
	}
}

// TestARotationFollowsALink: the key lies on a volume of its own.
func TestARotationFollowsALink(t *testing.T) {
	t.Parallel()
	for name, committed := range map[string]bool{"undone": false, "finished": true} {
		dir, volume := filepath.Join(t.TempDir(), "linked"), t.TempDir()
		if err := os.Symlink(t.TempDir(), dir); err != nil { // so is the folder itself
			t.Fatal(err)
		}
		old, err := seal.ReadMaster(volume, true)
		if err != nil {
			t.Fatal(err)
		}
		link, target := filepath.Join(dir, seal.MasterFile), filepath.Join(volume, seal.MasterFile)
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
		next, err := seal.CreateNext(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target+".next", []byte("of an earlier try"), 0o600); err != nil {
			t.Fatal(err)
		}
		want := map[bool]seal.Key{false: old, true: next}[committed]
		got, err := seal.SettleRotation(dir, old, func(k seal.Key) bool { return k == want })
		if err != nil || got != want || seal.Rotating(dir) {
			t.Errorf("%s: %v", name, err)
		}
		if to, err := os.Readlink(link); err != nil || to != target {
			t.Errorf("%s: the link leads to %q, %v", name, to, err)
		}
		if k, err := seal.ReadMaster(volume, false); err != nil || k != want {
			t.Errorf("%s: the link's target holds another key: %v", name, err)
		}
	}
}

// TestASealedValueSaysItsVersion, and those from before versions open as well.
func TestASealedValueSaysItsVersion(t *testing.T) {
	t.Parallel()
	k, at := seal.NewKey(), seal.At("records", "body", "1")
	for _, plain := range [][]byte{[]byte("secret"), {}, bytes.Repeat([]byte("x"), 100_000)} {
		sealed := k.Seal(at, plain)
		if !bytes.HasPrefix(sealed, []byte("dsr1")) {
			t.Errorf("sealed values begin with %q", sealed[:4])
		}
		if got, err := k.Open(at, sealed); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("got %q, %v", got, err)
		}
		if got, err := k.Open(at, seal.SealUnversioned(k, at, plain)); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("of an older program: got %q, %v", got, err)
		}
		for i := range 4 {
			other := bytes.Clone(sealed)
			other[i] ^= 1
			if _, err := k.Open(at, other); err == nil {
				t.Errorf("with another byte %d it opens", i)
			}
		}
	}
	later := append([]byte("dsr2"), k.Seal(at, nil)[4:]...)
	if _, err := k.Open(at, later); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("of a later version: %v", err)
	}
	for _, short := range [][]byte{{}, []byte("d"), []byte("dsr1"), []byte("dsr1x")} {
		if _, err := k.Open(at, short); err == nil {
			t.Errorf("%q opens", short)
		}
	}
}

func TestARotationIsUndoneOrFinishedByTheKeyThatFits(t *testing.T) {
	t.Parallel()
	for name, committed := range map[string]bool{"before the commit": false, "after it": true} {
		dir := t.TempDir()
		old, err := seal.ReadMaster(dir, true)
		if err != nil {
			t.Fatal(err)
		}
		next, err := seal.CreateNext(dir)
		if err != nil {
			t.Fatal(err)
		}
		want := map[bool]seal.Key{false: old, true: next}[committed]
		got, err := seal.SettleRotation(dir, old, func(k seal.Key) bool { return k == want })
		if err != nil || got != want || seal.Rotating(dir) {
			t.Errorf("%s: another key is in force, or two files are left: %v", name, err)
		}
		if k, err := seal.ReadMaster(dir, false); err != nil || k != want {
			t.Errorf("%s: the file holds another key: %v", name, err)
		}
	}
}
