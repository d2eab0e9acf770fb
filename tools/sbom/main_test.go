package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program builds a small one of this module.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "dsr-server/tools/gensample").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

func TestTheBillIsWhatIsLinked(t *testing.T) {
	t.Parallel()
	path := program(t)
	var first, again bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &again} {
		if err := run(out, []string{path}); err != nil {
			t.Fatal(err)
		}
	}
	if first.String() != again.String() {
		t.Error("the same program gives two bills")
	}
	var b bill
	if err := json.Unmarshal(first.Bytes(), &b); err != nil {
		t.Fatal(err)
	}
	if b.Format != "CycloneDX" || b.Metadata.Component.Name != "dsr-server" || b.Metadata.Component.Type != "application" || b.Components[0].Name != "std" {
		t.Errorf("got %+v", b)
	}
	listed, err := exec.CommandContext(t.Context(), "go", "version", "-m", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := 0
	for line := range strings.Lines(string(listed)) {
		if f := strings.Fields(line); len(f) >= 3 && f[0] == "dep" {
			deps++
			if !strings.Contains(first.String(), `"pkg:golang/`+f[1]+"@"+f[2]+`"`) {
				t.Errorf("%s is not in the bill", f[1])
			}
		}
	}
	if deps != len(b.Components)-1 {
		t.Errorf("%d modules, %d of them in the bill", deps, len(b.Components)-1)
	}
}

func TestWhatIsNoProgramHasNoBill(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"a", "b"}, {"main.go"}, {"missing"}} {
		if err := run(&bytes.Buffer{}, args); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}

// TestAnUncheckedProgramIsNotCalledSafe: a database out of reach is said and no failure, a
// hole and any other fault are failures.
func TestAnUncheckedProgramIsNotCalledSafe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		status int
		says   string
	}{
		"no hole":      {"echo 'No vulnerabilities found.'", 0, "No vulnerabilities found."},
		"a hole":       {"echo 'Vulnerability #1'; exit 3", 3, "Vulnerability #1"},
		"no database":  {"echo 'govulncheck: fetching vulnerabilities: Get: no such host' >&2; exit 1", 0, "NOT CHECKED for known holes"},
		"does not run": {"echo 'cannot load packages' >&2; exit 1", 1, "cannot load packages"},
	} {
		stub := filepath.Join(t.TempDir(), "govulncheck")
		if err := os.WriteFile(stub, []byte("#!/bin/sh\n"+c.script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "../vuln", stub)
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != c.status || !strings.Contains(string(out), c.says) {
			t.Errorf("%s: ends with %d and says %q", name, got, out)
		}
	}
}
