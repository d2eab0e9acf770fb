package sign_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"dsr-server/internal/sign"
)

func signer(t *testing.T) *sign.Signer {
	t.Helper()
	s, err := sign.LoadOrCreate(filepath.Join(t.TempDir(), "signing.key"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// keygen is the path of ssh-keygen, which reads what is signed here.
func keygen(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("ssh-keygen")
	if err != nil {
		if os.Getenv("DSR_TEST_REQUIRE") == "all" {
			t.Fatal("ssh-keygen is not installed, but DSR_TEST_REQUIRE=all")
		}
		t.Skip("ssh-keygen is not installed; it would check keys and signatures from outside")
	}
	return path
}

func TestSignerIsMadeOnceAndKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	lines := make([]string, 8)
	var wg sync.WaitGroup
	for i := range lines {
		wg.Go(func() {
			s, err := sign.LoadOrCreate(path)
			if err != nil {
				t.Error(err)
				return
			}
			lines[i] = s.AllowedSigner()
		})
	}
	wg.Wait()
	for _, line := range lines {
		if line != lines[0] || !strings.HasPrefix(line, `dsr-archive namespaces="dsr-archive,dsr-receipt,dsr-erasure" ssh-ed25519 AAAA`) {
			t.Errorf("got %q and %q", lines[0], line)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("got mode %v, %v", info.Mode(), err)
	}
	files, _ := os.ReadDir(filepath.Dir(path))
	if len(files) != 1 {
		t.Errorf("%d files are left behind", len(files)-1)
	}
}

func TestSignerRefusesKeysThatOthersCanReadOrThatAreNoneOfOurs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	if _, err := sign.LoadOrCreate(key); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o660} {
		if err := os.Chmod(key, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := sign.LoadOrCreate(key); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %v: got %v", mode, err)
		}
	}
	for name, args := range map[string][]string{"rsa": {"-t", "rsa", "-N", ""}, "passphrase": {"-t", "ed25519", "-N", "secret"}} {
		path := filepath.Join(dir, name)
		if out, err := exec.Command(keygen(t), append(args, "-q", "-f", path)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if _, err := sign.LoadOrCreate(path); err == nil {
			t.Errorf("%s: was accepted", name)
		}
	}
	broken := filepath.Join(dir, "broken")
	if err := os.WriteFile(broken, []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sign.LoadOrCreate(broken); err == nil || strings.Contains(err.Error(), "c2VjcmV0") {
		t.Errorf("broken: got %v", err)
	}
}

func TestSignatureIsDeterministic(t *testing.T) {
	t.Parallel()
	s := signer(t)
	a, err := s.Sign(strings.NewReader("manifest"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Sign(strings.NewReader("manifest"))
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("got two signatures, %v", err)
	}
}
