package match_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
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

// referenceFold is trim(NFKC(casefold(NFKC(s)))).
func referenceFold(s string) string {
	s = string(norm.NFKC.Bytes([]byte(s)))
	s = string(cases.Fold().Bytes([]byte(s)))
	s = cherokeeUpper.Replace(s) // x/text swaps the two cases instead of folding
	s = string(norm.NFKC.Bytes([]byte(s)))
	return strings.TrimFunc(s, func(r rune) bool { return unicode.Is(unicode.White_Space, r) })
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

// places lists the leaves under n in document order.
func places(n *node, keys []string) []place {
	var all []place
	switch n.kind {
	case '{':
		for i, m := range n.members {
			all = append(all, places(m, append(keys[:len(keys):len(keys)], n.keys[i]))...)
		}
	case '[':
		for _, m := range n.members {
			all = append(all, places(m, keys)...)
		}
	default:
		all = append(all, place{path: strings.Join(keys, "."), leaf: n})
	}
	return all
}

func referenceWhy(root *node, s dsr.Selector, region string) []string {
	var why []string
	add := func(path string) {
		for _, p := range why {
			if p == path {
				return
			}
		}
		why = append(why, path)
	}
	for i, k := range root.keys {
		m := root.members[i]
		switch {
		case named(k, "_id") && s.Metadata == nil && (m.kind == 's' || m.kind == 'n' && wholeNumber.MatchString(m.text)) && m.text == s.ConversationID:
			add("")
		case named(k, "metadata") && s.Metadata != nil:
			for _, p := range places(m, nil) {
				if k := s.Metadata.Key; (k == "" || k == "*" || k == p.path) && referenceEqual(*s.Metadata, p.leaf, region) {
					add(p.path)
				}
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
		return strings.Contains(referenceFold(leaf.text), referenceFold(s.Value))
	}
	return referenceFold(s.Value) == referenceFold(leaf.text)
}

// reference is what Match must answer.
func reference(record []byte, queries []match.Query) ([]match.Hit, match.TextAnomalies, error) {
	root, err := parseTree(record)
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
			for _, path := range referenceWhy(root, s, query.Region) {
				hit.Why = append(hit.Why, dsr.Why{Selector: i, Path: path})
			}
		}
		if len(hit.Why) > 0 {
			hits = append(hits, hit)
		}
	}
	return hits, referenceAnomalies(record, root), nil
}

var (
	anyEscape = regexp.MustCompile(`(?s)\\(u[0-9a-fA-F]{4}|.)`)
	surrogate = regexp.MustCompile(`^\\u[dD][89a-fA-F]`)
	pair      = regexp.MustCompile(`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`)
)

func referenceAnomalies(record []byte, root *node) match.TextAnomalies {
	// Double backslashes are taken out first, so that what is left of \u is an escape.
	plain := bytes.ReplaceAll(record, []byte(`\\`), []byte(`..`))
	plain = pair.ReplaceAll(plain, nil)
	a := match.TextAnomalies{InvalidUTF8: !utf8.Valid(record), DuplicateKeys: repeats(root)}
	for _, e := range anyEscape.FindAll(plain, -1) {
		a.LoneSurrogate = a.LoneSurrogate || surrogate.Match(e)
	}
	for i, k := range root.keys {
		if m := root.members[i]; named(k, "metadata") && (m.kind == 'n' || m.kind == 'l' && m.text != "<nil>") {
			a.MetadataScalar = true
		}
		for _, name := range []string{"_id", "metadata", "startTime", "lastActionAt"} {
			a.KeyCase = a.KeyCase || named(k, name) && k != name
		}
	}
	return a
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
	ID: "_id", Start: "startTime", LastAction: "lastActionAt", Metadata: "metadata",
	Evidence: []string{"startTime", "lastActionAt", "metadata"},
}

// decide is Decide without the near misses.
func decide(m *match.Matcher, record []byte) ([]match.Hit, match.TextAnomalies, error) {
	v, err := m.Decide(record)
	return v.Hits, v.Facts.Text, err
}

func mustCompile(t testing.TB, queries []match.Query) *match.Matcher {
	t.Helper()
	m, err := match.Compile(queries, fields)
	if err != nil {
		t.Fatalf("Compile: %v", err)
	}
	return m
}
