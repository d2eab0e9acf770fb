package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dsr-server/internal/fake/vendor"
)

// TestExtractKilled: what is left behind can be read by nobody, and the next one deletes it.
func TestExtractKilled(t *testing.T) {
	t.Parallel()
	g := &gate{}
	h := extractHouse(t, vendor.Options{RateWindow: vendor.Off, OnCall: g.onCall})
	reached, release := g.hold(t, 5)
	cmd := h.command("extract", "--config", "dsr.yaml", "--source", "bot", "--metadata", "email="+vendor.SampleEmail, "--out", "F.zip")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h.come("the call", reached)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	release()
	left := h.left()
	if len(left) == 0 {
		t.Fatal("there is no folder: nothing was shown")
	}
	for path, body := range left {
		if name := filepath.Base(path); name == "master.key" || name == "signing.key" {
			t.Errorf("a key was left: %s", path)
		}
		if bytes.Contains(body, []byte(vendor.SampleEmail)) {
			t.Errorf("%s holds what was searched for in clear", path)
		}
	}
	if stray, err := os.ReadDir(h.scratch()); err != nil || len(stray) > 0 {
		t.Errorf("left in the temporary folder: %v, %v", stray, err)
	}
	if hidden, _ := filepath.Glob(filepath.Join(h.dir, ".*")); len(hidden) > 0 {
		t.Errorf("left beside the archive: %v", hidden)
	}
	if r := h.runs("extract", "--config", "dsr.yaml", "--source", "old", "--metadata", "email=nobody@example.org", "--out", "G.zip"); r.status != 0 {
		t.Errorf("status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
	if left := h.left(); len(left) > 0 {
		t.Errorf("the next one has left %d files there", len(left))
	}
}

// left are the files of extractions in the data folder.
func (h *harness) left() map[string][]byte {
	h.t.Helper()
	found := map[string][]byte{}
	folders, err := filepath.Glob(h.data("extract-*"))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				found[path], err = os.ReadFile(path)
			}
			return err
		})
		if err != nil {
			h.t.Fatal(err)
		}
	}
	return found
}

// TestExtractTakesValuesThatNobodySees, and shows nothing of a file's name or of a record
// that could steer the terminal.
func TestExtractTakesValuesThatNobodySees(t *testing.T) {
	t.Parallel()
	h := extractHouse(t, vendor.Options{})
	const steering = "conversations-\x1b[2J\r\nthe search is complete\u009b.ndjson"
	h.write(filepath.Join("dump", steering), "{}")
	h.write(filepath.Join("dump", "conversations-9.ndjson"), `{"_id":"c-\u001b[31m\r","startTime":1744651778,"metadata":{"ot\u0007her":"zoe@example.org"}}`+"\n")
	cmd := h.command("extract", "--config", "dsr.yaml", "--source", "old", "--identifier-file", "-", "--metadata-file", "pairs", "--out", "F\x1b[1m.zip")
	h.write("pairs", "email=zoe@example.org\n")
	var out bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader("nobody@example.com\n"), &out, &out
	err := cmd.Run()
	if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != 3 {
		t.Errorf("got %v\n%s", err, &out)
	}
	for _, r := range out.String() {
		if r < 0x20 && r != '\n' || r >= 0x7f && r < 0xa0 {
			t.Errorf("a control character is shown: %q", out.String())
			break
		}
	}
	if !strings.Contains(out.String(), "c-\u241b[31m\u240d: ot\u2407her") || !strings.Contains(out.String(), "conversations-\\x1b") || strings.Contains(out.String(), "\nthe search is complete") {
		t.Errorf("the name of a file passes for a line of ours, or is not shown: %s", &out)
	}
}

func TestValuesOfFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	files := &valueFiles{stdin: strings.NewReader(" from  stdin \r\n")}
	got, err := files.values("identifier", []string{"given"}, []string{write("a", "\ufeffone\r\n\n  \ntwo"), "-"})
	if err != nil || strings.Join(got, "|") != "given|one|two| from  stdin " {
		t.Errorf("got %q, %v", got, err)
	}
	for name, want := range map[string]string{"-": "can be given once", write("empty", " \n"): "no value in it", write("large", strings.Repeat("x", maxValues+1)): "1 MiB", "nowhere": "no such file"} {
		if _, err := files.values("metadata", nil, []string{name}); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "--metadata-file: ") {
			t.Errorf("%.20s: got %v, want %q", filepath.Base(name), err, want)
		}
	}
}
