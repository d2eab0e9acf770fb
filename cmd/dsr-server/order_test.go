package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/go/packages"
)

// ordered are the packages whose comment lists their files in reading order: a file uses
// what stands below it, never what stands above.
var ordered = []string{"internal/scan", "internal/http", "internal/http/api", "internal/http/ui", "internal/store"}

func TestFilesUseWhatStandsBelowThem(t *testing.T) {
	t.Parallel()
	paths := make([]string, len(ordered))
	for i, name := range ordered {
		paths[i] = modulePath + name
	}
	const mode = packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
		packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedTypesInfo
	loaded, err := packages.Load(&packages.Config{Mode: mode, Context: t.Context(), Dir: "../.."}, paths...)
	if err != nil || len(loaded) != len(ordered) {
		t.Fatalf("got %d packages, %v", len(loaded), err)
	}
	for _, p := range loaded {
		for _, err := range p.Errors {
			t.Error(err)
		}
		for _, violation := range orderViolations(room{p.Fset, p.Syntax, p.Types, p.TypesInfo}) {
			t.Errorf("%s: %s", strings.TrimPrefix(p.PkgPath, modulePath), violation)
		}
	}
}

// room is a package that has been type-checked.
type room struct {
	fset  *token.FileSet
	files []*ast.File
	pkg   *types.Package
	info  *types.Info
}

func (r room) fileOf(pos token.Pos) string { return filepath.Base(r.fset.Position(pos).Filename) }

var fileName = regexp.MustCompile(`[a-z0-9_]+\.go\b`)

// order is the list of files in the package's comment.
func (r room) order() []string {
	for _, f := range r.files {
		if _, list, found := strings.Cut(f.Doc.Text(), "In reading order:"); found {
			return fileName.FindAllString(list, -1)
		}
	}
	return nil
}

// orderViolations says which files are not listed once, and which use a file above them.
func orderViolations(r room) []string {
	order := r.order()
	var names, found []string
	for _, f := range r.files {
		names = append(names, r.fileOf(f.Package))
	}
	slices.Sort(names)
	if listed := slices.Sorted(slices.Values(order)); !slices.Equal(listed, names) {
		found = append(found, "the order in the package comment is not of the files there are: "+cmp.Diff(names, listed))
	}
	for ident, used := range r.info.Uses {
		if used.Pkg() != r.pkg || !used.Pos().IsValid() {
			continue
		}
		from, to := slices.Index(order, r.fileOf(ident.Pos())), slices.Index(order, r.fileOf(used.Pos()))
		if from > to && to >= 0 {
			found = append(found, fmt.Sprintf("%s uses %s of %s, which stands above it", order[from], used.Name(), order[to]))
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func TestTheFileOrderRefuses(t *testing.T) {
	t.Parallel()
	r := room{fset: token.NewFileSet(), info: &types.Info{Uses: map[*ast.Ident]types.Object{}}}
	for name, text := range map[string]string{
		"top.go":    "// Package p is read like this. In reading order: top.go,\n// middle.go, bottom.go.\npackage p\n\nfunc Top() { middle(); bottom() }\n",
		"middle.go": "package p\n\nfunc middle() { bottom() }\n",
		"bottom.go": "package p\n\ntype low struct{ field int }\n\nfunc bottom() { middle(); _ = extra }\n",
		"extra.go":  "package p\n\nvar extra = low{}.field\n",
	} {
		f, err := parser.ParseFile(r.fset, name, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		r.files = append(r.files, f)
	}
	var err error
	if r.pkg, err = new(types.Config).Check("p", r.fset, r.files, r.info); err != nil {
		t.Fatal(err)
	}
	got := orderViolations(r)
	if len(got) != 2 || !strings.Contains(strings.Join(got, "\n"), "bottom.go uses middle of middle.go, which stands above it") ||
		!strings.Contains(strings.Join(got, "\n"), `"extra.go"`) {
		t.Errorf("got %q, want the climb and the file that is not listed", got)
	}
}
