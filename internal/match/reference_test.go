package match_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/unicode/rangetable"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
	"dsr-server/internal/record"
)

// The reference decides with a full decode into a tree of its own and shares no code
// with the package: encoding/json reads the tokens, big.Rat compares numbers, and the
// folding is put together here.

// node is a JSON value; objects keep every member, repeated keys too.
type node struct {
	kind    byte // '{' '[' 's' 'n' 'l'
	text    string
	keys    []string
	members []*node
}

func parseTree(record []byte) (*node, error) {
	if !json.Valid(record) {
		return nil, errors.New("not JSON")
	}
	d := json.NewDecoder(bytes.NewReader(record))
	d.UseNumber()
	n, err := readNode(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("trailing text: %w", err)
	}
	return n, nil
}

func readNode(d *json.Decoder) (*node, error) {
	tok, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch v := tok.(type) {
	case json.Delim:
		n := &node{kind: byte(v)}
		for d.More() {
			if v == '{' {
				k, err := d.Token()
				if err != nil {
					return nil, err
				}
				n.keys = append(n.keys, k.(string))
			}
			m, err := readNode(d)
			if err != nil {
				return nil, err
			}
			n.members = append(n.members, m)
		}
		_, err := d.Token()
		return n, err
	case string:
		return &node{kind: 's', text: v}, nil
	case json.Number:
		return &node{kind: 'n', text: v.String()}, nil
	}
	return &node{kind: 'l', text: fmt.Sprint(tok)}, nil
}

func (n *node) depth() int {
	if n.kind != '{' && n.kind != '[' {
		return 0
	}
	deepest := 0
	for _, m := range n.members {
		deepest = max(deepest, m.depth())
	}
	return 1 + deepest
}

// ignorable is Default_Ignorable_Code_Point as DerivedCoreProperties.txt lists it.
var ignorable = rangetable.Merge(&unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0xAD, Hi: 0xAD, Stride: 1}, {Lo: 0x34F, Hi: 0x34F, Stride: 1}, {Lo: 0x61C, Hi: 0x61C, Stride: 1}, {Lo: 0x115F, Hi: 0x1160, Stride: 1},
		{Lo: 0x17B4, Hi: 0x17B5, Stride: 1}, {Lo: 0x180B, Hi: 0x180F, Stride: 1}, {Lo: 0x200B, Hi: 0x200F, Stride: 1}, {Lo: 0x202A, Hi: 0x202E, Stride: 1},
		{Lo: 0x2060, Hi: 0x206F, Stride: 1}, {Lo: 0x3164, Hi: 0x3164, Stride: 1}, {Lo: 0xFE00, Hi: 0xFE0F, Stride: 1}, {Lo: 0xFEFF, Hi: 0xFEFF, Stride: 1},
		{Lo: 0xFFA0, Hi: 0xFFA0, Stride: 1}, {Lo: 0xFFF0, Hi: 0xFFF8, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0x1BCA0, Hi: 0x1BCA3, Stride: 1}, {Lo: 0x1D173, Hi: 0x1D17A, Stride: 1}, {Lo: 0xE0000, Hi: 0xE0FFF, Stride: 1}},
})

var (
	whiteSpaces = regexp.MustCompile(`[\t-\r \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]+`)
	mailAddress = regexp.MustCompile(`^([^@ ]+)@([^@ /:]+)$`)
)

// referenceFold is NFKC(casefold(NFKC(s without what cannot be seen))) with one blank for
// white space, and the names of an e-mail address's domain for their ASCII forms.
func referenceFold(s string) string {
	s = referenceFoldText(s)
	if p := mailAddress.FindStringSubmatch(s); p != nil {
		labels := strings.Split(strings.ReplaceAll(p[2], "。", "."), ".")
		for i, label := range labels {
			if name, err := idna.Lookup.ToUnicode(label); err == nil && strings.HasPrefix(label, "xn--") {
				labels[i] = name
			}
		}
		if domain := strings.Join(labels, "."); domain != p[2] {
			return p[1] + "@" + referenceFoldText(domain)
		}
	}
	return s
}

// referenceSpellings are the forms of a value that may stand inside of a text.
func referenceSpellings(value string) []string {
	folded := referenceFoldText(value)
	p := mailAddress.FindStringSubmatch(folded)
	if p == nil {
		return []string{folded}
	}
	all := []string{folded, referenceFold(value)}
	visible, _, _ := transform.String(transform.Chain(runes.Remove(runes.In(ignorable)), norm.NFKC), value)
	_, domain, _ := strings.Cut(strings.TrimSpace(strings.ToLower(visible)), "@")
	for _, d := range []string{strings.TrimPrefix(all[1], p[1]+"@"), domain} {
		if ascii, err := idna.Lookup.ToASCII(d); err == nil {
			all = append(all, p[1]+"@"+referenceFoldText(ascii))
		}
	}
	return all
}

// remembered works out once what the reference asks about again and again.
func remembered(of func(string) string) func(string) string {
	var known sync.Map
	return func(s string) string {
		if text, ok := known.Load(s); ok {
			return text.(string)
		}
		text := of(s)
		known.Store(s, text)
		return text
	}
}

var referenceFoldText = remembered(func(s string) string {
	visible := runes.Remove(runes.In(ignorable))
	chain := transform.Chain(visible, norm.NFKC, cases.Fold(), runes.Map(upperCherokee), norm.NFKC, visible)
	s, _, err := transform.String(chain, s)
	if err != nil {
		panic(err)
	}
	return strings.Trim(whiteSpaces.ReplaceAllString(s, " "), " ")
})

// upperCherokee mends x/text, which swaps the two cases instead of folding.
func upperCherokee(r rune) rune {
	if u := cherokeeUpper.Replace(string(r)); u != string(r) {
		return []rune(u)[0]
	}
	return r
}

var cherokeeUpper = func() *strings.Replacer {
	var pairs []string
	for _, r := range "ᏰᏱᏲᏳᏴᏵ" {
		pairs = append(pairs, string(r+8), string(r))
	}
	for i := range rune(80) {
		pairs = append(pairs, string(0xAB70+i), string(0x13A0+i))
	}
	return strings.NewReplacer(pairs...)
}()

var jsonNumber = regexp.MustCompile(`^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$`)

func sameNumber(value, leaf string) bool {
	value = strings.TrimFunc(value, func(r rune) bool { return unicode.Is(unicode.White_Space, r) })
	a, b := jsonNumber.FindStringSubmatch(value), jsonNumber.FindStringSubmatch(leaf)
	if a == nil || b == nil {
		return false
	}
	if len(a[4]) > 4 || len(b[4]) > 4 {
		return sameScaled(a, b)
	}
	x, okX := new(big.Rat).SetString(value)
	y, okY := new(big.Rat).SetString(leaf)
	return okX && okY && x.Cmp(y) == 0
}

// sameScaled compares numbers whose powers of ten are too large to be written out.
func sameScaled(a, b []string) bool {
	ma, ea := scaled(a)
	mb, eb := scaled(b)
	return ma.Cmp(mb) == 0 && (ma.Sign() == 0 || ea.Cmp(eb) == 0)
}

// scaled is mantissa and exponent with every factor of ten in the exponent.
func scaled(n []string) (*big.Int, *big.Int) {
	m, _ := new(big.Int).SetString(n[1]+n[2]+n[3], 10)
	e := new(big.Int)
	if n[4] != "" {
		e.SetString(strings.TrimPrefix(n[4], "+"), 10)
	}
	e.Sub(e, big.NewInt(int64(len(n[3]))))
	ten, one := big.NewInt(10), big.NewInt(1)
	for m.Sign() != 0 {
		q, r := new(big.Int).QuoRem(m, ten, new(big.Int))
		if r.Sign() != 0 {
			break
		}
		m = q
		e.Add(e, one)
	}
	return m, e
}

type place struct {
	path string
	leaf *node
}

// places lists the leaves under n in document order, and those inside of texts.
func places(n *node, keys []string, level int) []place {
	var all []place
	switch n.kind {
	case '{':
		for i, m := range n.members {
			all = append(all, places(m, append(keys[:len(keys):len(keys)], n.keys[i]), level)...)
		}
	case '[':
		for _, m := range n.members {
			all = append(all, places(m, keys, level)...)
		}
	default:
		all = append(all, place{path: strings.Join(keys, "."), leaf: n})
		if inner := innerTree(n); level < 3 && inner != nil {
			all = append(all, places(inner, keys, level+1)...)
		}
	}
	return all
}

// innerTree is the JSON object or array that a text is in itself, or nil. Of a text that is a
// JSON string with one inside, the string is a level of its own.
func innerTree(n *node) *node {
	text := strings.TrimFunc(n.text, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(ignorable, r) })
	if n.kind != 's' || text == "" || !strings.ContainsAny(text[:1], `{["`) {
		return nil
	}
	inner, err := parseTree([]byte(text))
	if err != nil || inner.depth() > match.MaxDepth {
		return nil
	}
	if inner.kind == 's' && !holdsTree(inner.text) {
		return nil
	}
	return inner
}

// holdsTree reports whether a text begins as JSON does.
func holdsTree(text string) bool {
	text = strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(ignorable, r) })
	return text != "" && strings.ContainsAny(text[:1], `{["`)
}

// standingAt lists what stands where paths lead to, in document order. What a member is called
// does not depend on the case of ASCII letters.
func standingAt(n *node, paths ...record.Path) (all []*node) {
	if slices.ContainsFunc(paths, func(p record.Path) bool { return len(p) == 0 }) {
		return []*node{n}
	}
	for i, m := range n.members {
		var onward []record.Path
		for _, p := range paths {
			if p[0].Each || n.kind == '{' && named(n.keys[i], p[0].Name) {
				onward = append(onward, p[1:])
			}
		}
		if len(onward) > 0 {
			all = append(all, standingAt(m, onward...)...)
		}
	}
	return all
}

func referenceWhy(f match.Fields, root *node, s dsr.Selector, region string) []string {
	var why []string
	add := func(path string) {
		for _, p := range why {
			if p == path {
				return
			}
		}
		why = append(why, path)
	}
	if s.Metadata == nil {
		for _, m := range standingAt(root, f.ID) {
			if (m.kind == 's' || m.kind == 'n' && wholeNumber.MatchString(m.text)) && m.text == s.ConversationID && !f.NotAsked {
				add("")
			}
		}
		return why
	}
	for _, m := range standingAt(root, f.Metadata...) {
		for _, p := range places(m, nil, 0) {
			if k := s.Metadata.Key; (k == "" || k == "*" || k == p.path) && referenceEqual(*s.Metadata, p.leaf, region) {
				add(p.path)
			}
		}
	}
	return why
}

// named compares a top-level key with one of the schema's; the case of ASCII letters
// does not count.
func named(key, name string) bool { return len(key) == len(name) && strings.EqualFold(key, name) }

var wholeNumber = regexp.MustCompile(`^-?[0-9]+$`)

func referenceEqual(s dsr.Metadata, leaf *node, region string) bool {
	switch {
	case leaf.kind == 'l':
		return false
	case s.Match == dsr.Phone:
		return referencePhoneEqual(s, leaf, region)
	case leaf.kind == 'n':
		return sameNumber(s.Value, leaf.text)
	case s.Match == dsr.Exact:
		return s.Value == leaf.text
	case s.Match == dsr.Contains:
		return slices.ContainsFunc(referenceSpellings(s.Value), func(v string) bool { return strings.Contains(referenceFoldText(leaf.text), v) })
	}
	return referenceFold(s.Value) == referenceFold(leaf.text)
}

// reference is what Match must answer.
func reference(f match.Fields, raw []byte, queries []match.Query) ([]match.Hit, match.TextAnomalies, error) {
	root, err := parseTree(raw)
	if err != nil {
		return nil, match.TextAnomalies{}, err
	}
	if root.kind != '{' || root.depth() > match.MaxDepth {
		return nil, match.TextAnomalies{}, errors.New("not an object, or too deep")
	}
	var hits []match.Hit
	for q, query := range queries {
		hit := match.Hit{Query: q}
		for i, s := range query.Selectors {
			for _, path := range referenceWhy(f, root, s, query.Region) {
				hit.Why = append(hit.Why, dsr.Why{Selector: i, Path: path})
			}
		}
		if len(hit.Why) > 0 {
			hits = append(hits, hit)
		}
	}
	return hits, referenceAnomalies(f, raw, root), nil
}

var (
	anyEscape = regexp.MustCompile(`(?s)\\(u[0-9a-fA-F]{4}|.)`)
	surrogate = regexp.MustCompile(`^\\u[dD][89a-fA-F]`)
	pair      = regexp.MustCompile(`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`)
)

func referenceAnomalies(f match.Fields, raw []byte, root *node) match.TextAnomalies {
	// Double backslashes are taken out first, so that what is left of \u is an escape.
	plain := bytes.ReplaceAll(raw, []byte(`\\`), []byte(`..`))
	plain = pair.ReplaceAll(plain, nil)
	a := match.TextAnomalies{InvalidUTF8: !utf8.Valid(raw), DuplicateKeys: repeats(root)}
	for _, e := range anyEscape.FindAll(plain, -1) {
		a.LoneSurrogate = a.LoneSurrogate || surrogate.Match(e)
	}
	for _, m := range standingAt(root, f.Metadata...) {
		a.MetadataScalar = a.MetadataScalar || m.kind == 'n' || m.kind == 'l' && m.text != "<nil>"
	}
	for _, k := range root.keys {
		for _, p := range slices.Concat([]record.Path{f.ID, f.Start, f.LastAction}, f.Metadata) {
			a.KeyCase = a.KeyCase || len(p) > 0 && !p[0].Each && named(k, p[0].Name) && !slices.Contains(topNames(f), k)
		}
	}
	return a
}

// topNames are the keys of records that fields begin with.
func topNames(f match.Fields) (names []string) {
	for _, p := range slices.Concat([]record.Path{f.ID, f.Start, f.LastAction}, f.Metadata) {
		if len(p) > 0 {
			names = append(names, p[0].Name)
		}
	}
	return names
}

func repeats(n *node) bool {
	known := map[string]bool{}
	for i, m := range n.members {
		if n.kind == '{' && known[n.keys[i]] || repeats(m) {
			return true
		}
		if n.kind == '{' {
			known[n.keys[i]] = true
		}
	}
	return false
}

// fields are those of the conversations that the tests are about.
var fields = match.Fields{
	ID: at("_id"), Start: at("startTime"), LastAction: at("lastActionAt"), Metadata: ways("metadata"),
	Evidence: ways("startTime", "lastActionAt", "metadata"),
}

// shapes are other records that a source may have: metadata in several places, below others,
// in lists and all over, and an id beside and inside of it.
var shapes = []match.Fields{
	fields,
	{ID: at("_id"), Start: at("startTime"), LastAction: at("lastActionAt"), Metadata: ways("metadata", "a")},
	{ID: at("user.a"), Start: at("startTime"), LastAction: at("user.b"), Metadata: ways("metadata.a", "metadata.user", "user.email")},
	{ID: at("metadata._id"), Start: at("startTime"), LastAction: at("lastActionAt"), Metadata: ways("metadata.*", "a.b.*.a")},
	{ID: at("_id"), Start: at("startTime"), LastAction: at("lastActionAt"), Metadata: ways(".")},
	{ID: at("_id"), NotAsked: true, Start: at("startTime"), LastAction: at("lastActionAt"), Metadata: ways(".")},
	{ID: at("metadata.a"), Start: at("startTime"), LastAction: at("lastActionAt"), Metadata: ways("metadata", "user")},
	{ID: at(`a."a.b"`), Start: at("startTime"), LastAction: at("lastActionAt"), Metadata: ways(`metadata.*.user`, `metadata.a.""`, `user.*`)},
}

func at(path string) record.Path { return record.MustPath(path) }

func ways(all ...string) (out []record.Path) {
	for _, path := range all {
		out = append(out, at(path))
	}
	return out
}

// decide is Decide without the near misses.
func decide(m *match.Matcher, record []byte) ([]match.Hit, match.TextAnomalies, error) {
	v, err := m.Decide(record)
	return v.Hits, v.Facts.Text, err
}

// decideTwice is Decide, having compared it with what is said of the record as one of many,
// which is skimmed: the first teaches its keys and characters.
func decideTwice(t failer, m *match.Matcher, record []byte) (match.Verdict, error) {
	t.Helper()
	want, wantErr := m.Decide(record)
	if wantErr != nil {
		return want, wantErr
	}
	block := slices.Concat([]byte(`{"data":[`), record, []byte(", "), record, []byte(","), record, []byte(`]}`))
	err := m.Scan(block, match.Page, func(r match.Record) bool {
		if diff := cmp.Diff(want, match.Verdict{Facts: r.Facts(), Hits: r.Hits, Near: r.Near}); diff != "" || r.Err != nil {
			t.Fatalf("in a page (-alone +there): %v\n%s\nrecord %q", r.Err, diff, record)
		}
		return true
	})
	if err != nil {
		t.Fatalf("in a page: %v\nrecord %q", err, record)
	}
	return want, nil
}

func mustCompile(t testing.TB, queries []match.Query) *match.Matcher {
	t.Helper()
	m, err := match.Compile(queries, fields)
	if err != nil {
		t.Fatalf("Compile: %v", err)
	}
	return m
}
