package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const modulePath = "dsr-server/"

// mayImport is the import table: which packages of ours each package may use. A new
// package must be entered here; .golangci.yml repeats the table for editors.
// Tests may import more.
var mayImport = map[string][]string{
	"internal/app": {
		"internal/archive", "internal/audit", "internal/auth", "internal/backup", "internal/check", "internal/config", "internal/datadir", "internal/dsr", "internal/export", "internal/fetch", "internal/fulfil", "internal/handling",
		"internal/http", "internal/http/api", "internal/http/ui", "internal/jobs", "internal/letter", "internal/mail", "internal/outbound", "internal/outbox", "internal/reading", "internal/report", "internal/scan", "internal/sign", "internal/store", "internal/tracing", "internal/vault", "internal/webhook",
	},
	"internal/app/apptest": { // imported by tests alone
		"internal/app", "internal/audit", "internal/auth", "internal/config", "internal/dsr", "internal/http", "internal/http/ui",
		"internal/jobs", "internal/store", "internal/vault", "api",
	},
	"internal/backup":          {"internal/datadir", "internal/durable"},
	"internal/http":            {"internal/dsr", "api"},
	"internal/http/api":        {"internal/dsr", "internal/auth", "internal/audit", "internal/handling", "internal/http", "internal/spreadsheet"},
	"internal/http/ui":         {"internal/dsr", "internal/audit", "internal/auth", "internal/handling", "internal/http", "internal/spreadsheet", "web", "api"},
	"internal/fulfil":          {"internal/dsr", "internal/attachment", "internal/export", "internal/fetch", "internal/scan", "internal/archive", "internal/report", "internal/vault", "internal/sign"},
	"internal/scan":            {"internal/dsr", "internal/export", "internal/match"},
	"internal/store":           {"internal/dsr", "internal/jobs", "internal/audit", "internal/datadir", "internal/record", "internal/seal", "migrations"},
	"internal/archive":         {"internal/dsr", "internal/attachment", "internal/audit", "internal/record", "internal/sign", "internal/spreadsheet", "docs"},
	"internal/check":           {"internal/dsr", "internal/export", "internal/export/propose"},
	"internal/config":          {"internal/dsr", "internal/export", "internal/export/declared", "internal/yamlnode"},
	"internal/export":          {"internal/dsr", "internal/export/declared", "internal/match", "internal/record"},
	"internal/export/declared": {"internal/dsr", "internal/match", "internal/record", "internal/yamlnode"},
	"internal/export/propose":  {"internal/dsr", "internal/export/declared", "internal/match", "internal/record"},
	"internal/report":          {"internal/dsr"},
	"internal/reading":         {"internal/dsr", "internal/archive", "internal/attachment", "internal/export", "internal/finder", "internal/record"},
	"internal/letter":          {"internal/dsr"},
	"internal/match":           {"internal/dsr", "internal/match/index", "internal/match/prefilter", "internal/record"},
	"internal/match/index":     {"internal/match/prefilter"},
	"internal/match/prefilter": {"internal/dsr"},
	"internal/auth":            {"internal/dsr"},
	"internal/seal":            {"internal/durable"},
	"internal/sign":            {"internal/durable"},
	"internal/vault":           {"internal/dsr", "internal/durable"},
	"internal/datadir":         {"internal/seal"},

	"internal/fetch":   {"internal/dsr", "internal/attachment", "internal/outbound"},
	"internal/webhook": {"internal/dsr", "internal/outbound", "internal/outbox"}, "internal/outbound": {}, "internal/outbox": {},
	"internal/mail": {"internal/dsr", "internal/outbox"}, "internal/mail/mailtest": {}, // the latter imported by tests alone
	"internal/finder": {"internal/dsr"}, "internal/handling": {"internal/dsr"},

	"internal/dsr": {}, "internal/attachment": {}, "internal/jobs": {}, "internal/audit": {}, "internal/durable": {}, "internal/record": {}, "internal/tracing": {}, "internal/spreadsheet": {}, "internal/yamlnode": {}, "internal/http/browsertest": {},
	"web": {}, "api": {}, "migrations": {}, "docs": {},

	"internal/fake/vendor": {}, "internal/fake/chaos": {"internal/fake/vendor"},

	"tools/bench": {"internal/dsr", "internal/export", "internal/match"}, "tools/gensample": {}, "tools/licences": {}, "tools/sbom": {}, "tools/testlog": {},
}

// joins is the command, the only package that may import every other.
const joins = "cmd/dsr-server"

// listed is a package as go list prints it.
type listed struct {
	ImportPath string
	Imports    []string // of the package itself, not of its tests
}

func TestImportsFollowTheTable(t *testing.T) {
	t.Parallel()
	packages := listPackages(t)
	if !slices.ContainsFunc(packages, func(p listed) bool { return p.ImportPath == modulePath+"internal/dsr" }) {
		t.Fatalf("go list shows no internal/dsr among %d packages", len(packages))
	}
	for _, violation := range importViolations(packages) {
		t.Error(violation)
	}
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", modulePath+"...")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var packages []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// importViolations says which imports of ours the table does not allow, and which
// packages it does not know.
func importViolations(packages []listed) []string {
	var found []string
	for _, p := range packages {
		name := strings.TrimPrefix(p.ImportPath, modulePath)
		allowed, known := mayImport[name]
		switch {
		case name == joins:
			continue
		case !known:
			found = append(found, fmt.Sprintf("package %s is not in the import table; enter it with what it may import", name))
		}
		for _, path := range p.Imports {
			imported, ours := strings.CutPrefix(path, modulePath)
			if known && ours && !slices.Contains(allowed, imported) {
				found = append(found, fmt.Sprintf("package %s imports %s; it may import %s of ours", name, imported, orNone(allowed)))
			}
		}
	}
	return found
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

func TestTheImportTableRefuses(t *testing.T) {
	t.Parallel()
	got := importViolations([]listed{
		{"dsr-server/cmd/dsr-server", []string{"dsr-server/internal/fake/vendor", "fmt"}},
		{"dsr-server/internal/store", []string{"dsr-server/internal/jobs", "database/sql"}},
		{"dsr-server/internal/dsr", []string{"dsr-server/internal/match"}},
		{"dsr-server/internal/fulfil", []string{"dsr-server/internal/fake/vendor"}},
		{"dsr-server/internal/utils", []string{"dsr-server/internal/dsr"}},
	})
	want := []string{
		"package internal/dsr imports internal/match; it may import nothing of ours",
		"package internal/fulfil imports internal/fake/vendor; it may import internal/dsr, internal/attachment, internal/export, internal/fetch, internal/scan, internal/archive, internal/report, internal/vault, internal/sign of ours",
		"package internal/utils is not in the import table; enter it with what it may import",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

// TestTheProgramCanInjectNoFault: what spoils answers is for tests, and is not linked
// into what is released; nor is anything that starts other programs, so that there is no
// command that anything could be injected into. go-mail can hand mail to a local sendmail, which
// is not called here: it is the one package that may link what starts programs.
func TestTheProgramCanInjectNoFault(t *testing.T) {
	t.Parallel()
	linked := dependencies(t, modulePath+joins)
	if !slices.Contains(linked, modulePath+"internal/fake/vendor") {
		t.Fatalf("go list -deps shows no internal/fake/vendor among %d packages; demo needs it", len(linked))
	}
	for _, path := range linked {
		if slices.Contains([]string{modulePath + "internal/fake/chaos", "testing", "plugin"}, path) {
			t.Errorf("%s is linked into the program", path)
		}
	}
	const starts = `{{range .Imports}}{{if eq . "os/exec"}}{{$.ImportPath}}{{end}}{{end}}`
	if by := dependencies(t, "-f", starts, modulePath+joins); !slices.Equal(by, []string{"github.com/wneessen/go-mail"}) {
		t.Errorf("os/exec is linked into the program by %v", by)
	}
}

// dependencies are the packages that a program is built from, itself included, or what a format
// says of each.
func dependencies(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-deps"}, args...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list -deps %v: %v\n%s", args, err, stderr.String())
	}
	return strings.Fields(string(out))
}
