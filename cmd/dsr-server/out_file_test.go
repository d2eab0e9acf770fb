package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// finishedOut is a file for path that is whole; named is as on file systems on which a file
// needs a name from the beginning.
func finishedOut(t *testing.T, path string, force, named bool) *outFile {
	t.Helper()
	o, err := newOutFile(path, force)
	if err != nil {
		t.Fatal(err)
	}
	if named && !o.named {
		_ = o.Close()
		o.named = true
		if o.File, err = os.CreateTemp(filepath.Dir(path), ".new.*"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.WriteString("new"); err != nil {
		t.Fatal(err)
	}
	return o
}

// TestAFileThatComesMeanwhileIsNotReplaced: also when it comes in the last moment, on every
// file system; with --force it is.
func TestAFileThatComesMeanwhileIsNotReplaced(t *testing.T) {
	t.Parallel()
	for _, named := range []bool{false, true} {
		for _, force := range []bool{false, true} {
			path := filepath.Join(t.TempDir(), "F.zip")
			o := finishedOut(t, path, force, named)
			if err := os.WriteFile(path, []byte("theirs"), 0o600); err != nil {
				t.Fatal(err)
			}
			want := map[bool]string{true: "new", false: "theirs"}[force]
			err := o.place()
			o.discard()
			if got, _ := os.ReadFile(path); string(got) != want || (err == nil) != force {
				t.Errorf("named %v, force %v: it is %q, want %q; %v", named, force, got, want, err)
			}
			if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
				t.Errorf("named %v, force %v: there is %v", named, force, left)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			free := finishedOut(t, path, force, named)
			err = free.commit()
			free.discard()
			if got, _ := os.ReadFile(path); err != nil || string(got) != "new" {
				t.Errorf("named %v, force %v, nothing there: it is %q, %v", named, force, got, err)
			}
		}
	}
}

// TestErrorsShowNamesOnOneLine: none of a name's characters steers a terminal or begins a
// line that passes for one of ours.
func TestErrorsShowNamesOnOneLine(t *testing.T) {
	t.Parallel()
	const steering = "F\x1b[2J\nthe search is complete\u009b"
	dir := filepath.Join(t.TempDir(), steering)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, steering)
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	late := finishedOut(t, file, true, false)
	late.force = false
	defer late.discard()
	errs := map[string]error{"exists": late.commit()}
	_, errs["is a folder"] = newOutFile(dir, true)
	_, errs["no such file or directory"] = newOutFile(filepath.Join(dir, "nowhere", steering), false)
	_, errs["--identifier-file"] = (&valueFiles{}).values("identifier", nil, []string{filepath.Join(dir, "nowhere")})
	for want, err := range errs {
		if err == nil || !strings.Contains(err.Error(), want) || err.Error() != shown(err.Error()) {
			t.Errorf("got %q, want %s", err, want)
		}
	}
}
