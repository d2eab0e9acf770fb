package match_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

// referenceNear lists where a query nearly matches: all places, and those that must be
// found because nothing about them is spelt in another way.
func referenceNear(root *node, query match.Query, plain bool) (all, must []string) {
	for i, k := range root.keys {
		if !named(k, "metadata") {
			continue
		}
		for _, p := range places(root.members[i], nil, 0) {
			equal, spoken := nearAt(p, query)
			if equal || spoken {
				all = append(all, p.path)
			}
			if equal || spoken && plain {
				must = append(must, p.path)
			}
		}
	}
	return all, must
}

func nearAt(p place, query match.Query) (equal, spoken bool) {
	for _, s := range query.Selectors {
		value := s.ConversationID
		if m := s.Metadata; m != nil {
			value = m.Value
			elsewhere := m.Key != "" && m.Key != "*" && m.Key != p.path
			equal = equal || elsewhere && referenceEqual(*m, p.leaf, query.Region)
			alike := p.leaf.kind == 's' && referenceFold(value) == referenceFold(p.leaf.text)
			equal = equal || m.Match == dsr.Exact && alike
		}
		for _, v := range referenceSpellings(value) {
			spoken = spoken || p.leaf.kind == 's' && referenceMentions(referenceFoldText(p.leaf.text), v)
		}
	}
	return equal, spoken
}

// referenceMentions cuts the text apart at the value.
func referenceMentions(text, value string) bool {
	if utf8.RuneCountInString(value) < 4 {
		return false
	}
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }
	v := []rune(value)
	for i := range text {
		if !strings.HasPrefix(text[i:], value) {
			continue
		}
		before, behind := []rune("."+text[:i]), []rune(text[i+len(value):]+".")
		inside := word(before[len(before)-1]) && word(v[0]) || word(behind[0]) && word(v[len(v)-1])
		if !inside {
			return true
		}
	}
	return false
}

// compareNear checks the near misses of a record that has been matched already.
func compareNear(t failer, m *match.Matcher, record []byte, queries []match.Query, hits []match.Hit) {
	t.Helper()
	v, err := m.Decide(bytes.Clone(record))
	if err != nil {
		t.Fatalf("Decide: %v", err)
	}
	got := map[int][]string{}
	for i, n := range v.Near {
		got[n.Query] = n.Paths
		if len(n.Paths) == 0 || i > 0 && v.Near[i-1].Query >= n.Query {
			t.Fatalf("near misses %v\nrecord %q", v.Near, record)
		}
	}
	root, err := parseTree(record)
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	for q, query := range queries {
		plain := !bytes.Contains(record, []byte(`\`)) && !slices.ContainsFunc(record, func(c byte) bool { return c >= 0x80 })
		all, must := referenceNear(root, query, plain)
		if slices.ContainsFunc(hits, func(h match.Hit) bool { return h.Query == q }) {
			all, must = nil, nil
		}
		for _, path := range got[q] {
			if !slices.Contains(all, path) {
				t.Fatalf("%q is no near miss of query %d\nrecord %q\nqueries %s", path, q, record, shown(queries))
			}
		}
		for _, path := range must {
			if len(got[q]) < match.MaxNear && !slices.Contains(got[q], path) {
				t.Fatalf("query %d nearly matches at %q, got %q\nrecord %q\nqueries %s", q, path, got[q], record, shown(queries))
			}
		}
	}
}

func TestNearMisses(t *testing.T) {
	t.Parallel()
	const mail = "ana@example.com"
	key := by("email", mail, dsr.Normalized)
	cases := []struct {
		name     string
		selector dsr.Selector
		metadata string
		want     []string
	}{
		{"under another key", key, `{"contact":{"email":"Ana@Example.com "}}`, []string{"contact.email"}},
		{"a match is no near miss", key, `{"email":"ana@example.com","other":"ana@example.com"}`, nil},
		{"in a text", by("", mail, dsr.Normalized), `{"transcript":"User:\t(ANA@example.com)\nBot: ok"}`, []string{"transcript"}},
		{"at the end of a sentence, not in English", key, `{"a":{"b":"Meine Adresse für Rückfragen: ana@example.com."}}`, []string{"a.b"}},
		{"part of a longer address", key, `{"email":"diana@example.com"}`, nil},
		{"part of a longer domain", key, `{"email":"ana@example.com.example.net"}`, []string{"email"}},
		{"part of a longer top-level domain", key, `{"email":"ana@example.community"}`, nil},
		{"once as a part and once alone", key, `{"a":"diana@example.com, ana@example.com"}`, []string{"a"}},
		{"twice in an array counts once", key, `{"a":["ana@example.com","ana@example.com"]}`, []string{"a"}},
		{"in other case where the match is exact", by("email", mail, dsr.Exact), `{"email":"ANA@example.com"}`, []string{"email"}},
		{"a short value under another key", by("k", "Ana", dsr.Normalized), `{"j":"ana"}`, []string{"j"}},
		{"a short value in a text", by("k", "Ana", dsr.Normalized), `{"j":"hi ana there"}`, nil},
		{"a number under another key", by("k", "7007", dsr.Normalized), `{"id":7007.0}`, []string{"id"}},
		{"a number in a text", by("k", "7007", dsr.Normalized), `{"q":"order 7007?"}`, []string{"q"}},
		{"a longer number in a text", by("k", "7007", dsr.Normalized), `{"q":"order 70071?"}`, nil},
		{"contained under another key", by("k", "xample", dsr.Contains), `{"j":"example"}`, []string{"j"}},
		{"an id that is mentioned", byID("5c80416892d94e40"), `{"first":"see 5C80416892d94e40"}`, []string{"first"}},
		{"a phone number under another key", by("tel", "+4930123456", dsr.Phone), `{"fax":"+49 30 123456"}`, []string{"fax"}},
		{"a name with a mark, escaped", by("n", "Ana García", dsr.Normalized), `{"q":"from Ana Garc\u00eda\n"}`, []string{"q"}},
		{"a name without ASCII", by("n", "Мария", dsr.Normalized), `{"q":"это Мария!","r":"МАРИЯ","s":"мария?","t":"\u041c\u0430\u0440\u0438\u044f."}`, []string{"q", "r", "s", "t"}},
		{"a name in Chinese characters", by("n", "佐藤太郎", dsr.Normalized), `{"q":"佐藤太郎"}`, []string{"q"}},
		{"no leaf", key, `null`, nil},
	}
	for _, c := range cases {
		record := []byte(`{"_id":"1","metadata":` + c.metadata + `}`)
		queries := []match.Query{{Selectors: []dsr.Selector{byID("other")}}, {Selectors: []dsr.Selector{c.selector}}}
		v, err := mustCompile(t, queries).Decide(record)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range v.Near {
			if n.Query != 1 {
				t.Errorf("%s: query %d", c.name, n.Query)
			}
			got = n.Paths
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestNearMissesOfOneRecordAreBounded(t *testing.T) {
	t.Parallel()
	record := `{"metadata":{` + strings.Repeat(`"a":{"b":"ana@example.com"},`, 5)
	for i := range 50 {
		record += `"k` + strings.Repeat("x", i) + `":"ana@example.com",`
	}
	v, err := mustCompile(t, []match.Query{{Selectors: []dsr.Selector{by("email", "ana@example.com", dsr.Normalized)}}}).Decide([]byte(record + `"z":0}}`))
	if err != nil || len(v.Near) != 1 || len(v.Near[0].Paths) != match.MaxNear {
		t.Errorf("%v, %v", v.Near, err)
	}
}
