package match_test

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

// referenceNear lists where a query nearly matches: all places that may be told, and those
// that must be. Whether a place may be told is worked out for those that were.
func referenceNear(f match.Fields, root *node, query match.Query, told []string) (all, must []string) {
	r := nearReference{f: f, query: query, told: told, inside: standingAt(root, f.Metadata...)}
	if !f.NotAsked {
		r.ids = standingAt(root, f.ID)
	}
	for i, k := range root.keys {
		if !named(k, f.Start.String()) && !named(k, f.LastAction.String()) || f.Whole() {
			r.member(nil, k, root.members[i], f.Whole(), true)
		}
	}
	return append(r.all, r.must...), r.must
}

type nearReference struct {
	f           match.Fields
	query       match.Query
	told        []string
	inside, ids []*node // where the metadata begins, and what the id is
	all, must   []string
}

// member looks at a member of an object, and at what is below it. At the top the keys of the
// metadata and of the id are part of no path.
func (r *nearReference) member(keys []string, key string, n *node, inside, top bool) {
	isID := len(r.f.ID) == 1 && slices.Contains(r.ids, n)
	if !top || inside || !isID && !slices.Contains(r.inside, n) {
		r.keys(&node{kind: '{', keys: []string{key}, members: []*node{{kind: 'l'}}}, keys)
		keys = append(keys[:len(keys):len(keys)], key)
	}
	r.value(keys, n, inside)
}

func (r *nearReference) value(keys []string, n *node, inside bool) {
	if !inside && slices.Contains(r.inside, n) {
		keys, inside = nil, true
	}
	isID := slices.Contains(r.ids, n)
	if isID {
		r.must = append(r.must, nearID(r.f, n, r.query)...)
	}
	switch {
	case isID && !inside && n.kind != 's' && n.kind != 'n': // it is no id, nor anything else
	case isID && !inside:
		r.places([]place{{path: r.f.ID.String(), leaf: n}}, false)
	case n.kind == '{':
		for i, m := range n.members {
			r.member(keys, n.keys[i], m, inside, false)
		}
	case n.kind == '[':
		for _, m := range n.members {
			r.value(keys, m, inside)
		}
	default:
		r.keys(n, keys)
		r.places(places(n, keys, 0), inside)
	}
}

func (r *nearReference) keys(n *node, keys []string) {
	a, b := nearKeys(n, keys, 0, r.query, r.told)
	r.all, r.must = append(r.all, a...), append(r.must, b...)
}

func (r *nearReference) places(here []place, inside bool) {
	for _, p := range here {
		if nearAt(p, r.untold(p.leaf), inside) {
			r.must = append(r.must, p.path)
		}
		if slices.Contains(r.told, p.path) && nearPerhapsAt(p, r.query) {
			r.all = append(r.all, p.path)
		}
	}
}

// untold is the query without what a leaf is told for as an id: one place is told once for each
// selector, also where it is an id and stands in the metadata.
func (r *nearReference) untold(leaf *node) match.Query {
	if !slices.Contains(r.ids, leaf) {
		return r.query
	}
	query := r.query
	query.Selectors = slices.DeleteFunc(slices.Clone(query.Selectors), func(s dsr.Selector) bool { return isNearID(leaf, s) })
	return query
}

// nearID says whether the id differs in case alone, or in what is not seen.
func nearID(f match.Fields, id *node, query match.Query) []string {
	if slices.ContainsFunc(query.Selectors, func(s dsr.Selector) bool { return isNearID(id, s) }) {
		return []string{f.ID.String()}
	}
	return nil
}

func isNearID(id *node, s dsr.Selector) bool {
	return s.Metadata == nil && id.kind == 's' && referenceFold(id.text) == referenceFold(s.ConversationID)
}

// nearKeys are the paths of keys that may say, or do say, what a query asks for.
func nearKeys(n *node, keys []string, level int, query match.Query, told []string) (all, must []string) {
	if inner := innerTree(n); inner != nil && level < 3 {
		return nearKeys(inner, keys, level+1, query, told)
	}
	for i, m := range n.members {
		path := keys
		if n.kind == '{' {
			path = append(keys[:len(keys):len(keys)], n.keys[i])
			for _, s := range query.Selectors {
				if nearSpoken(n.keys[i], valueOf(s)) {
					must = append(must, strings.Join(path, "."))
				}
				if slices.Contains(told, strings.Join(path, ".")) && nearPerhaps(n.keys[i], s, query.Region) {
					all = append(all, strings.Join(path, "."))
				}
			}
		}
		a, b := nearKeys(m, path, level, query, told)
		all, must = append(all, a...), append(must, b...)
	}
	return all, must
}

func valueOf(s dsr.Selector) string {
	if s.Metadata != nil {
		return s.Metadata.Value
	}
	return s.ConversationID
}

// nearAt says whether something like a value stands at a place, as is promised.
func nearAt(p place, query match.Query, inside bool) (is bool) {
	isText := p.leaf.kind == 's'
	for _, s := range query.Selectors {
		value := valueOf(s)
		alike := isText && referenceFold(value) == referenceFold(p.leaf.text)
		if m := s.Metadata; m != nil {
			elsewhere := !inside || m.Key != "" && m.Key != "*" && m.Key != p.path
			is = is || elsewhere && referenceEqual(*m, p.leaf, query.Region) || m.Match == dsr.Exact && alike
		}
		is = is || s.Metadata == nil && alike
		is = is || isText && (nearSpoken(p.leaf.text, value) || referenceLike(value, p.leaf.text)) ||
			p.leaf.kind != 'l' && referenceDigits(value) != "" && referenceDigits(value) == referenceDigits(p.leaf.text)
	}
	return is
}

func nearPerhapsAt(p place, query match.Query) bool {
	return slices.ContainsFunc(query.Selectors, func(s dsr.Selector) bool {
		return p.leaf.kind == 's' && nearPerhaps(p.leaf.text, s, query.Region) || p.leaf.kind == 'n' && s.Metadata != nil && s.Metadata.Match == dsr.Phone
	})
}

// nearSpoken says whether a text mentions a value, in any of its spellings.
func nearSpoken(text, value string) bool {
	for _, v := range referenceSpellings(value) {
		if utf8.RuneCountInString(bareText(v)) >= 4 && referenceMentions(referenceFoldText(text), v) {
			return true
		}
	}
	return false
}

// nearPerhaps says whether a text may be told: it has escapes, or most of the value.
func nearPerhaps(text string, s dsr.Selector, region string) bool {
	value := valueOf(s)
	if strings.ContainsAny(text, `%&\=`) {
		return true
	}
	for _, v := range append(referenceSpellings(value), value) {
		if bare := bareText(v); bare != "" && strings.Contains(bareText(text), bare) {
			return true
		}
	}
	if local := referenceLocal.FindStringSubmatch(digitsOf(value)); local != nil && !strings.ContainsAny(value, "+＋") && strings.Contains(digitsOf(norm.NFKC.String(text)), local[1]) {
		return true
	}
	if s.Metadata == nil || s.Metadata.Match != dsr.Phone {
		return false
	}
	number := referencePhone(value, cmp.Or(s.Metadata.Region, region))
	return strings.Contains(digitsOf(norm.NFKC.String(text)), number[max(len(number)-4, 0):])
}

// referenceLocal are the digits of a number without its country.
var referenceLocal = regexp.MustCompile(`^0([1-9]\d{6,})$`)

// referenceLike compares without accents, blanks and marks; mailboxes without dots and what
// follows a plus.
func referenceLike(a, b string) bool {
	return bareText(a) != "" && bareText(a) == bareText(b) || bareMailbox(a) != "" && bareMailbox(a) == bareMailbox(b)
}

var bareText = remembered(func(s string) string {
	s, _, _ = transform.String(transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.M))), referenceFold(s))
	s = strings.NewReplacer("ł", "l", "ø", "o", "đ", "d", "ħ", "h", "ŧ", "t", "ı", "i", "。", ".").Replace(s)
	return barely.ReplaceAllString(s, "")
})

var barely = regexp.MustCompile("[\\p{Cc}\\p{Z}\\p{Pd}\u2800\u2212\u2043+'`\"\u2018-\u201F\u2032\u2033\u2035\u2036\u02B9\u02BB\u02BC\u2039\u203A\u00AB\u00BB]+")

var mailboxParts = regexp.MustCompile(`^([^@+ ]*)(?:\+[^@ ]*)?@([^@ ]+)$`)

func bareMailbox(s string) string {
	if !strings.ContainsAny(s, "@＠﹫") {
		return ""
	}
	p := mailboxParts.FindStringSubmatch(referenceFoldText(s))
	if p == nil || strings.ReplaceAll(p[1], ".", "") == "" {
		return ""
	}
	return strings.ReplaceAll(p[1], ".", "") + "@" + p[2]
}

func referenceDigits(s string) string {
	var b strings.Builder
	for _, r := range referenceFold(s) {
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

// digitsOf are the digits of a text, of any script, in ASCII.
func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsDigit(r) {
			return -1
		}
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
func compareNear(t failer, f match.Fields, m *match.Matcher, record []byte, queries []match.Query, hits []match.Hit) {
	t.Helper()
	v, err := decideTwice(t, m, bytes.Clone(record))
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
		all, must := referenceNear(f, root, query, got[q])
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
		v, err := decideTwice(t, mustCompile(t, queries), record)
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
		if diff := gocmp.Diff(c.want, got); diff != "" {
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
		{"escaped in HTML that is escaped", mail, `{"metadata":{"html":"ana.diaz\u0026#64;example.com"}}`, []match.NearHit{{Path: "html", Kind: match.NearEscaped, Text: "ana.diaz@example.com"}}},
		{"escaped in a link that is escaped", mail, `{"metadata":{"url":"/?e=ana.diaz\u002540example.com"}}`, []match.NearHit{{Path: "url", Kind: match.NearEscaped, Text: "/?e=ana.diaz@example.com"}}},
		{"escaped in a mail's text that is escaped", mail, `{"metadata":{"mail":"to ana.diaz\u003D40example.com"}}`, []match.NearHit{{Path: "mail", Kind: match.NearEscaped, Text: "to ana.diaz@example.com"}}},
		{"escaped in JSON by a backslash that is escaped", mail, `{"metadata":{"log":"{\u005Cu0065: ana.diaz\u005Cu0040example.com"}}`, []match.NearHit{{Path: "log", Kind: match.NearEscaped, Text: "{e: ana.diaz@example.com"}}},
		{"escaped in JSON that is cut", mail, `{"metadata":{"log":"{\"e\":\"ana.diaz\\u0040example.com\""}}`, []match.NearHit{{Path: "log", Kind: match.NearEscaped, Text: `{"e":"ana.diaz@example.com"`}}},
		{"without accents", name, `{"metadata":{"name":"Jose O'Brien-Diaz"}}`, []match.NearHit{{Path: "name", Kind: match.NearSpelling, Text: "Jose O'Brien-Diaz"}}},
		{"without strokes", by("name", "Lukasz Zelik", dsr.Normalized), `{"metadata":{"name":"ŁUKASZ Żelik"}}`, []match.NearHit{{Path: "name", Kind: match.NearSpelling, Text: "ŁUKASZ Żelik"}}},
		{"with other marks", name, `{"metadata":{"name":"José O’Brien‑Díaz"}}`, []match.NearHit{{Path: "name", Kind: match.NearSpelling, Text: "José O’Brien‑Díaz"}}},
		{"in other case where the match is exact", by("k", "Ana", dsr.Exact), `{"metadata":{"k":"ANA"}}`, []match.NearHit{{Path: "k", Kind: match.NearSpelling, Text: "ANA"}}},
		{"the same digits", by("tel", "030-3923415", dsr.Normalized), `{"metadata":{"tel":"(030) 392 34 15"}}`, []match.NearHit{{Path: "tel", Kind: match.NearDigits, Text: "(030) 392 34 15"}}},
		{"the same digits, a number", by("no", "12-345-678", dsr.Normalized), `{"metadata":{"no":12345678}}`, []match.NearHit{{Path: "no", Kind: match.NearDigits, Text: "12345678"}}},
		{"a number without its country", by("*", "030 392-3415", dsr.Normalized), `{"metadata":{"tel":"+49 30 3923415"}}`, []match.NearHit{{Path: "tel", Kind: match.NearMentioned, Text: "+49 30 3923415"}}},
		{"a number without its country, in a text", by("*", "(030) 3923415", dsr.Normalized), `{"metadata":{"q":"call 0049303923415 now"}}`, []match.NearHit{{Path: "q", Kind: match.NearMentioned, Text: "call 0049303923415 now"}}},
		{"the end of a longer number", by("*", "030 3923415", dsr.Normalized), `{"metadata":{"tel":"12345303923415"}}`, nil},
		{"six digits say nothing", by("no", "12-34-56", dsr.Normalized), `{"metadata":{"no":123456}}`, nil},
		{"the same mailbox", mail, `{"metadata":{"email":"AnaDiaz+shop@example.com"}}`, []match.NearHit{{Path: "email", Kind: match.NearMailbox, Text: "AnaDiaz+shop@example.com"}}},
		{"another mailbox", mail, `{"metadata":{"email":"ana-diaz@example.com"}}`, nil},
		{"an id in other case", byID("5C80fe"), `{"_id":"5c80FE"}`, []match.NearHit{{Path: "_id", Kind: match.NearIDCase, Text: "5c80FE"}}},
		{"an id in the metadata", byID("5c80"), `{"metadata":{"session":"5C80"}}`, []match.NearHit{{Path: "session", Kind: match.NearOtherKey, Text: "5C80"}}},
		{"around a hit in a long text", mail, `{"metadata":{"t":"` + strings.Repeat("ÄÖ ", 100) + `ana.diaz@example.com` + strings.Repeat(" äö", 100) + `"}}`, nil},
	}
	for _, c := range cases {
		v, err := decideTwice(t, mustCompile(t, []match.Query{{Selectors: []dsr.Selector{c.selector}}}), []byte(c.record))
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
		if diff := gocmp.Diff(c.want, got); diff != "" || err != nil || len(v.Hits) > 0 {
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
	v, err := decideTwice(t, mustCompile(t, []match.Query{{Selectors: []dsr.Selector{by("email", "ana@example.com", dsr.Normalized)}}}), []byte(record+`"z":0}}`))
	if err != nil || len(v.Near) != 1 || len(v.Near[0].Places) != match.MaxNear {
		t.Errorf("%v, %v", v.Near, err)
	}
}

// TestNearMissesHoweverTheyAreWritten: each is found, of its kind, and at its place; what is
// beside it in the table is no near miss.
func TestNearMissesHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	mail, name, id := by("email", "ana.diaz@example.com", dsr.Normalized), by("name", "José Díaz", dsr.Normalized), byID("5c80ABC-1")
	irish, phone := by("name", "Ann O'Brien", dsr.Normalized), dsr.Selector{Metadata: &dsr.Metadata{Key: "tel", Value: "+49303923415", Match: dsr.Phone, Region: "DE"}}
	escaped := func(text string) string { return `{"metadata":{"k":"` + text + `"}}` }
	for record, c := range map[string]struct {
		s    dsr.Selector
		want string // kind and path
	}{
		// ids
		`{"metadata":{"ref":"5c80ABC-1 "}}`:           {id, "other_key ref"},
		`{"metadata":{"ref":"\u200b5C80abc-1"}}`:      {id, "other_key ref"},
		`{"metadata":{"ref":"see 5c80abc-1."}}`:       {id, "mentioned ref"},
		`{"metadata":{"ref":"5c80ABC1"}}`:             {id, "spelling ref"},
		`{"_id":" 5c80ABC-1 "}`:                       {id, "id_case _id"},
		`{"_id":"\t5c80ABC-1"}`:                       {id, "id_case _id"},
		`{"_id":"5C80abc-1"}`:                         {id, "id_case _id"},
		`{"_id":"5c80\u200bABC-1"}`:                   {id, "id_case _id"},
		"{\"_id\":\"\ufeff5c80ABC-1\"}":               {id, "id_case _id"},
		`{"_id":"prefix:5c80ABC-1"}`:                  {id, "mentioned _id"},
		`{"_id":"5c80ABC1"}`:                          {id, "outside_metadata _id"},
		`{"conversationId":"5c80abc-1","_id":"x"}`:    {id, "outside_metadata conversationId"},
		`{"_id":"5c80ABC-12"}`:                        {id, ""},
		`{"_id":4711007}`:                             {by("k", "4711007", dsr.Normalized), "outside_metadata _id"},
		`{"_id":"4711007"}`:                           {by("k", "47-11-007", dsr.Normalized), "outside_metadata _id"},
		`{"_id":"user_ana.diaz@example.com"}`:         {mail, "mentioned _id"},
		`{"_id":"ana.diaz%40example.com"}`:            {mail, "escaped _id"},
		`{"_id":"x","tags":["ANA.DIAZ＠example.com"]}`: {mail, "outside_metadata tags"},
		// texts in other characters
		escaped("von ａｎａ．ｄｉａｚ＠ｅｘａｍｐｌｅ．ｃｏｍ!"):             {mail, "mentioned k"},
		escaped(`von an\u200ba.diaz@exam\u00adple.com!`): {mail, "mentioned k"},
		escaped("von ana.diaz@exam\u2060ple.com"):        {mail, "mentioned k"},
		escaped("an: ana.diaz@example。com"):              {mail, "spelling k"},
		escaped("Jose\u0301 Di\u0301az war hier"):        {name, "mentioned k"},
		escaped("Jose Diaz war hier"):                    {name, "spelling k"},
		escaped("JOSÉ   DÍAZ\\nwar hier"):                {name, "mentioned k"},
		escaped("José\u200bDíaz"):                        {name, "spelling k"},
		escaped("José\u3164Díaz"):                        {name, "spelling k"},
		escaped("José\u2800Díaz"):                        {name, "spelling k"},
		escaped("José-Díaz"):                             {name, "spelling k"},
		escaped(`José\u0007 Díaz`):                       {name, "spelling k"},
		escaped("ana.diaz@exam\x7fple.com"):              {mail, "spelling k"},
		escaped("Jose Diazo"):                            {name, ""},
		// apostrophes
		escaped("Ann O´Brien"):           {irish, "spelling k"},
		escaped("Ann O`Brien"):           {irish, "spelling k"},
		escaped("Ann O’Brien"):           {irish, "spelling k"},
		escaped("Ann Oʼbrien"):           {irish, "spelling k"},
		escaped("Ann OBrien"):            {irish, "spelling k"},
		escaped("hier ist Ann O´Brien."): {irish, "spelling k"},
		escaped("hier ist Ann O`Brien."): {irish, "spelling k"},
		escaped("hier ist Ann O’Brien."): {irish, "spelling k"},
		escaped("hier ist ann obrien."):  {irish, "spelling k"},
		// escapes, also of escapes
		escaped("q=ana.diaz%2540example.com"):         {mail, "escaped k"},
		escaped("q=ana.diaz%252540example.com"):       {mail, "escaped k"},
		escaped("q=ana.diaz%u0040example.com"):        {mail, "escaped k"},
		escaped("ana.diaz&#64;example.com"):           {mail, "escaped k"},
		escaped("ana.diaz&#x40;example.com"):          {mail, "escaped k"},
		escaped("ana.diaz&#64example.com"):            {mail, "escaped k"},
		escaped("ana.diaz&amp;#64;example.com"):       {mail, "escaped k"},
		escaped("ana.diaz&commat;example&period;com"): {mail, "escaped k"},
		escaped(`ana.diaz\\x40example.com`):           {mail, "escaped k"},
		escaped(`ana.diaz\\u0040example.com`):         {mail, "escaped k"},
		escaped(`ana.diaz\\\\u0040example.com`):       {mail, "escaped k"},
		escaped(`ana.diaz\\u{40}example.com`):         {mail, "escaped k"},
		escaped("ana.diaz=40example.com"):             {mail, "escaped k"},
		escaped("=?utf-8?Q?Jos=C3=A9=20D=C3=ADaz?="):  {name, "escaped k"},
		escaped("n=Jose+Diaz&x"):                      {name, "spelling k"},
		escaped("n=Jos%C3%A9+D%C3%ADaz"):              {name, "escaped k"},
		escaped("n=Jos%C3%A9%20D%C3%ADaz"):            {name, "escaped k"},
		escaped("100%40 of =40 &amp; \\\\x40"):        {mail, ""},
		// keys
		`{"metadata":{"ana.diaz%40example.com":1}}`:  {mail, "as_key ana.diaz%40example.com"},
		`{"metadata":{"by ANA.DIAZ＠example.com":1}}`: {mail, "as_key by ANA.DIAZ＠example.com"},
		`{"metadata":{"Jose_Diaz":1,"Jose+Diaz":1}}`: {name, "as_key Jose+Diaz"},
		`{"metadata":{"+49 30 3923415":1}}`:          {phone, "as_key +49 30 3923415"},
		`{"users":{"49303923415":1}}`:                {phone, "as_key users.49303923415"},
		// the same mailbox, and the same digits, in other characters
		`{"metadata":{"k":" Ana.Diaz+shop@example.com "}}`:    {mail, "mailbox k"},
		`{"metadata":{"k":"anadiaz＠example.com"}}`:            {mail, "mailbox k"},
		`{"metadata":{"k":"\u0061nadiaz\u200b@example.com"}}`: {mail, "mailbox k"},
		`{"metadata":{"k":"１２ ３４５\u00a0６７８"}}`:                {by("no", "12-345-678", dsr.Normalized), "digits k"},
		`{"metadata":{"k":"12\t345\n678"}}`:                   {by("no", "12-345-678", dsr.Normalized), "digits k"},
		// phone numbers in texts
		escaped("Bitte rufen Sie mich an: 030 392 34 15, danke"): {phone, "mentioned k"},
		escaped("ring +49 (0)30 / 3923415 or 0151 1234567"):      {phone, "mentioned k"},
		escaped("0049303923415."):                                {phone, "other_key k"},
		escaped("tel=%2B49%2030%203923415&x=1 and more"):         {phone, "escaped k"},
		escaped("０３０ ３９２３４１５ bitte, oder später wieder"):         {phone, "mentioned k"},
		escaped("49303923415-1456789012@g.us"):                   {phone, "mentioned k"},
		escaped("true_49303923415@c.us_3EB0ABC"):                 {phone, "mentioned k"},
		escaped("sip:49303923415@sip.example.com and others"):    {phone, "mentioned k"},
		`{"_id":"49303923415@s.whatsapp.net"}`:                   {phone, "outside_metadata _id"},
		`{"_id":"wa_49303923415_7"}`:                             {phone, "mentioned _id"},
		`{"_id":49303923415}`:                                    {phone, "outside_metadata _id"},
		escaped("order 7749303923415"):                           {phone, ""},
		escaped("030 3923415 6"):                                 {phone, "mentioned k"},
		escaped("030 39234156, 30392341 5x1"):                    {phone, "mentioned k"},
		escaped("49303923 and 415"):                              {phone, ""},
	} {
		v, err := decideTwice(t, mustCompile(t, []match.Query{{Selectors: []dsr.Selector{c.s}}}), []byte(record))
		var got []string
		for _, n := range v.Near {
			for _, p := range n.Places {
				got = append(got, string(p.Kind)+" "+p.Path)
			}
		}
		if strings.Join(got, ", ") != c.want || err != nil || len(v.Hits) > 0 {
			t.Errorf("%s: got %q, %v, %v; want %q", record, got, v.Hits, err, c.want)
		}
	}
}

// TestALongTextIsSearchedToItsEnd, for mentions in every spelling.
func TestALongTextIsSearchedToItsEnd(t *testing.T) {
	t.Parallel()
	m := mustCompile(t, []match.Query{{Selectors: []dsr.Selector{by("email", "ana.diaz@example.com", dsr.Normalized)}}})
	for _, filler := range []string{"Grüße aus München! ", "xyz", `100%25 \\n `} {
		for _, size := range []int{10, 65_500, 70_000, 131_000} {
			for _, said := range []string{"ana.diaz@example.com", "ana.diaz%40example.com", "ＡＮＡ．ＤＩＡＺ@example.com", "ana.diaz%2540example.com"} {
				text := strings.Repeat(filler, size/len(filler)) + " " + said
				v, err := decideTwice(t, m, []byte(`{"metadata":{"k":"`+text+` "}}`))
				if err != nil || len(v.Near) != 1 || !strings.Contains(strings.ToLower(norm.NFKC.String(v.Near[0].Places[0].Text)), "ana.diaz@example.com") {
					t.Errorf("%q after %d of %q: %v, %v", said, size, filler, v.Near, err)
				}
			}
		}
	}
	for size := 65_480; size < 65_540; size++ { // where parts meet, between two words
		text := strings.Repeat("x", size-1000) + strings.Repeat("word ", 200) + "-ana.diaz%40example.com" + strings.Repeat("x", 20) + " diana.diaz@example.com" + strings.Repeat(" y", 10_000)
		if v, err := decideTwice(t, m, []byte(`{"metadata":{"k":"`+text+`"}}`)); err != nil || len(v.Near) != 0 {
			t.Fatalf("%d: %v, %v", size, v.Near, err)
		}
	}
}

// TestARecordThatIsNotSkimmedIsSearchedAsAnyOther, though a leaf of one before it was found to hold no word of a value.
func TestARecordThatIsNotSkimmedIsSearchedAsAnyOther(t *testing.T) {
	t.Parallel()
	m, err := match.Compile([]match.Query{{Selectors: []dsr.Selector{{Metadata: &dsr.Metadata{Key: "email", Value: "jane.doe@example.com"}}}}}, fields)
	if err != nil {
		t.Fatal(err)
	}
	const usual, strange = `{"_id":"a","metadata":{"name":"Jane Smith"}}`, `{"_id":"b","metadata":{"said":"write to jane.doe@example.com","s\u0061id":""}}`
	var near []match.Near
	err = m.Scan([]byte(strings.Repeat(usual+"\n", 5)+strange), match.NDJSON, func(r match.Record) bool {
		near = append(near, r.Near...)
		return true
	})
	if err != nil || len(near) != 1 {
		t.Errorf("%v, %+v", err, near)
	}
}
