package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the project's folder, seen from here.
const root = "../.."

var (
	testDeclared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)\(`)
	testInText   = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`")
	fileInText   = regexp.MustCompile(`(?:^|[^/\w])((?:docs|web|internal|api|cmd)/[A-Za-z0-9_/.-]+\.(?:go|md|html|js|yaml|css))\b`)
)

// TestDocumentsNameTestsAndFilesThatExist: a promise is as good as what shows it.
func TestDocumentsNameTestsAndFilesThatExist(t *testing.T) {
	t.Parallel()
	declared := testsOfTheTree(t)
	for name, text := range documents(t) {
		for _, m := range testInText.FindAllStringSubmatch(text, -1) {
			if !declared[m[1]] {
				t.Errorf("%s: there is no %s", name, m[1])
			}
		}
		for _, m := range fileInText.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil && !strings.Contains(m[1], "/yours") {
				t.Errorf("%s: there is no %s", name, m[1])
			}
		}
	}
}

// asvsRow is a row of docs/asvs.md: number, level, what is asked for, status, what shows it.
var asvsRow = regexp.MustCompile(`(?m)^\| (\d+\.\d+\.\d+) \| ([12]) \| (.+?) \| (met|not met|not applicable) \| (.+?) \|$`)

// TestEveryRequirementOfTheASVSHasARow: ASVS 5.0 has 253 on its levels 1 and 2.
func TestEveryRequirementOfTheASVSHasARow(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs", "asvs.md"))
	if err != nil {
		t.Fatal(err)
	}
	count, seen := map[string]int{}, map[string]bool{}
	for _, m := range asvsRow.FindAllStringSubmatch(string(text), -1) {
		if seen[m[1]] {
			t.Errorf("%s has two rows", m[1])
		}
		seen[m[1]] = true
		count["level "+m[2]]++
		count[m[4]]++
		if m[4] == "met" && !testInText.MatchString(m[5]) && !strings.Contains(m[5], "/") && !strings.Contains(m[5], ".") {
			t.Errorf("%s: nothing shows that it is met", m[1])
		}
	}
	if rows := strings.Count(string(text), "\n| ") - 2*strings.Count(string(text), "\n| --- |"); rows != len(seen) {
		t.Errorf("%d rows of tables, %d of them can be read", rows, len(seen))
	}
	if len(seen) != 253 || count["level 1"] != 70 || count["not met"] > 5 {
		t.Errorf("%d rows: %v", len(seen), count)
	}
}

// documents are the texts for readers, by name.
func documents(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%d documents, %v", len(names), err)
	}
	out := map[string]string{}
	for _, name := range append(names, filepath.Join(root, "README.md")) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(name)] = string(text)
	}
	return out
}

// testsOfTheTree are the names of all tests there are.
func testsOfTheTree(t *testing.T) map[string]bool {
	t.Helper()
	declared := map[string]bool{}
	for _, folder := range []string{"api", "cmd", "docs", "internal", "migrations", "tools", "web"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range testDeclared.FindAllStringSubmatch(string(text), -1) {
				declared[m[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return declared
}
