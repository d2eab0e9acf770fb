package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// TestWhatTheRaceDetectorLeavesOutIsRunWithoutIt: `make test` names those tests by a pattern,
// and runs those of two folders alone without the detector.
func TestWhatTheRaceDetectorLeavesOutIsRunWithoutIt(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`(?m)^PLAIN := (.*)$`).FindSubmatch(makefile)
	plain := regexp.MustCompile(`(?m)-run '\$\(PLAIN\)' (.*)$`).FindSubmatch(makefile)
	if said == nil || plain == nil || !strings.Contains(string(makefile), "-skip '$(PLAIN)' ./...") {
		t.Fatal("the Makefile has no PLAIN that one step runs and the other leaves out")
	}
	pattern, folders := regexp.MustCompile(string(said[1])), strings.Fields(string(plain[1]))
	found := map[string]int{}
	for folder, tests := range declaredTests(t) {
		for _, name := range tests {
			if !pattern.MatchString(name) {
				continue
			}
			if found[folder]++; !slices.Contains(folders, folder) {
				t.Errorf("%s of %s is left out by the race detector's step and run by no other", name, folder)
			}
		}
	}
	for _, folder := range folders {
		if found[folder] == 0 {
			t.Errorf("no test of %s matches", folder)
		}
	}
}

// declaredTests are the names of the tests of each folder, as ./a/b.
func declaredTests(t *testing.T) map[string][]string {
	t.Helper()
	declared, tests := regexp.MustCompile(`(?m)^func (Test\w+)\(`), map[string][]string{}
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		for _, m := range declared.FindAllSubmatch(text, -1) {
			folder := "./" + filepath.ToSlash(filepath.Dir(path))
			tests[folder] = append(tests[folder], string(m[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}
