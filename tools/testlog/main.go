// Command testlog runs go test with its arguments and prints what go test would,
// with one thing more: the tests that were skipped, each with its reason. Output of
// tests that fail appears as soon as they do; the lines that go test ends with, one
// per package, stand last. Before them stands what earlier steps left in the file that
// DSR_CI_NOTES names, so that nobody has to look for it. Its exit status is that of go test.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"sort"
	"strings"
)

// event is a line of go test -json; see go doc test2json.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// testKey names a test; without a name it is the package itself.
type testKey struct{ pkg, test string }

type log struct {
	out     io.Writer
	output  map[testKey]*strings.Builder // of what is still running
	skipped []string
	results []string // the runner's own line for each package
	notes   string   // of steps before
	failed  bool
}

func main() {
	l := &log{out: os.Stdout, output: map[testKey]*strings.Builder{}, notes: notes(os.Getenv("DSR_CI_NOTES"))}
	err := run(l, "", os.Args[1:])
	l.finish(err != nil)
	if err == nil {
		return
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() > 0 {
		os.Exit(exit.ExitCode())
	}
	fmt.Fprintln(os.Stderr, "testlog:", err)
	os.Exit(1)
}

// notes reads what steps before have left in a file, if there is one.
func notes(path string) string {
	if path == "" {
		return ""
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Sprintf("testlog: what steps before have noted cannot be read: %v\n", err)
	}
	return string(text)
}

// run runs go test in the folder dir; empty is the current one.
func run(l *log, dir string, args []string) error {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...) //nolint:gosec // running what it is told is its purpose
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	readErr := l.read(stdout)
	return errors.Join(cmd.Wait(), readErr)
}

// read takes events to the end. What is no event is shown as it is.
func (l *log) read(r io.Reader) error {
	d := json.NewDecoder(r)
	for {
		var e event
		if err := d.Decode(&e); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			rest, _ := io.ReadAll(io.MultiReader(d.Buffered(), r))
			return fmt.Errorf("go test printed something that is no event: %w\n%s", err, rest)
		}
		l.take(e)
	}
}

func (l *log) take(e event) {
	key := testKey{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		l.print(e.Output)
	case "output":
		l.keep(key, e.Output)
	case "skip", "fail", "pass":
		text := ""
		if b := l.output[key]; b != nil {
			text = b.String()
		}
		delete(l.output, key)
		if end := good.FindStringIndex(text); end != nil && e.Action != "fail" {
			l.keep(testKey{pkg: e.Package}, text[end[1]:]) // a time-out of all tests, say
			text = text[:end[1]]
		}
		l.end(e, text)
	}
}

func (l *log) keep(key testKey, text string) {
	if l.output[key] == nil {
		l.output[key] = new(strings.Builder)
	}
	l.output[key].WriteString(text)
}

func (l *log) end(e event, text string) {
	switch {
	case e.Test == "":
		l.endPackage(e, text)
	case e.Action == "fail":
		l.print(withoutProgress(text))
	case e.Action == "skip":
		l.skipped = append(l.skipped, fmt.Sprintf("%s %s: %s", e.Package, e.Test, reason(text)))
	}
}

// endPackage keeps the runner's line for the end. When a package fails, tests that
// had no end of their own (a panic, a time-out) are shown with it.
func (l *log) endPackage(e event, text string) {
	for _, line := range strings.SplitAfter(text, "\n") {
		switch {
		case resultLine.MatchString(line):
			l.results = append(l.results, line)
		case e.Action == "fail" && line != "FAIL\n":
			l.print(line)
		}
	}
	if e.Action != "fail" {
		return
	}
	l.failed = true
	for key, b := range l.output {
		if key.pkg == e.Package {
			l.print(withoutProgress(b.String()))
			delete(l.output, key)
		}
	}
}

var (
	resultLine = regexp.MustCompile(`^(ok  |FAIL|---|\?   )\t`)
	progress   = regexp.MustCompile(`(?m)^\s*=== (RUN|PAUSE|CONT|NAME) .*\n`)
	ended      = regexp.MustCompile(`^--- [A-Z]+: `)
	good       = regexp.MustCompile(`(?m)^\s*--- (PASS|SKIP): .*\n`)
)

func withoutProgress(text string) string { return progress.ReplaceAllString(text, "") }

// reason is what a skipped test said, on one line.
func reason(text string) string {
	var said []string
	for line := range strings.SplitSeq(withoutProgress(text), "\n") {
		if line = strings.TrimSpace(line); line != "" && !ended.MatchString(line) {
			said = append(said, line)
		}
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return strings.Join(said, " ")
}

func (l *log) finish(failed bool) {
	l.print(l.notes)
	sort.Strings(l.skipped)
	l.print(fmt.Sprintf("skipped tests: %d\n", len(l.skipped)))
	for _, s := range l.skipped {
		l.print("  SKIP " + s + "\n")
	}
	sort.Slice(l.results, func(i, j int) bool { return order(l.results[i]) < order(l.results[j]) })
	for _, line := range l.results {
		l.print(line)
	}
	if failed || l.failed {
		l.print("FAIL\n")
	}
}

// order sorts result lines by package, the second column, those without tests first.
func order(result string) string {
	columns := strings.Split(result, "\t")
	if strings.HasPrefix(result, "?") {
		return " " + columns[1]
	}
	return columns[1]
}

func (l *log) print(text string) { _, _ = io.WriteString(l.out, text) }
