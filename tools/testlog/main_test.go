package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// runOn builds a module of the files given and returns what is printed for its tests.
func runOn(t *testing.T, files map[string]string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module sample\n\ngo 1.26\n"
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	l := &log{out: &out, output: map[testKey]*strings.Builder{}}
	err := run(l, dir, []string{"./..."})
	l.finish(err != nil)
	return out.String(), err
}

const head = "import (\n\t\"os\"\n\t\"testing\"\n)\n\nvar _ = os.Exit\n\n"

func TestSkipsAreListedAndTheRunnersLinesStandLast(t *testing.T) {
	t.Parallel()
	out, err := runOn(t, map[string]string{
		"a/a_test.go": "package a\n" + head + `
func TestGood(t *testing.T) { t.Log("chatter") }
func TestSkipped(t *testing.T) { t.Parallel(); t.Run("part", func(t *testing.T) { t.Parallel(); t.Skip("no 7z here") }) }
`,
		"b/b.go": "package b\n",
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 4 || lines[0] != "skipped tests: 1" || !strings.HasPrefix(lines[1], "  SKIP sample/a TestSkipped/part: a_test.go:") ||
		!strings.HasSuffix(lines[1], ": no 7z here") || !strings.HasPrefix(lines[2], "?   \tsample/b\t") || !strings.HasPrefix(lines[3], "ok  \tsample/a\t") {
		t.Errorf("got\n%s", out)
	}
}

// TestWhatStepsBeforeNotedIsSaidAgain, before the lines that stand last.
func TestWhatStepsBeforeNotedIsSaidAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes")
	if err := os.WriteFile(path, []byte("NOT CHECKED\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	l := &log{out: &out, notes: notes(path), results: []string{"ok  \tsample/a\t1s\n"}}
	l.finish(false)
	if want := "NOT CHECKED\nskipped tests: 0\nok  \tsample/a\t1s\n"; out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
	if notes("") != "" || !strings.Contains(notes(path+"-missing"), "cannot be read") {
		t.Error("a file that is not there is read")
	}
}

// However tests fail, the output says why and ends as the runner does.
func TestFailuresShow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ code, want string }{
		"failed":     {`func TestX(t *testing.T) { t.Log("the reason") ; t.FailNow() }`, "the reason"},
		"panicked":   {`func TestX(t *testing.T) { panic("the reason") }`, "panic: the reason"},
		"exited":     {`func TestX(t *testing.T) { t.Log("the reason"); os.Exit(3) }`, "the reason"},
		"not built":  {`func TestX(t *testing.T) { theReason() }`, "undefined: theReason"},
		"set up":     {`func TestMain(m *testing.M) { println("the reason"); os.Exit(1) }`, "the reason"},
		"in subtest": {`func TestX(t *testing.T) { t.Run("y", func(t *testing.T) { t.Error("the reason") }) }`, "the reason"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := runOn(t, map[string]string{"a/a_test.go": "package a\n" + head + c.code + "\n"})
			if _, ok := errors.AsType[*exec.ExitError](err); !ok || !strings.Contains(out, c.want) || !strings.Contains(out, "\nFAIL\tsample/a") || !strings.HasSuffix(out, "\nFAIL\n") {
				t.Errorf("error %v, want %q in\n%s", err, c.want, out)
			}
		})
	}
}

// The runner takes what is printed after the end of a test for that test's, also when
// it is the end of them all.
func TestTimeoutBehindTheEndOfATestShows(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := &log{out: &out, output: map[testKey]*strings.Builder{}}
	err := l.read(strings.NewReader(`
		{"Action":"output","Package":"a","Test":"TestX","Output":"    a_test.go:9: chatter\n"}
		{"Action":"output","Package":"a","Test":"TestX","Output":"--- PASS: TestX (1.00s)\n"}
		{"Action":"output","Package":"a","Test":"TestX","Output":"panic: test timed out after 20m0s\n"}
		{"Action":"pass","Package":"a","Test":"TestX"}
		{"Action":"output","Package":"a","Output":"FAIL\ta\t1200.000s\n"}
		{"Action":"fail","Package":"a"}`))
	l.finish(true)
	if want := "panic: test timed out after 20m0s\nskipped tests: 0\nFAIL\ta\t1200.000s\nFAIL\n"; err != nil || out.String() != want {
		t.Errorf("error %v, got\n%s\nwant\n%s", err, out.String(), want)
	}
}
