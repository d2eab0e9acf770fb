package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Warning is something the operator should know that stops nothing.
type Warning struct {
	Path string // of the key, "sources[0].rate"; or the name of a variable
	Text string
}

func (w Warning) String() string { return w.Path + ": " + w.Text }

// Error is every fault of a configuration in one message, one per line.
type Error struct {
	File   string
	Faults []Fault
}

// Fault is one thing wrong with the configuration.
type Fault struct {
	Path string // of the key; empty for the file as a whole
	Line int    // 0 when the value is not in the file
	Env  string // the DSR_* variable the value came from, or empty
	Text string // what is wrong, the limit, and how to mend it; never the value
}

func (e *Error) Error() string {
	var b strings.Builder
	noun := "problems"
	if len(e.Faults) == 1 {
		noun = "problem"
	}
	fmt.Fprintf(&b, "configuration %s: %d %s", e.File, len(e.Faults), noun)
	for _, f := range e.Faults {
		b.WriteString("\n  " + f.String())
	}
	return b.String()
}

func (f Fault) String() string {
	var where []string
	if f.Line > 0 {
		where = append(where, fmt.Sprintf("line %d", f.Line))
	}
	if f.Path != "" {
		where = append(where, f.Path)
	}
	if f.Env != "" {
		where = append(where, "set by "+f.Env)
	}
	if len(where) == 0 {
		return f.Text
	}
	return strings.Join(where, ", ") + ": " + f.Text
}

// report collects what is found about a configuration, and the line of each key.
type report struct {
	file     string
	lines    map[string]int    // key path → line, of every key in the file
	values   map[string]bool   // key paths that were given a value
	env      map[string]string // key path → variable that set it
	faulty   map[string]bool   // key paths that have a fault
	broken   map[string]bool   // key paths below which nothing could be read
	faults   []Fault
	warnings []Warning
}

func newReport(file string) *report {
	return &report{
		file: file, lines: map[string]int{}, values: map[string]bool{}, env: map[string]string{},
		faulty: map[string]bool{}, broken: map[string]bool{},
	}
}

// given reports whether the key has a value, even one that was refused.
func (r *report) given(path string) bool { return r.values[path] }

// fault records what is wrong with a key. Only the first fault of a key counts, and
// none below a broken one: the later rules see values that are not there.
func (r *report) fault(path, format string, args ...any) {
	if path != "" && r.faulty[path] || r.insideBroken(path) {
		return
	}
	r.faulty[path] = true
	line := r.line(path)
	if r.env[path] != "" {
		line = 0
	}
	r.faults = append(r.faults, Fault{Path: path, Line: line, Env: r.env[path], Text: fmt.Sprintf(format, args...)})
}

// breaks records a fault of a key whose value has the wrong form altogether.
func (r *report) breaks(path, format string, args ...any) {
	r.fault(path, format, args...)
	r.broken[path] = true
}

func (r *report) insideBroken(path string) bool {
	for path != "" {
		path = parentPath(path)
		if r.broken[path] {
			return true
		}
	}
	return false
}

// parentPath of a[0].b is a[0], of a[0] it is a, of a it is the file itself, "".
func parentPath(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

// line is the line of the key, or else of its nearest parent.
func (r *report) line(path string) int {
	for path != "" {
		if n := r.lines[path]; n > 0 {
			return n
		}
		path = parentPath(path)
	}
	return 0
}

// warn records a warning about a key, unless the key has a fault.
func (r *report) warn(path, format string, args ...any) {
	if r.faulty[path] {
		return
	}
	r.warnings = append(r.warnings, Warning{Path: path, Text: fmt.Sprintf(format, args...)})
}

func (r *report) err() error {
	if len(r.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(r.faults, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
	return &Error{File: r.file, Faults: r.faults}
}
