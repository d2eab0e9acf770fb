package ui

import (
	"go/constant"
	"go/types"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"text/template/parse"
	"time"

	"golang.org/x/tools/go/packages"

	"dsr-server/web"
)

// TestEveryTextIsSaidInEveryLanguage, with the same verbs; and a catalog says nothing that no
// page does.
func TestEveryTextIsSaidInEveryLanguage(t *testing.T) {
	t.Parallel()
	texts := append(textsOfCode(t), textsOfTemplates(t)...)
	slices.Sort(texts)
	texts = slices.Compact(texts)
	if len(texts) < 50 {
		t.Fatalf("only %d texts: they were not found", len(texts))
	}
	for _, tag := range tongues[1:] {
		catalog, err := web.Catalog(tag)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			said, ok := catalog[text]
			if !ok {
				t.Errorf("%s: %q is missing", tag, text)
			}
			if ok && !slices.Equal(verbs(said), verbs(text)) {
				t.Errorf("%s: %q has other verbs than %q", tag, said, text)
			}
		}
		for text := range catalog {
			if !slices.Contains(texts, text) {
				t.Errorf("%s: no page says %q", tag, text)
			}
		}
	}
}

// verbs are those of package fmt in s, in any order.
func verbs(s string) (out []string) {
	for i := 0; i+1 < len(s); i++ {
		if s[i] != '%' || s[i+1] == ' ' {
			continue
		}
		end := i + 1 + strings.IndexAny(s[i+1:]+"v", "vdsq%")
		out = append(out, s[end:min(end+1, len(s))])
		i = end
	}
	slices.Sort(out)
	return out
}

// textsOfCode are the constants of type text in the package, and those of what a self-test finds and of what staff are warned.
func textsOfCode(t *testing.T) (texts []string) {
	t.Helper()
	config := packages.Config{Mode: packages.NeedName | packages.NeedImports | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo}
	loaded, err := packages.Load(&config, ".", "dsr-server/internal/check", "dsr-server/internal/report")
	if err != nil || packages.PrintErrors(loaded) > 0 || len(loaded) != 3 {
		t.Fatalf("%d packages, %v", len(loaded), err)
	}
	for _, pkg := range loaded {
		for _, found := range pkg.TypesInfo.Types {
			named, ok := found.Type.(*types.Named)
			if ok && found.Value != nil && (named.Obj().Name() == "text" || named.Obj().Name() == "FindingText") && constant.StringVal(found.Value) != "" {
				texts = append(texts, constant.StringVal(found.Value))
			}
		}
	}
	return texts
}

// textsOfTemplates are what templates give to the function t.
func textsOfTemplates(t *testing.T) (texts []string) {
	t.Helper()
	sets, err := web.Pages(templateFuncs(templateKey{}, tongue{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range sets {
		for _, one := range set.Templates() {
			if one.Tree != nil {
				texts = append(texts, textsUnder(one.Tree.Root)...)
			}
		}
	}
	return texts
}

func textsUnder(n parse.Node) (texts []string) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, inner := range n.Nodes {
				texts = append(texts, textsUnder(inner)...)
			}
		}
	case *parse.ActionNode:
		texts = textsUnder(n.Pipe)
	case *parse.IfNode:
		texts = textsOfBranch(n.BranchNode)
	case *parse.WithNode:
		texts = textsOfBranch(n.BranchNode)
	case *parse.RangeNode:
		texts = textsOfBranch(n.BranchNode)
	case *parse.TemplateNode:
		texts = textsUnder(n.Pipe)
	case *parse.PipeNode:
		if n != nil {
			for _, command := range n.Cmds {
				texts = append(texts, textsUnder(command)...)
			}
		}
	case *parse.CommandNode:
		texts = textsOfCall(n)
	}
	return texts
}

func textsOfBranch(b parse.BranchNode) []string {
	return append(append(textsUnder(b.Pipe), textsUnder(b.List)...), textsUnder(b.ElseList)...)
}

func textsOfCall(n *parse.CommandNode) (texts []string) {
	name, isCall := n.Args[0].(*parse.IdentifierNode)
	for i, arg := range n.Args {
		if s, ok := arg.(*parse.StringNode); ok && i == 1 && isCall && name.Ident == "t" {
			texts = append(texts, s.Text)
		}
		texts = append(texts, textsUnder(arg)...)
	}
	return texts
}

func TestALanguageIsChosenOrPreferred(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ chosen, preferred, want string }{
		{"", "", "en"}, {"", "de-AT,de;q=0.9,en;q=0.5", "de"}, {"", "fr", "en"}, {"", "fr,de;q=0.1", "de"},
		{"de", "en", "de"}, {"en", "de", "en"}, {"xx", "de", "de"}, {"", "\x00;;", "en"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.Header.Set("Accept-Language", c.preferred)
		if c.chosen != "" {
			r.AddCookie(languageOf(c.chosen))
		}
		if got := tongueOf(r); got != c.want {
			t.Errorf("chosen %q, preferred %q: %s, want %s", c.chosen, c.preferred, got, c.want)
		}
	}
}

func TestGermanNumbersAndDays(t *testing.T) {
	t.Parallel()
	catalog, err := web.Catalog("de")
	if err != nil {
		t.Fatal(err)
	}
	c := calendar{tongue: tongue{"de", catalog}, loc: time.UTC}
	for _, got := range [][2]string{
		{c.number(1234567), "1.234.567"}, {c.count(1, "page"), "1 Seite"}, {c.count(1234, "page"), "1.234 Seiten"}, {c.fileSize(5_300_000), "5,3 MB"},
		{c.roughly(240), "etwa 4 Minuten"}, {c.inWords([]string{"a", "b", "c"}), "a, b und c"}, {c.times(2), "zweimal"}, {c.date("2026-03-08"), "8. März 2026"},
	} {
		if got[0] != got[1] {
			t.Errorf("got %q, want %q", got[0], got[1])
		}
	}
}
