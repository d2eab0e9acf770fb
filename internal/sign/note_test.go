package sign_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"dsr-server/internal/sign"
)

func TestCheckpointIsASignedNoteThatOthersCanRead(t *testing.T) {
	t.Parallel()
	s := signer(t)
	text := s.LogName() + "\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	signed, err := s.SignCheckpoint([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	key, err := s.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(key)
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil || n.Text != text || n.Sigs[0].Name != s.LogName() {
		t.Errorf("got %+v, %v", n, err)
	}
	if got, err := s.OpenCheckpoint(signed); err != nil || string(got) != text {
		t.Errorf("got %q, %v", got, err)
	}
	other, err := sign.LoadOrCreate(filepath.Join(t.TempDir(), "other"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.OpenCheckpoint(signed); err == nil {
		t.Error("another key opens the checkpoint")
	}
	if _, err := s.OpenCheckpoint([]byte(strings.Replace(string(signed), "\n7\n", "\n8\n", 1))); err == nil {
		t.Error("an altered checkpoint opens")
	}
}

func TestReceiptIsSignedForItsOwnPurpose(t *testing.T) {
	t.Parallel()
	s := signer(t)
	dir := t.TempDir()
	sig, err := s.SignReceipt([]byte(`{"version":1}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"allowed": s.AllowedSigner() + "\n", "sig": string(sig)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for namespace, good := range map[string]bool{sign.ReceiptNamespace: true, sign.Namespace: false, "file": false} {
		cmd := exec.Command(keygen(t), "-Y", "verify", "-f", "allowed", "-I", sign.Identity, "-n", namespace, "-s", "sig")
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(`{"version":1}`)
		if out, err := cmd.CombinedOutput(); (err == nil) != good {
			t.Errorf("%s: %v %s", namespace, err, out)
		}
	}
}
