package match_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

// referenceNear lists where a query nearly matches: all places that may be told, and those
// that must be, because nothing about them is spelt in another way.
func referenceNear(root *node, query match.Query, plain bool) (all, must []string) {
	for i, k := range root.keys {
		m, inside := root.members[i], named(k, "metadata")
		var keys []string
		switch {
		case named(k, "_id"):
			all = append(all, nearID(m, query)...)
			continue
		case named(k, "startTime"), named(k, "lastActionAt"):
			continue
		case !inside:
			keys = []string{k}
			all = append(all, nearKeys(&node{kind: '{', keys: keys, members: []*node{m}}, nil, 0, query)...)
		default:
			all = append(all, nearKeys(m, nil, 0, query)...)
		}
		for _, p := range places(m, keys, 0) {
			equal, spoken, like := nearAt(p, query, inside)
			if equal || spoken || like {
				all = append(all, p.path)
			}
			if equal || spoken && plain {
				must = append(must, p.path)
			}
		}
	}
	return all, must
}

// nearID says whether the id differs in case alone.
func nearID(id *node, query match.Query) []string {
	for _, s := range query.Selectors {
		if s.Metadata == nil && id.kind == 's' && referenceFold(id.text) == referenceFold(s.ConversationID) {
			return []string{"_id"}
		}
	}
	return nil
}

// nearKeys are the paths of keys that say what a query asks for.
func nearKeys(n *node, keys []string, level int, query match.Query) (out []string) {
	if inner := innerTree(n); inner != nil && level < 3 {
		return nearKeys(inner, keys, level+1, query)
	}
	for i, m := range n.members {
		path := keys
		if n.kind == '{' {
			path = append(keys[:len(keys):len(keys)], n.keys[i])
			for _, s := range query.Selectors {
				for _, v := range referenceSpellings(valueOf(s)) {
					if referenceMentions(referenceFoldText(n.keys[i]), v) {
						out = append(out, strings.Join(path, "."))
					}
				}
			}
		}
		out = append(out, nearKeys(m, path, level, query)...)
	}
	return out
}

func valueOf(s dsr.Selector) string {
	if s.Metadata != nil {
		return s.Metadata.Value
	}
	return s.ConversationID
}

func nearAt(p place, query match.Query, inside bool) (equal, spoken, like bool) {
	isText := p.leaf.kind == 's'
	for _, s := range query.Selectors {
		value := valueOf(s)
		alike := isText && referenceFold(value) == referenceFold(p.leaf.text)
		if m := s.Metadata; m != nil {
			elsewhere := !inside || m.Key != "" && m.Key != "*" && m.Key != p.path
			equal = equal || elsewhere && referenceEqual(*m, p.leaf, query.Region)
			equal = equal || m.Match == dsr.Exact && alike
		}
		for _, v := range referenceSpellings(value) {
			spoken = spoken || isText && referenceMentions(referenceFoldText(p.leaf.text), v)
		}
		like = like || s.Metadata == nil && alike || isText && (referenceLike(value, p.leaf.text) || strings.ContainsAny(p.leaf.text, `%&\`)) ||
			p.leaf.kind != 'l' && referenceDigits(value) != "" && referenceDigits(value) == referenceDigits(p.leaf.text)
	}
	return equal, spoken, like
}

// referenceLike compares without accents, and with one kind of quotation mark and dash;
// mailboxes without dots and what follows a plus.
func referenceLike(a, b string) bool {
	return bareText(a) == bareText(b) || bareMailbox(a) != "" && bareMailbox(a) == bareMailbox(b)
}

func bareText(s string) string {
	s, _, _ = transform.String(transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.M))), referenceFold(s))
	s = strings.NewReplacer("‘", "'", "’", "'", "ʼ", "'", "“", `"`, "”", `"`, "–", "-", "—", "-", "‐", "-",
		"ł", "l", "ø", "o", "đ", "d", "ħ", "h", "ŧ", "t", "ı", "i").Replace(s)
	return strings.Join(strings.Fields(s), " ")
}

func bareMailbox(s string) string {
	p := regexp.MustCompile(`^([^@+ ]*)(?:\+[^@ ]*)?@([^@ ]+)$`).FindStringSubmatch(referenceFoldText(s))
	if p == nil || strings.ReplaceAll(p[1], ".", "") == "" {
		return ""
	}
	return strings.ReplaceAll(p[1], ".", "") + "@" + p[2]
}

func referenceDigits(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			return ""
		case unicode.IsDigit(r):
			b.WriteRune(r)
		}
	}
	digits := digitsOf(b.String())
	if len(digits) < 7 {
		return ""
	}
	return digits
}

// digitsOf writes the digits of any script in ASCII.
func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		first := r
		for unicode.IsDigit(first - 1) {
			first--
		}
		return '0' + (r-first)%10
	}, s)
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
		for _, p := range n.Places {
			got[n.Query] = append(got[n.Query], p.Path)
		}
		if len(n.Places) == 0 || i > 0 && v.Near[i-1].Query >= n.Query {
			t.Fatalf("near misses %v\nrecord %q", v.Near, record)
		}
	}
	root, err := parseTree(record)
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	for q, query := range queries {
		plain := !bytes.Contains(record, []byte(`\`)) && !bytes.Contains(record, []byte("  ")) && !slices.ContainsFunc(record, func(c byte) bool { return c >= 0x80 })
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
		queries := []match.Query{{Selectors: []dsr.Selector{byID("nobody")}}, {Selectors: []dsr.Selector{c.selector}}}
		v, err := mustCompile(t, queries).Decide(record)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range v.Near {
			if n.Query != 1 {
				t.Errorf("%s: query %d", c.name, n.Query)
			}
			for _, p := range n.Places {
				got = append(got, p.Path)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestWhatIsLikeAValueIsANearMiss: each way of being like it, with the text around the hit.
func TestWhatIsLikeAValueIsANearMiss(t *testing.T) {
	t.Parallel()
	mail := by("email", "ana.diaz@example.com", dsr.Normalized)
	name := by("name", "José O'Brien-Díaz", dsr.Normalized)
	cases := []struct {
		name     string
		selector dsr.Selector
		record   string
		want     []match.NearHit
	}{
		{"beside the metadata", mail, `{"user":{"email":"Ana.Diaz@example.com"}}`, []match.NearHit{{Path: "user.email", Kind: match.NearOutside, Text: "Ana.Diaz@example.com"}}},
		{"under its own key beside the metadata", mail, `{"email":"ana.diaz@example.com"}`, []match.NearHit{{Path: "email", Kind: match.NearOutside, Text: "ana.diaz@example.com"}}},
		{"beside the metadata, mentioned", mail, `{"tags":["for ana.diaz@example.com!"]}`, []match.NearHit{{Path: "tags", Kind: match.NearMentioned, Text: "for ana.diaz@example.com!"}}},
		{"a number beside the metadata", by("k", "4711", dsr.Normalized), `{"customer":4711.0}`, []match.NearHit{{Path: "customer", Kind: match.NearOutside, Text: "4711.0"}}},
		{"as a key", mail, `{"metadata":{"a":{"ana.diaz@example.com":{"opted":true}}}}`, []match.NearHit{{Path: "a.ana.diaz@example.com", Kind: match.NearAsKey, Text: "ana.diaz@example.com"}}},
		{"as a key beside the metadata", mail, `{"by":{"ana.diaz@example.com":1}}`, []match.NearHit{{Path: "by.ana.diaz@example.com", Kind: match.NearAsKey, Text: "ana.diaz@example.com"}}},
		{"escaped in a link", mail, `{"metadata":{"url":"https://shop.example/?e=ana.diaz%40example.com&x=1"}}`, []match.NearHit{{Path: "url", Kind: match.NearEscaped, Text: "https://shop.example/?e=ana.diaz@example.com&x=1"}}},
		{"escaped in HTML", mail, `{"metadata":{"html":"<b>ana.diaz&#64;example.com</b>"}}`, []match.NearHit{{Path: "html", Kind: match.NearEscaped, Text: "<b>ana.diaz@example.com</b>"}}},
		{"escaped in JSON that is cut", mail, `{"metadata":{"log":"{\"e\":\"ana.diaz\\u0040example.com\""}}`, []match.NearHit{{Path: "log", Kind: match.NearEscaped, Text: `{"e":"ana.diaz@example.com"`}}},
		{"without accents", name, `{"metadata":{"name":"Jose O'Brien-Diaz"}}`, []match.NearHit{{Path: "name", Kind: match.NearSpelling, Text: "Jose O'Brien-Diaz"}}},
		{"without strokes", by("name", "Lukasz Zelik", dsr.Normalized), `{"metadata":{"name":"ŁUKASZ Żelik"}}`, []match.NearHit{{Path: "name", Kind: match.NearSpelling, Text: "ŁUKASZ Żelik"}}},
		{"with other marks", name, `{"metadata":{"name":"José O’Brien‑Díaz"}}`, []match.NearHit{{Path: "name", Kind: match.NearSpelling, Text: "José O’Brien‑Díaz"}}},
		{"in other case where the match is exact", by("k", "Ana", dsr.Exact), `{"metadata":{"k":"ANA"}}`, []match.NearHit{{Path: "k", Kind: match.NearSpelling, Text: "ANA"}}},
		{"the same digits", by("tel", "030-3923415", dsr.Normalized), `{"metadata":{"tel":"(030) 392 34 15"}}`, []match.NearHit{{Path: "tel", Kind: match.NearDigits, Text: "(030) 392 34 15"}}},
		{"the same digits, a number", by("no", "12-345-678", dsr.Normalized), `{"metadata":{"no":12345678}}`, []match.NearHit{{Path: "no", Kind: match.NearDigits, Text: "12345678"}}},
		{"six digits say nothing", by("no", "12-34-56", dsr.Normalized), `{"metadata":{"no":123456}}`, nil},
		{"the same mailbox", mail, `{"metadata":{"email":"AnaDiaz+shop@example.com"}}`, []match.NearHit{{Path: "email", Kind: match.NearMailbox, Text: "AnaDiaz+shop@example.com"}}},
		{"another mailbox", mail, `{"metadata":{"email":"ana-diaz@example.com"}}`, nil},
		{"an id in other case", byID("5C80fe"), `{"_id":"5c80FE"}`, []match.NearHit{{Path: "_id", Kind: match.NearIDCase, Text: "5c80FE"}}},
		{"an id in the metadata", byID("5c80"), `{"metadata":{"session":"5C80"}}`, []match.NearHit{{Path: "session", Kind: match.NearOtherKey, Text: "5C80"}}},
		{"around a hit in a long text", mail, `{"metadata":{"t":"` + strings.Repeat("ÄÖ ", 100) + `ana.diaz@example.com` + strings.Repeat(" äö", 100) + `"}}`, nil},
	}
	for _, c := range cases {
		v, err := mustCompile(t, []match.Query{{Selectors: []dsr.Selector{c.selector}}}).Decide([]byte(c.record))
		var got []match.NearHit
		for _, n := range v.Near {
			got = append(got, n.Places...)
		}
		if strings.HasPrefix(c.name, "around") {
			if len(got) != 1 || len(got[0].Text) > 160 || !strings.Contains(got[0].Text, "ÄÖ ana.diaz@example.com äö") {
				t.Errorf("%s: got %+v", c.name, got)
			}
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil || len(v.Hits) > 0 {
			t.Errorf("%s: %v, %v (-want +got):\n%s", c.name, err, v.Hits, diff)
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
	if err != nil || len(v.Near) != 1 || len(v.Near[0].Places) != match.MaxNear {
		t.Errorf("%v, %v", v.Near, err)
	}
}
