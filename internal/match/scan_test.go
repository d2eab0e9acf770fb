package match_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

// outcome is a record as the reference sees it.
type outcome struct {
	Raw  string
	Hits []match.Hit
	Seen match.TextAnomalies
	Bad  bool
}

func scan(t failer, fields match.Fields, queries []match.Query, block []byte, layout match.Layout) ([]outcome, error) {
	t.Helper()
	m, err := match.Compile(queries, fields)
	if err != nil {
		t.Fatalf("Compile: %v", err)
	}
	var got []outcome
	err = m.Scan(block, layout, func(r match.Record) bool {
		if r.Number != len(got)+1 || r.Offset < 0 || !bytes.HasPrefix(block[r.Offset:], r.Raw) {
			t.Fatalf("record %d of %d at %d is not where it says", r.Number, len(got)+1, r.Offset)
		}
		checkError(t, r.Err, block, r.Number)
		facts := r.Facts()
		if diff := cmp.Diff(fields.Facts(r.Raw), facts); diff != "" && r.Err == nil {
			t.Fatalf("facts of %q (-alone +in the block):\n%s", r.Raw, diff)
		}
		got = append(got, outcome{Raw: string(r.Raw), Hits: r.Hits, Seen: facts.Text, Bad: r.Err != nil})
		return true
	})
	checkError(t, err, block, -1)
	return got, err
}

// checkError expects a *SyntaxError inside the block, of that record unless it is -1.
func checkError(t failer, err error, block []byte, record int) {
	t.Helper()
	if err == nil {
		return
	}
	syntax, ok := errors.AsType[*match.SyntaxError](err)
	if !ok || syntax.Offset < 0 || syntax.Offset > len(block) || record >= 0 && syntax.Record != record {
		t.Fatalf("error %#v of record %d in %d bytes", err, record, len(block))
	}
}

// referenceLines is what Scan must answer about NDJSON.
func referenceLines(f match.Fields, block []byte, queries []match.Query) []outcome {
	var want []outcome
	for line := range bytes.SplitSeq(block, []byte("\n")) {
		text := bytes.Trim(line, " \t\r")
		if len(text) == 0 {
			continue
		}
		hits, seen, err := reference(f, text, queries)
		if err != nil {
			want = append(want, outcome{Raw: string(line), Bad: true})
		} else {
			want = append(want, outcome{Raw: string(text), Hits: hits, Seen: seen})
		}
	}
	return want
}

// referencePage is what Scan must answer about a page; encoding/json cuts it up.
func referencePage(f match.Fields, block []byte, queries []match.Query) ([]outcome, error) {
	if !json.Valid(block) {
		return nil, errors.New("not JSON")
	}
	d := json.NewDecoder(bytes.NewReader(block))
	if tok, _ := d.Token(); tok != json.Delim('{') {
		return nil, errors.New("not an object")
	}
	var want []outcome
	found := false
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		if tree, err := parseTree(value); err != nil || key != "data" && tree.depth() > match.MaxDepth {
			return nil, errors.New("too deep")
		}
		if key != "data" {
			continue
		}
		var elements []json.RawMessage
		if err := json.Unmarshal(value, &elements); err != nil || value[0] != '[' {
			return nil, errors.New("data is not an array")
		}
		found = true
		for _, e := range elements {
			if tree, err := parseTree(e); err != nil || tree.depth() > match.MaxDepth {
				return nil, errors.New("a record is too deep")
			}
			hits, seen, err := reference(f, e, queries)
			want = append(want, outcome{Raw: string(e), Hits: hits, Seen: seen, Bad: err != nil})
		}
	}
	if !found {
		return nil, errors.New("no data")
	}
	return want, nil
}

func compareScan(t failer, f match.Fields, block []byte, layout match.Layout, queries []match.Query) {
	t.Helper()
	var want []outcome
	var wantErr error
	if layout == match.Page {
		want, wantErr = referencePage(f, block, queries)
	} else {
		want = referenceLines(f, block, queries)
	}
	got, err := scan(t, f, queries, block, layout)
	if (err != nil) != (wantErr != nil) {
		t.Fatalf("error %v, want %v\nblock %q", err, wantErr, block)
	}
	if err != nil {
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("records (-want +got):\n%s\nblock %q\nqueries %s", diff, block, shown(queries))
	}
}

// block puts records into one block of either layout; in NDJSON each stays on its line.
func (g generator) block(records [][]byte, layout match.Layout) []byte {
	var b bytes.Buffer
	if layout == match.NDJSON {
		for _, r := range records {
			if g.oneIn(8) {
				r = r[:g.pick(len(r))] // a line that was cut off
			}
			b.Write(bytes.Map(func(c rune) rune {
				if c == '\n' {
					return ' '
				}
				return c
			}, r))
			b.WriteString(g.of([]string{"\n", "\n", "\r\n", " \n", "\n\n"}))
		}
		return b.Bytes()
	}
	b.WriteString(g.of([]string{`{"data":[`, ` { "cursor" : "x", "data" : [ `, `{"a":{"data":[{}]},"d\u0061ta":[`}))
	for i, r := range records {
		if i > 0 {
			b.WriteString(g.of([]string{",", " ,\n"}))
		}
		if g.oneIn(20) {
			r = []byte(g.of([]string{"null", "1", `"x"`, "[{}]"}))
		}
		b.Write(r)
	}
	b.WriteString(g.of([]string{`],"cursor":null}`, "] }\n", `],"data":[{}]}`}))
	return b.Bytes()
}

func TestScanAgreesWithReference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		g := generator{pick: func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "pick") }}
		queries := g.queries()
		records := make([][]byte, g.pick(5))
		for i := range records {
			records[i] = g.record(queries)
		}
		for _, layout := range []match.Layout{match.Page, match.NDJSON} {
			compareScan(rt, g.shape(), g.block(records, layout), layout, queries)
		}
	})
}

func TestEveryProperPrefixOfAPageIsAnError(t *testing.T) {
	t.Parallel()
	page := []byte(`{"meta":[1],"data":[{"_id":"1","metadata":{"a":"x\n"}}, {"_id":"2","metadata":{"b":-1.5e3}}],"cursor":"c"}`)
	queries := []match.Query{{Selectors: []dsr.Selector{by("", "x", dsr.Normalized)}}}
	if got, err := scan(t, fields, queries, page, match.Page); err != nil || len(got) != 2 {
		t.Fatalf("%d records, error %v", len(got), err)
	}
	for i := range page {
		if _, err := scan(t, fields, queries, page[:i], match.Page); err == nil {
			t.Errorf("prefix of %d bytes: no error", i)
		}
	}
}

func TestMalformedPages(t *testing.T) {
	t.Parallel()
	pages := []string{`[]`, `{}`, `{"data":null}`, `{"data":{}}`, `{"data":"x"}`, `{"Data":[]}`, `{"a":{"data":[]}}`, `{"data":[]}{}`, `{"data":[]} x`, `{"data":[],}`, `{"data":[] "a":1}`, `{"data":[,{}]}`, `{"data":[{},]}`, `{"data":[{} {}]}`, `{data:[]}`, "\ufeff" + `{"data":[]}`, `{"data":[NaN]}`, `{"data":[{"a":NaN}]}`, `{"data":[{"a":"\x"}]}`, `{"data":[{}`, `{"data":[{}]`, `{"data":[{]}`, `{"data":[{}}`, `{"data" []}`, `{"x":1,"data":[]]`, `<html>`, `{"error":"Forbidden"}`}
	for _, record := range malformed {
		if record != "" && record != " " && record != "null" && record != "1" && record != `"x"` && record != "[]" && record != "[{}]" {
			pages = append(pages, `{"data":[{},`+record+`,{}]}`)
		}
	}
	for _, page := range pages {
		if _, err := scan(t, fields, nil, []byte(page), match.Page); err == nil {
			t.Errorf("Scan(%q): no error", page)
		}
	}
}

func TestErrorNamesRecordAndByte(t *testing.T) {
	t.Parallel()
	_, err := scan(t, fields, nil, []byte(`{"data":[{},{"a":NaN}]}`), match.Page)
	want := &match.SyntaxError{Offset: 17, Record: 2, Reason: "not a JSON value"}
	if diff := cmp.Diff(error(want), err); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
	err = nil
	_ = mustCompile(t, nil).Scan([]byte("{}\n\n{\"a\":01}\n"), match.NDJSON, func(r match.Record) bool {
		err = errors.Join(err, r.Err)
		return true
	})
	if got, want := fmt.Sprint(err), "record 2, byte 10: expected a comma or the end of the object"; got != want {
		t.Errorf("NDJSON: got %q, want %q", got, want)
	}
}

func TestGoodLinesAroundABadOneAreFound(t *testing.T) {
	t.Parallel()
	const good = `{"_id":"1","metadata":{"a":"x"}}`
	queries := []match.Query{{Selectors: []dsr.Selector{byID("1")}}}
	bad := append([]string{"\ufeff" + good, good + good, good + "x", good[:20], `{"a":{"b":"`, "\x00", "[1]"}, malformed...)
	for _, line := range bad {
		if strings.Trim(line, " \t\r") == "" {
			continue
		}
		block := []byte(good + "\n" + strings.ReplaceAll(line, "\n", "") + "\n\r\n  " + good + " \r\n" + good)
		if strings.Contains(line, "\n") {
			continue // two lines, the tables above have their parts
		}
		got, err := scan(t, fields, queries, block, match.NDJSON)
		if err != nil || len(got) != 4 {
			t.Errorf("%q: %d records, error %v", line, len(got), err)
			continue
		}
		for i, o := range got {
			if o.Bad != (i == 1) || (len(o.Hits) == 1) != (i != 1) {
				t.Errorf("%q: record %d: %+v", line, i+1, o)
			}
		}
	}
}

func TestScanStopsWhenToldTo(t *testing.T) {
	t.Parallel()
	for layout, block := range map[match.Layout]string{match.Page: `{"data":[{},{},{}]} not looked at`, match.NDJSON: "{}\n{}\nnot looked at"} {
		n := 0
		err := mustCompile(t, nil).Scan([]byte(block), layout, func(match.Record) bool { n++; return n < 2 })
		if err != nil || n != 2 {
			t.Errorf("layout %d: %d records, error %v", layout, n, err)
		}
	}
}

func TestManyQueriesEachFindTheirOwn(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	const n = 300
	queries := make([]match.Query, n)
	var block bytes.Buffer
	for i := range queries {
		value := fmt.Sprintf("Person-%d@Exämple.org", i)
		queries[i].Selectors = []dsr.Selector{by("email", value, dsr.Matches[i%3])}
		if i%3 != 0 {
			value = strings.ToUpper(value)
		}
		if i%3 == 2 {
			value = "write to \n" + value + " please"
		}
		fmt.Fprintf(&block, `{"_id":"%d","metadata":{"email":%q,"other":%d}}`+"\n", i, value, random.Int())
	}
	got, err := scan(t, fields, queries, block.Bytes(), match.NDJSON)
	if err != nil || len(got) != n {
		t.Fatalf("%d records, error %v", len(got), err)
	}
	for i, o := range got {
		// person-1 also occurs in person-1x, but not with what follows the number.
		if len(o.Hits) != 1 || o.Hits[0].Query != i {
			t.Errorf("record %d: %+v", i, o.Hits)
		}
	}
}

// One record must not be able to take memory out of proportion with its reasons.
func TestReasonsOfOneRecordAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`{"metadata":{"` + strings.Repeat("k", 1<<20) + `":{`)
	for i := range 1000 {
		fmt.Fprintf(&b, `"%d":"x","l%d":["x","y",{"z":"X"}],`, i, i)
	}
	b.WriteString(`"end":"x"}}}`)
	m := mustCompile(t, []match.Query{{Selectors: []dsr.Selector{by("", "x", dsr.Exact), by("", "X", dsr.Contains), by("", "y", dsr.Normalized), by("k", "x", dsr.Exact)}}})
	hits, _, err := decide(m, []byte(b.String()))
	if err != nil || len(hits) != 1 {
		t.Fatalf("%d hits, error %v", len(hits), err)
	}
	size, bySelector := 0, map[int]int{}
	for _, w := range hits[0].Why {
		size += len(w.Path)
		bySelector[w.Selector]++
	}
	if size > 10<<20 || bySelector[0] == 0 || bySelector[1] == 0 || bySelector[2] == 0 || bySelector[3] != 0 {
		t.Errorf("%d bytes of paths, reasons %v", size, bySelector)
	}
}

func TestScanDoesNotAllocatePerRecord(t *testing.T) {
	ndjson, page := corpus()
	for _, mode := range dsr.Matches {
		m := mustCompile(t, manyQueries(100, mode))
		for layout, block := range map[match.Layout][]byte{match.NDJSON: ndjson, match.Page: page} {
			records, allocs := 0, math.Inf(1)
			// A new walker learns the keys, and pools lose some, under the race detector often.
			for try := 0; try < 8 && allocs > float64(records)/5; try++ {
				allocs = testing.AllocsPerRun(1, func() {
					records = 0
					_ = m.Scan(block, layout, func(match.Record) bool { records++; return true })
				})
			}
			if records < 2000 || allocs > float64(records)/5 {
				t.Errorf("%s: %.0f allocations for %d records", mode, allocs, records)
			}
		}
	}
}

// TestAPageForgetsTheOneThatFailed: walkers are used again, and one that gave up deep inside
// a long record begins afresh, also with what stands before a page's records.
func TestAPageForgetsTheOneThatFailed(t *testing.T) {
	t.Parallel()
	m, err := match.Compile([]match.Query{{Selectors: []dsr.Selector{{Metadata: &dsr.Metadata{Key: "a", Value: "0", Match: dsr.Normalized}}}}}, match.Fields{ID: at("_id"), Metadata: ways("metadata")})
	if err != nil {
		t.Fatal(err)
	}
	broken := []byte(`{"data":[{"metadata":{"` + strings.Repeat("x", 300) + `":{"b":nil}}}]}`)
	none := func(match.Record) bool { return true }
	for range 50 { // the pool gives no promise whose walker it hands out
		if err := m.Scan(broken, match.Page, none); err == nil {
			t.Fatal("a page that is no JSON is read")
		}
		if err := m.Scan([]byte(`{"of":{"other":0},"data":[]}`), match.Page, none); err != nil {
			t.Fatal(err)
		}
	}
}
