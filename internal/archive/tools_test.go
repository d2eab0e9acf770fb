package archive_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dsr-server/internal/archive"
)

// unzipped packages in, unpacks it with unzip and returns the folder.
func unzipped(t *testing.T, in archive.Input) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command(tool(t, "unzip"), "-q", "-d", dir, save(t, write(t, in))).CombinedOutput(); err != nil {
		t.Fatalf("unzip: %v\n%s", err, out)
	}
	return dir
}

func TestStockToolsOpenTheArchive(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{{"unzip", "-tq"}, {"7z", "t"}, {"python3", "-m", "zipfile", "-t"}} {
		t.Run(command[0], func(t *testing.T) {
			t.Parallel()
			path := save(t, write(t, sample(t)))
			out, err := exec.CommandContext(t.Context(), tool(t, command[0]), append(command[1:], path)...).CombinedOutput()
			if err != nil || bytes.Contains(bytes.ToLower(out), []byte("warning")) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestReadmeCommandsCheckTheArchive runs the very lines of README.txt.
func TestReadmeCommandsCheckTheArchive(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "de"} {
		in := sample(t)
		in.Request.Language = language
		dir := unzipped(t, in)
		if err := os.WriteFile(filepath.Join(dir, "allowed_signers"), []byte(in.Signer.AllowedSigner()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		readme, err := os.ReadFile(filepath.Join(dir, "README.txt"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"ssh-keygen", "jq"} {
			line := commandOf(t, string(readme), tool(t, name))
			if out, err := shell(t, dir, line); err != nil || name == "ssh-keygen" && !strings.HasPrefix(out, `Good "dsr-archive" signature for dsr-archive`) {
				t.Errorf("%s: %v\n%s", line, err, out)
			}
			spoil(t, filepath.Join(dir, map[string]string{"ssh-keygen": "manifest.json", "jq": "index.html"}[name]), func() {
				if out, err := shell(t, dir, line); err == nil {
					t.Errorf("%s: accepted a changed file\n%s", line, out)
				}
			})
		}
	}
}

// commandOf finds the line of README.txt that calls a program.
func commandOf(t *testing.T, readme, path string) string {
	t.Helper()
	for line := range strings.Lines(readme) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, filepath.Base(path)+" -") {
			return line
		}
	}
	t.Fatalf("README.txt does not call %s", path)
	return ""
}

func shell(t *testing.T, dir, line string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "sh", "-c", line)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// spoil changes a file by one byte while fn runs.
func spoil(t *testing.T, path string, fn func()) {
	t.Helper()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(whole)
	changed[len(changed)/2] ^= 1
	if err := os.WriteFile(path, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	fn()
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
}
