package match_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

func byID(id string) dsr.Selector { return dsr.Selector{ConversationID: id} }

func by(key, value string, mode dsr.Match) dsr.Selector {
	return dsr.Selector{Metadata: &dsr.Metadata{Key: key, Value: value, Match: mode}}
}

// paths are the reasons of a single selector against one record.
func paths(t *testing.T, s dsr.Selector, record string) []string {
	t.Helper()
	queries := []match.Query{{Selectors: []dsr.Selector{s}}}
	hits, _, err := decide(mustCompile(t, queries), []byte(record))
	if err != nil {
		t.Fatalf("Match(%s): %v", record, err)
	}
	if want, _, err := reference(fields, []byte(record), queries); err != nil {
		t.Fatalf("reference(%s): %v", record, err)
	} else if diff := cmp.Diff(want, hits); diff != "" {
		t.Errorf("Match(%s) differs from the reference (-want +got):\n%s", record, diff)
	}
	var got []string
	for _, h := range hits {
		for _, w := range h.Why {
			got = append(got, w.Path)
		}
	}
	return got
}

func TestMatchingRules(t *testing.T) {
	t.Parallel()
	const exact, normalized, contains = dsr.Exact, dsr.Normalized, dsr.Contains
	yes := func(p ...string) []string { return p }
	var no []string
	cases := []struct {
		name     string
		selector dsr.Selector
		record   string
		want     []string
	}{
		{"id equal", byID("5c80"), `{"_id":"5c80"}`, yes("")},
		{"id is not folded", byID("5c80"), `{"_id":"5C80"}`, no},
		{"id is not trimmed", byID("5c80"), `{"_id":" 5c80"}`, no},
		{"id is decoded", byID("5c80"), `{"\u005fid":"\u0035c80"}`, yes("")},
		{"id of canonical form differs", byID("é"), `{"_id":"e\u0301"}`, no},
		{"every repeated id", byID("2"), `{"_id":"1","_id":"2","_id":"3"}`, yes("")},
		{"id must be at the top", byID("1"), `{"metadata":{"_id":"1"},"x":{"_id":"1"}}`, no},
		{"id that is a number", byID("-17"), `{"_id":-17}`, yes("")},
		{"id that is a number, by its digits", byID("1"), `{"_id":1.0}`, no},
		{"id that is true", byID("true"), `{"_id":true}`, no},
		{"id inside an array", byID("1"), `{"_id":["1"]}`, no},
		{"id inside an object", byID("1"), `{"_id":{"_id":"1"}}`, no},
		{"id key in other case", byID("1"), `{"_ID":"1"}`, yes("")},
		{"id selector leaves metadata alone", byID("1"), `{"metadata":{"a":"1"}}`, no},
		{"metadata selector leaves the id alone", by("", "1", exact), `{"_id":"1","other":"1"}`, no},

		{"JSON in a text in a text in a text", by("a.b.c.email", "ana@example.com", normalized), `{"metadata":{"a":"{\"b\":\"{\\\"c\\\":\\\"{\\\\\\\"email\\\\\\\":\\\\\\\"ana@example.com\\\\\\\"}\\\"}\"}"}}`, yes("a.b.c.email")},
		{"JSON that is a JSON string", by("a.email", "ana@example.com", normalized), `{"metadata":{"a":"\"{\\\"email\\\":\\\"ana@example.com\\\"}\""}}`, yes("a.email")},
		{"JSON that is a JSON string of a JSON string", by("a.email", "ana@example.com", normalized), `{"metadata":{"a":"\"\\\"{\\\\\\\"email\\\\\\\":\\\\\\\"ana@example.com\\\\\\\"}\\\"\""}}`, yes("a.email")},
		{"JSON behind a byte order mark", by("a.email", "ana@example.com", normalized), `{"metadata":{"a":"\ufeff{\"email\":\"ana@example.com\"}"}}`, yes("a.email")},
		{"JSON behind a raw byte order mark", by("a.email", "ana@example.com", normalized), "{\"metadata\":{\"a\":\"\ufeff \u200b[{\\\"email\\\":\\\"ana@example.com\\\"}]\u00a0\"}}", yes("a.email")},
		{"JSON behind white space", by("a.email", "ana@example.com", normalized), `{"metadata":{"a":"\r\n\t {\"email\":\"ana@example.com\"}\n"}}`, yes("a.email")},
		{"all the metadata is a JSON string", by("email", "ana@example.com", normalized), `{"metadata":"\"{\\\"email\\\":\\\"ana@example.com\\\"}\""}`, yes("email")},
		{"a quoted text is no other", by("a", "ana", normalized), `{"metadata":{"a":"\"ana\""}}`, no},
		{"the stops of a domain", by("a", "ana@mail.example.com", normalized), `{"metadata":{"a":"ana@mail。example｡com"}}`, yes("a")},
		{"the stops of a domain, asked for", by("a", "ana@mail．example。com", normalized), `{"metadata":{"a":"ANA@mail.example.com"}}`, yes("a")},
		{"a stop that is none of a domain", by("a", "Ana. Diaz", normalized), `{"metadata":{"a":"Ana。 Diaz"}}`, no},

		{"exact", by("a", "Ana", exact), `{"metadata":{"a":"Ana"}}`, yes("a")},
		{"exact is decoded", by("a", "Ana/é😀", exact), `{"metadata":{"a":"\u0041na\/\u00e9\ud83D\uDE00"}}`, yes("a")},
		{"exact is not folded", by("a", "Ana", exact), `{"metadata":{"a":"ana"}}`, no},
		{"exact is not trimmed", by("a", "Ana", exact), `{"metadata":{"a":"Ana "}}`, no},
		{"exact is by code point", by("a", "\u00e9", exact), `{"metadata":{"a":"e\u0301"}}`, no},

		{"normalized ignores case", by("a", "Ana", normalized), `{"metadata":{"a":"aNA"}}`, yes("a")},
		{"normalized is the default", by("a", "Ana", ""), `{"metadata":{"a":"aNA"}}`, yes("a")},
		{"normalized trims the leaf", by("a", "Ana", normalized), `{"metadata":{"a":"\n \u00a0\u3000ana\u2028"}}`, yes("a")},
		{"normalized trims the value", by("a", " Ana\t", normalized), `{"metadata":{"a":"ana"}}`, yes("a")},
		{"a run of white space is one blank", by("a", "A b", normalized), `{"metadata":{"a":"a \t\u3000b","b":"ab"}}`, yes("a")},
		{"no-break space folds to space", by("a", "A b", normalized), `{"metadata":{"a":"a\u00a0b"}}`, yes("a")},
		{"sharp s", by("a", "STRASSE", normalized), `{"metadata":{"a":"Straße"}}`, yes("a")},
		{"long s", by("a", "ss", normalized), `{"metadata":{"a":"ſſ"}}`, yes("a")},
		{"Kelvin sign", by("a", "k", normalized), `{"metadata":{"a":"\u212a"}}`, yes("a")},
		{"canonical forms", by("a", "É", normalized), `{"metadata":{"a":"e\u0301"}}`, yes("a")},
		{"full width", by("a", "ana1", normalized), `{"metadata":{"a":"Ａｎａ１"}}`, yes("a")},
		{"ligature", by("a", "fish", normalized), `{"metadata":{"a":"ﬁSH"}}`, yes("a")},
		{"Hangul", by("a", "가", normalized), `{"metadata":{"a":"\u1100\u1161"}}`, yes("a")},
		{"final sigma", by("a", "ΣΑΣ", normalized), `{"metadata":{"a":"σας"}}`, yes("a")},
		{"Cherokee", by("", "Ꭰ\u13f0", normalized), `{"metadata":{"a":"\uab70\u13f8","b":"\u13a0\u13f0"}}`, yes("a", "b")},
		{"iota below", by("a", "ᾴ", normalized), `{"metadata":{"a":"α\u0345\u0301"}}`, yes("a")},
		{"dotted I is i with a dot", by("a", "i\u0307", normalized), `{"metadata":{"a":"İ"}}`, yes("a")},
		{"dotted I is not i", by("a", "i", normalized), `{"metadata":{"a":"İ"}}`, no},
		{"the whole leaf", by("a", "ana", normalized), `{"metadata":{"a":"ana b"}}`, no},

		{"contains", by("a", "ANA", contains), `{"metadata":{"a":"I am ana b."}}`, yes("a")},
		{"contains in another form", by("a", "strasse 5", contains), `{"metadata":{"a":"in der Straße\u00a05, Köln"}}`, yes("a")},
		{"contains what is escaped as a pair", by("a", "😀 HI", contains), `{"metadata":{"a":"oh \ud83d\ude00 hi there"}}`, yes("a")},
		{"contains what is escaped by number", by("a", "CAFÉ", contains), `{"metadata":{"a":"a cafe\u0301 there","b":"\u0063af\u00e9"}}`, yes("a")},
		{"contains what is escaped in ASCII", by("", "ana", contains), `{"metadata":{"a":"x\u0061na","b":"\nana","c":"\\nana","d":"a\na"}}`, yes("a", "b", "c")},
		{"contains a quote, a slash, a backslash", by("", "A\"/\\", contains), `{"metadata":{"a":"xa\"/\\","b":"xa\"\/\\","c":"xa\\\"/\\"}}`, yes("a", "b")},
		{"contains a slash", by("", "a/b", contains), `{"metadata":{"a":"xA\/By","b":"a/b\n"}}`, yes("a", "b")},
		{"contains a line end", by("", "a\nb", contains), `{"metadata":{"a":"xA\nBy","b":"a  b","c":"ab"}}`, yes("a", "b")},
		{"contains what has no base form", by("", "\u0301", contains), `{"metadata":{"a":"x\u0301","b":"e\u0301","c":"\u0301"}}`, yes("a", "c")},
		{"equal without a base form", by("", "\u0301", normalized), `{"metadata":{"a":"\u0301 ","b":"","c":" \u0301\n","d":"\u0300"}}`, yes("a", "c")},
		{"contains looks at the composed text", by("a", "cafe", contains), `{"metadata":{"a":"cafe\u0301"}}`, no},
		{"contains beside bytes that are not UTF-8", by("a", "ana", contains), "{\"metadata\":{\"a\":\"\xff ana \\ud800\"}}", yes("a")},

		{"number", by("a", "1", normalized), `{"metadata":{"a":1}}`, yes("a")},
		{"number in exact", by("a", "1", exact), `{"metadata":{"a":1.0}}`, yes("a")},
		{"number in contains", by("a", "1", contains), `{"metadata":{"a":1e0,"b":11}}`, yes("a")},
		{"contains is not within a number", by("", "1", contains), `{"metadata":{"a":11}}`, no},
		{"number forms", by("", "100", normalized), `{"metadata":{"a":1e2,"b":1E+2,"c":100.00,"d":0.1e3,"e":1000e-1,"f":99.9}}`, yes("a", "b", "c", "d", "e")},
		{"value is trimmed before it is a number", by("a", " 1.50\u00a0", exact), `{"metadata":{"a":15e-1}}`, yes("a")},
		{"007 is no number", by("a", "007", normalized), `{"metadata":{"a":7}}`, no},
		{"+1 is no number", by("a", "+1", normalized), `{"metadata":{"a":1}}`, no},
		{".5 and 1. are no numbers", by("a", ".5", normalized), `{"metadata":{"a":0.5}}`, no},
		{"full-width digits are no number", by("a", "１", normalized), `{"metadata":{"a":1,"b":"1"}}`, no},
		{"hexadecimal is no number", by("a", "0x1", normalized), `{"metadata":{"a":1}}`, no},
		{"sign", by("", "-1", normalized), `{"metadata":{"a":1,"b":-1}}`, yes("b")},
		{"zero has no sign", by("", "0", normalized), `{"metadata":{"a":-0,"b":0e5,"c":-0.00E-9,"d":0.01}}`, yes("a", "b", "c")},
		{"more digits than a float holds", by("", "12345678901234567890", normalized), `{"metadata":{"a":12345678901234567891,"b":12345678901234567890,"c":1234567890123456789e1}}`, yes("b", "c")},
		{"huge exponents", by("", "1e99999999999999999999", normalized), `{"metadata":{"a":10e99999999999999999998,"b":1e99999999999999999998,"c":0.001e+100000000000000000002,"d":1e999999,"e":1E9}}`, yes("a", "c")},
		{"a longer exponent made up for by zeros", by("", "1", normalized), `{"metadata":{"a":0.` + strings.Repeat("0", 1199) + `1e1200,"b":1` + strings.Repeat("0", 1200) + `E-1200}}`, yes("a", "b")},
		{"a string is not a number", by("a", "1", normalized), `{"metadata":{"a":"1.0"}}`, no},
		{"a string of digits", by("a", "1.0", normalized), `{"metadata":{"a":"1.0"}}`, yes("a")},

		{"true, false, null never match", by("", "true", normalized), `{"metadata":{"a":true,"b":false,"c":null}}`, no},
		{"the words do", by("", "null", normalized), `{"metadata":{"a":"NULL","b":null}}`, yes("a")},

		{"path", by("user.email", "x", exact), `{"metadata":{"user":{"email":"x"},"email":"x"}}`, yes("user.email")},
		{"key with a dot", by("user.email", "x", exact), `{"metadata":{"user.email":"x"}}`, yes("user.email")},
		{"path is whole", by("email", "x", exact), `{"metadata":{"user":{"email":"x"},"emails":"x"}}`, no},
		{"array positions do not count", by("a.b", "x", exact), `{"metadata":{"a":[1,[{"b":["y","x"]}]]}}`, yes("a.b")},
		{"any path: absent key", by("", "x", exact), `{"metadata":{"a":"x","b":{"c":"x"},"d":["x"]}}`, yes("a", "b.c", "d")},
		{"any path: star", by("*", "x", exact), `{"metadata":{"a":"x","b":{"c":"x"},"*":"x"}}`, yes("a", "b.c", "*")},
		{"each path once", by("", "x", exact), `{"metadata":{"b":["x","x"],"a":"x","b":"x"}}`, yes("b", "a")},
		{"keys compare byte for byte", by("é", "x", exact), `{"metadata":{"e\u0301":"x","É":"x","\u00e9":"x"}}`, yes("é")},
		{"key case counts", by("email", "x", exact), `{"metadata":{"Email":"x"}}`, no},
		{"keys are decoded", by("a/b", "x", exact), `{"metadata":{"\u0061\/b":"x"}}`, yes("a/b")},
		{"empty keys", by("a..b", "x", exact), `{"metadata":{"a":{"":{"b":"x"}}}}`, yes("a..b")},
		{"empty key first", by(".a", "x", exact), `{"metadata":{"":{"a":"x"},"a":"x"}}`, yes(".a")},
		{"keys are no leaves", by("", "x", contains), `{"metadata":{"x":"y"}}`, no},

		{"metadata null", by("", "x", contains), `{"metadata":null}`, no},
		{"metadata absent", by("", "x", contains), `{}`, no},
		{"metadata empty", by("", "x", contains), `{"metadata":{}}`, no},
		{"metadata a string", by("", "x", exact), `{"metadata":"x"}`, yes("")},
		{"metadata a string has no key", by("a", "x", exact), `{"metadata":"x"}`, no},
		{"metadata an array", by("", "x", exact), `{"metadata":["y",["x"],{"a":"x"}]}`, yes("", "a")},
		{"metadata a number", by("", "1", exact), `{"metadata":1.0}`, yes("")},
		{"every repeated metadata", by("", "x", exact), `{"metadata":{"a":"x"},"metadata":{"b":"x"},"\u006detadata":"x"}`, yes("a", "b", "")},
		{"every repeated key", by("a", "x", exact), `{"metadata":{"a":"y","a":"x","a":1}}`, yes("a")},
		{"metadata must be at the top", by("", "x", exact), `{"x":{"metadata":{"a":"x"}}}`, no},
		{"metadata in another case", by("a", "x", exact), `{"Metadata":{"a":"x"},"METADATA":{"A":"x"}}`, yes("a")},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, paths(t, c.selector, c.record)); diff != "" {
				t.Errorf("paths (-want +got):\n%s", diff)
			}
		})
	}
}

// A number as long as the record must cost no more than reading it.
func TestHugeNumbersAreNotWrittenOut(t *testing.T) {
	m := mustCompile(t, []match.Query{{Selectors: []dsr.Selector{by("", "5", dsr.Exact)}}})
	for _, number := range []string{"5e" + strings.Repeat("9", 1<<20), strings.Repeat("9", 1<<20), "-0." + strings.Repeat("3", 1<<20)} {
		record := []byte(`{"_id":"1","startTime":1735703772,"lastActionAt":1735703772,"metadata":` + number + `}`)
		allocs := testing.AllocsPerRun(3, func() {
			if hits, _, err := decide(m, record); err != nil || hits != nil {
				t.Errorf("hits %v, error %v", hits, err)
			}
		})
		if allocs > 8 { // a few, and a few more under the race detector; written out it would be thousands
			t.Errorf("%s…: %.0f allocations", number[:3], allocs)
		}
	}
}

func TestHitsAreOrderedByQuerySelectorAndPlace(t *testing.T) {
	t.Parallel()
	m := mustCompile(t, []match.Query{
		{Selectors: []dsr.Selector{by("", "nobody", dsr.Exact)}},
		{Selectors: []dsr.Selector{by("", "x", dsr.Contains), byID("1"), by("b", "X", dsr.Normalized), by("", "x", dsr.Exact)}},
		{},
		{Selectors: []dsr.Selector{byID("1")}},
	})
	hits, _, err := decide(m, []byte(`{"metadata":{"b":"x","a":"xy","c":["x","x"]},"_id":"1"}`))
	want := []match.Hit{
		{Query: 1, Why: []dsr.Why{{Selector: 0, Path: "b"}, {Selector: 0, Path: "a"}, {Selector: 0, Path: "c"}, {Selector: 1}, {Selector: 2, Path: "b"}, {Selector: 3, Path: "b"}, {Selector: 3, Path: "c"}}},
		{Query: 3, Why: []dsr.Why{{Selector: 0}}},
	}
	if diff := cmp.Diff(want, hits); diff != "" || err != nil {
		t.Errorf("error %v, hits (-want +got):\n%s", err, diff)
	}
}

func TestAnomalies(t *testing.T) {
	t.Parallel()
	var none []string
	cases := []struct {
		record string
		want   []string
	}{
		{`{}`, none},
		{`{"metadata":null}`, none},
		{`{"metadata":{}}`, none},
		{`{"metadata":"text"}`, none},
		{`{"metadata":[1,true]}`, none},
		{`{"metadata":7}`, []string{"Q30"}},
		{`{"metadata":false}`, []string{"Q30"}},
		{`{"metadata":{"metadata":7}}`, none},
		{`{"Metadata":{}}`, []string{"Q14"}},
		{`{"_i\u0044":"1"}`, []string{"Q14"}},
		{`{"metadata":{"_ID":"1","METADATA":{}},"STARTED":1}`, none},
		{`{"STARTTIME":1}`, []string{"Q14"}},
		{`{"a":1,"A":2,"b":{"a":3}}`, none},
		{`{"a":1,"b":{"c":1,"c":2}}`, []string{"Q14"}},
		{`{"a":1,"b":{"x":{}},"\u0061":2}`, []string{"Q14"}},
		{`{"a":1,"a":{}}`, []string{"Q14"}},
		{`{"é":1,"e\u0301":2}`, none},
		{`{"a":"\ud83d\ude00"}`, none},
		{`{"a":"\ud83d"}`, []string{"Q13"}},
		{`{"a":"\ude00\ud83d"}`, []string{"Q13"}},
		{`{"\udead":0}`, []string{"Q13"}},
		{`{"a":"\\ud83d"}`, none},
		{"{\"a\":\"\xff\"}", []string{"Q13"}},
		{"{\"\xff\":1}", []string{"Q13"}},
		{"{\"metadata\":1,\"metadata\":\"\xc0\x80\"}", []string{"Q13", "Q14", "Q30"}},
	}
	m := mustCompile(t, nil)
	for _, c := range cases {
		v, err := decideTwice(t, m, []byte(c.record))
		if err != nil {
			t.Errorf("Decide(%s): %v", c.record, err)
		}
		seen := v.Facts.Text
		rules := slices.DeleteFunc(v.Facts.Anomalies, func(r string) bool { return r == "Q11" || r == "Q12" })
		if diff := cmp.Diff(c.want, rules, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("rules of %s (-want +got):\n%s", c.record, diff)
		}
		if _, want, _ := reference(fields, []byte(c.record), nil); want != seen {
			t.Errorf("anomalies of %s: got %+v, want %+v", c.record, seen, want)
		}
	}
}

func TestRepeatedKeyAmongManyIsSeen(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 20, 126, 127, 128, 129, 130, 1000} {
		var b strings.Builder
		b.WriteString(`{"first":{"first":0}`)
		for i := range n {
			fmt.Fprintf(&b, `,"key-%d":{"key-%d":0}`, i, i)
		}
		m := mustCompile(t, nil)
		if _, seen, err := decide(m, []byte(b.String()+"}")); err != nil || seen.DuplicateKeys {
			t.Errorf("%d keys: error %v, anomalies %+v", n, err, seen)
		}
		for _, again := range []string{"first", "key-0", fmt.Sprintf("key-%d", n-1), `\u006bey-0`} {
			if _, seen, err := decide(m, []byte(b.String()+`,"`+again+`":1}`)); err != nil || !seen.DuplicateKeys {
				t.Errorf("%d keys and %s again: error %v, anomalies %+v", n, again, err, seen)
			}
		}
	}
}

func TestCompileRefusesWithoutRepeatingTheValue(t *testing.T) {
	t.Parallel()
	bad := []dsr.Selector{
		{}, {ConversationID: "secret", Metadata: &dsr.Metadata{Value: "secret"}}, byID(" \u3000"), by("a", "", dsr.Exact),
		by("a", "\t", dsr.Contains), by("a", "secret\xff", dsr.Exact), by("a", "secret\ufffd", dsr.Normalized), byID("secret\xff"), by("a", "secret", "phone"),
	}
	for _, s := range bad {
		_, err := match.Compile([]match.Query{{}, {Selectors: []dsr.Selector{byID("fine"), s}}}, fields)
		if err == nil || !strings.Contains(err.Error(), "query 1, selector 1") || strings.Contains(err.Error(), "secret") {
			t.Errorf("Compile(%+v): error %v", s, err)
		}
	}
}

func TestMatchAgreesWithReference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		g := generator{pick: func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "pick") }}
		queries := g.queries()
		compare(rt, g.shape(), g.record(queries), queries)
	})
}

// The comparison above is worth something only if the generator's records do match,
// in every mode, and also miss.
func TestGeneratedRecordsMatchInEveryMode(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	g := generator{pick: random.IntN}
	byMode, misses := map[dsr.Match]int{}, 0
	for range 8_000 {
		queries := g.queries()
		record := g.record(queries)
		compare(t, fields, record, queries)
		hits, _, _ := decide(mustCompile(t, queries), record)
		if len(hits) == 0 {
			misses++
		}
		for _, h := range hits {
			for _, w := range h.Why {
				mode := dsr.Match("id")
				if s := queries[h.Query].Selectors[w.Selector]; s.Metadata != nil {
					mode = s.Metadata.Match
				}
				byMode[mode]++
			}
		}
	}
	for _, mode := range append(dsr.Matches, "id") {
		if byMode[mode] < 100 {
			t.Errorf("%s: only %d matches of %v, %d misses", mode, byMode[mode], byMode, misses)
		}
	}
	if misses < 2000 {
		t.Errorf("only %d misses", misses)
	}
	t.Log(byMode, misses)
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// compare asks Match and the reference the same question.
func compare(t failer, f match.Fields, record []byte, queries []match.Query) {
	t.Helper()
	m, err := match.Compile(queries, f)
	if err != nil {
		t.Fatalf("Compile: %v", err)
	}
	want, wantSeen, wantErr := reference(f, record, queries)
	hits, seen, err := decide(m, bytes.Clone(record))
	if (err != nil) != (wantErr != nil) {
		t.Fatalf("error %v, want %v\nrecord %q", err, wantErr, record)
	}
	if err != nil {
		return
	}
	if diff := cmp.Diff(want, hits); diff != "" {
		t.Fatalf("hits (-want +got):\n%s\nrecord %q\nqueries %s\nid %s, metadata %s", diff, record, shown(queries), f.ID, f.Metadata)
	}
	if seen != wantSeen {
		t.Fatalf("anomalies %+v, want %+v\nrecord %q", seen, wantSeen, record)
	}
	compareNear(t, f, m, record, queries, hits)
}

func shown(queries []match.Query) string {
	var b strings.Builder
	for _, q := range queries {
		for _, s := range q.Selectors {
			if s.Metadata != nil {
				fmt.Fprintf(&b, "%+q ", *s.Metadata)
			} else {
				fmt.Fprintf(&b, "%+q ", s.ConversationID)
			}
		}
		b.WriteString("; ")
	}
	return b.String()
}
