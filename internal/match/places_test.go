package match_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
	"dsr-server/internal/record"
)

// TestMetadataMayLieAnywhere: keys count from the end of each of its paths, and what lies beside
// it is nearly found.
func TestMetadataMayLieAnywhere(t *testing.T) {
	t.Parallel()
	email := by("email", "ana@example.com", dsr.Normalized)
	for name, c := range map[string]struct {
		metadata []string
		record   string
		want     []string // of the hits
		near     []string
	}{
		"the second of two":      {[]string{"variables", "metavariables"}, `{"id":"1","variables":{},"metavariables":{"email":"Ana@example.com"}}`, []string{"email"}, nil},
		"both":                   {[]string{"variables", "metavariables"}, `{"id":"1","variables":{"email":"ana@example.com"},"metavariables":{"email":"Ana@example.com"}}`, []string{"email"}, nil},
		"nested":                 {[]string{"info.person"}, `{"id":"1","info":{"person":{"email":"ana@example.com"}}}`, []string{"email"}, nil},
		"beside what is nested":  {[]string{"info.person"}, `{"id":"1","info":{"other":{"email":"ana@example.com"}}}`, nil, []string{"info.other.email"}},
		"in place of an object":  {[]string{"info.person"}, `{"id":"1","info":"ana@example.com"}`, nil, []string{"info"}},
		"in place of a member":   {[]string{"info.person.self"}, `{"id":"1","info":{"person":["ana@example.com"]}}`, nil, []string{"info.person"}},
		"of each of a list":      {[]string{"contacts.*"}, `{"id":"1","contacts":[{"email":"bo@example.com"},{"email":"ana@example.com"}]}`, []string{"email"}, nil},
		"of each member":         {[]string{"scopes.*.values"}, `{"id":"1","scopes":{"a":{"values":{"email":"ana@example.com"}},"b":{"email":"ana@example.com"}}}`, []string{"email"}, nil},
		"a list is no object":    {[]string{"contacts.email"}, `{"id":"1","contacts":[{"email":"ana@example.com"}]}`, nil, []string{"contacts.email"}},
		"of a name with a dot":   {[]string{`a."b.c"`}, `{"id":"1","a":{"b.c":{"email":"ana@example.com"},"b":{"c":{"email":"ana@example.com"}}}}`, []string{"email"}, nil},
		"in another case":        {[]string{"info.person"}, `{"id":"1","info":{"Person":{"email":"ana@example.com"}}}`, []string{"email"}, nil},
		"of a repeated key":      {[]string{"info.person"}, `{"id":"1","info":{"person":{"email":"ana@example.com"}},"info":{}}`, []string{"email"}, nil},
		"in a text that is JSON": {[]string{"info.person"}, `{"id":"1","info":{"person":"{\"email\":\"ana@example.com\"}"}}`, []string{"email"}, nil},
		"the whole record":       {[]string{"."}, `{"id":"1","email":"ana@example.com"}`, []string{"email"}, nil},
		"deep in the whole":      {[]string{"."}, `{"id":"1","info":{"email":"ana@example.com"}}`, nil, []string{"info.email"}},
	} {
		f := match.Fields{ID: at("id"), Metadata: ways(c.metadata...)}
		m, err := match.Compile([]match.Query{{Selectors: []dsr.Selector{email}}}, f)
		if err != nil {
			t.Fatal(err)
		}
		v, err := decideTwice(t, m, []byte(c.record))
		var got, near []string
		for _, h := range v.Hits {
			for _, why := range h.Why {
				got = append(got, why.Path)
			}
		}
		for _, n := range v.Near {
			for _, p := range n.Places {
				near = append(near, p.Path)
			}
		}
		if err != nil || !slices.Equal(got, c.want) || !slices.Equal(near, c.near) {
			t.Errorf("%s: %v, found at %q, want %q; nearly at %q, want %q", name, err, got, c.want, near, c.near)
		}
	}
}

// TestAnIDMayLieAnywhere, beside the metadata, in it, and as a number.
func TestAnIDMayLieAnywhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id, metadata, record string
		found                bool
	}{
		{"info.id", "metadata", `{"info":{"id":"7"}}`, true},
		{"info.id", "metadata", `{"info":{"x":[],"id":7}}`, true},
		{"info.id", "info", `{"info":{"id":"7"}}`, true},
		{"info.id", "info", `{"info":{"id":7}}`, true},
		{"id", ".", `{"id":"7"}`, true},
		{"id", ".", `{"id":7}`, true},
		{"info.id", "metadata", `{"info":{"id":["7"]}}`, false},
		{"info.id", "metadata", `{"id":"7","info":{"x":{"id":"7"}}}`, false},
		{"info.id", "info", `{"info":{"x":"7","id":"8"}}`, false},
	} {
		f := match.Fields{ID: at(c.id), Metadata: ways(c.metadata)}
		m, err := match.Compile([]match.Query{{Selectors: []dsr.Selector{byID("7")}}}, f)
		if err != nil {
			t.Fatal(err)
		}
		var want []match.Hit
		if c.found {
			want = []match.Hit{{Why: []dsr.Why{{}}}}
		}
		v, err := decideTwice(t, m, []byte(c.record))
		if diff := cmp.Diff(want, v.Hits); diff != "" || err != nil {
			t.Errorf("id %s, metadata %s: %s: %v (-want +got)\n%s", c.id, c.metadata, c.record, err, diff)
		}
	}
}

func TestFieldsThatCannotBeSearchedAreRefused(t *testing.T) {
	t.Parallel()
	var many []record.Path
	for n := range 13 {
		many = append(many, record.Path{{Name: strings.Repeat("a", n+1)}})
	}
	for want, f := range map[string]match.Fields{
		"lies within another":       {ID: at("id"), Metadata: ways("info", "info.person")},
		"a *":                       {ID: at("ids.*")},
		"12 different names":        {ID: at("id"), Metadata: many},
		"one path of the metadata":  {Metadata: ways(".", "info")},
		"which one keys count from": {Metadata: ways("*.b", "a.*")},
	} {
		if err := f.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		if _, err := match.Compile(nil, f); err == nil {
			t.Errorf("%s: they are compiled", want)
		}
	}
	if err := fields.Check(); err != nil {
		t.Error(err)
	}
	_ = match.Fields{ID: at("id"), Metadata: many}.Facts([]byte(`{"id":"1"}`)) // and says so by no panic
}
