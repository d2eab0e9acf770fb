package match_test

import (
	"strings"
	"testing"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

var wellFormed = []string{
	`{"_id":"1e2","metadata":{"a":{"b":"STRASSE"},"a.b":"\u0053tra\u1e9ee ","n":[100,1.0e2,{"b":"in der Stra\u00dfe"}]}}`,
	`{ "metadata" : "  stra\u017f\u017fe\n", "metadata":[100.0, 10e1, "1E2"], "_id":null, "tags":["Straße"] }`,
	`{"metadata":{"a":[{"b":"ＳＴＲＡＳＳＥ"},{"b":"x\\\"\/ \ud83d\ude00 strasse"}],"":-1E+2},"startTime":1744750665,"lastActionAt":"2025-04-15T20:58:15"}`,
}

// FuzzMatch asks about any bytes at all, and about any value under any path.
func FuzzMatch(f *testing.F) {
	for _, record := range malformed {
		f.Add([]byte(record), "1", "", uint8(2))
	}
	for i, record := range wellFormed {
		f.Add([]byte(record), "Straße", "a.b", uint8(i))
		f.Add([]byte(record), "1e2", "", uint8(i))
		f.Add([]byte(strings.ReplaceAll(record, "100", "+49 30 12\\u0661\u0662.56")), "030 121256", "n", uint8(3))
	}
	f.Fuzz(func(t *testing.T, record []byte, value, key string, mode uint8) {
		s := dsr.Selector{Metadata: &dsr.Metadata{Key: key, Value: value, Match: dsr.Matches[int(mode)%len(dsr.Matches)]}}
		queries := []match.Query{{Selectors: []dsr.Selector{s}, Region: "DE"}, {Selectors: []dsr.Selector{{ConversationID: value}}}}
		if _, err := match.Compile(queries, fields); err != nil || len(key) > dsr.MaxKeyBytes || len(value) > dsr.MaxValueBytes {
			return
		}
		compare(t, shapes[int(mode)/len(dsr.Matches)%len(shapes)], record, queries)
	})
}

// FuzzGenerated lets the fuzzer make the choices of the generator, so that what it
// finds are records that almost match.
func FuzzGenerated(f *testing.F) {
	f.Fuzz(func(t *testing.T, choices []byte) {
		queries, records := generated(choices, 1)
		for _, f := range shapes {
			compare(t, f, records[0], queries)
		}
	})
}

// generated turns bytes into queries and n records.
func generated(choices []byte, n int) ([]match.Query, [][]byte) {
	g := generator{pick: picker(choices)}
	queries := g.queries()
	records := make([][]byte, n)
	for i := range records {
		records[i] = g.record(queries)
	}
	return queries, records
}

// picker makes the choices that the bytes say; when they are used up, the last of
// each list is taken, which ends every loop.
func picker(choices []byte) func(n int) int {
	return func(n int) int {
		if len(choices) == 0 {
			return n - 1
		}
		c := int(choices[0])
		choices = choices[1:]
		return c % n
	}
}

// FuzzScan asks about any bytes at all, in both layouts.
func FuzzScan(f *testing.F) {
	for i, record := range wellFormed {
		f.Add([]byte(`{"data":[`+record+`,`+record+`],"cursor":null}`), "STRASSE", uint8(i))
		f.Add([]byte(record+"\n"+record), "100", uint8(i))
	}
	for _, record := range malformed {
		f.Add([]byte(record), "1", uint8(1))
		f.Add([]byte(`{"data":[`+record+`]}`), "1", uint8(1))
	}
	f.Fuzz(func(t *testing.T, block []byte, value string, mode uint8) {
		queries := []match.Query{{Selectors: []dsr.Selector{by("", value, dsr.Matches[int(mode)%len(dsr.Matches)]), byID(value)}}}
		if _, err := match.Compile(queries, fields); err != nil || len(value) > dsr.MaxValueBytes {
			return
		}
		f := shapes[int(mode)/len(dsr.Matches)%len(shapes)]
		compareScan(t, f, block, match.Page, queries)
		compareScan(t, f, block, match.NDJSON, queries)
	})
}

// FuzzGeneratedScan lets the fuzzer make the choices of the generator.
func FuzzGeneratedScan(f *testing.F) {
	f.Fuzz(func(t *testing.T, choices []byte) {
		queries, records := generated(choices, 3)
		g := generator{pick: picker(choices)}
		for _, f := range shapes {
			compareScan(t, f, g.block(records, match.Page), match.Page, queries)
			compareScan(t, f, g.block(records, match.NDJSON), match.NDJSON, queries)
		}
	})
}
