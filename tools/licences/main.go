// Command licences prints the licences of everything that a program is built of:
// licences PROGRAM GOMODCACHE GOROOT. What that is it reads from the program itself, as
// tools/sbom does; the texts are those in the module cache. A module without a licence that
// may be shipped this way is an error, so that no release has one.
package main

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
	"golang.org/x/mod/module"
)

// allowed are the licences under which something may be linked into a program whose own
// source is not given away: all they ask for is that their text goes with it. Google's
// PATENTS grant rights beside a licence.
var allowed = []string{"MIT", "MIT-0", "ISC", "BSD-2-Clause", "BSD-3-Clause", "BSD-3-Clause-Clear", "Apache-2.0", "MPL-2.0", "Unlicense", "CC0-1.0", "Zlib", "Unicode-DFS-2016", "GooglePatentsFile"}

// legal are the files whose text has to go with a program.
var legal = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|copyright)([.-].*)?$`)

func main() {
	if err := run(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, args []string) error {
	if len(args) != 3 {
		return errors.New("give a program, GOMODCACHE and GOROOT")
	}
	info, err := buildinfo.ReadFile(args[0])
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "What %s is built of, and under which licences.\n\n%s\n", filepath.Base(info.Main.Path), cLibrary)
	err = write(w, "the Go standard library, "+strings.Fields(info.GoVersion)[0], args[2])
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		folder, bad := folderOf(args[1], m.Path, m.Version)
		err = errors.Join(err, bad, write(w, m.Path+" "+m.Version, folder))
	}
	return err
}

// cLibrary is what the Go modules do not tell.
const cLibrary = `The programs of a release are linked statically with the GNU C Library (LGPL-2.1-or-later,
https://www.gnu.org/licenses/old-licenses/lgpl-2.1.html; on Debian /usr/share/common-licenses/LGPL-2.1).
Its source is the package glibc of the Debian release they were built on. Whoever wants the program with
another version of it may have the objects to link, from whoever gave them the program.

SQLite, which is compiled into github.com/mattn/go-sqlite3, is in the public domain.`

// folderOf is where the module cache has a module.
func folderOf(cache, path, version string) (string, error) {
	escaped, err := module.EscapePath(path)
	if err != nil {
		return "", err
	}
	v, err := module.EscapeVersion(version)
	return filepath.Join(cache, escaped+"@"+v), err
}

// write prints what a folder says of its licence.
func write(w io.Writer, name, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var found []string
	for _, e := range entries {
		if e.IsDir() || !legal.MatchString(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, m := range licensecheck.Scan(text).Match {
			found = append(found, m.ID)
		}
		fmt.Fprintf(w, "\n%s\n%s, %s\n\n%s\n", strings.Repeat("=", 80), name, e.Name(), strings.TrimSpace(string(text)))
	}
	return judge(name, found)
}

// judge says whether these licences, as licensecheck names them, let something be shipped.
func judge(name string, found []string) error {
	if len(found) == 0 {
		return fmt.Errorf("%s has no licence that is known", name)
	}
	for _, id := range found {
		if !slices.Contains(allowed, id) {
			return fmt.Errorf("%s is under %s, which is not among the allowed ones", name, id)
		}
	}
	return nil
}
