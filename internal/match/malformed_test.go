package match_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

var malformed = []string{
	``, ` `, `null`, `1`, `"x"`, `[]`, `[{}]`, `{`, `}`, `{}}`, `{} {}`, `{}x`, `{,}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a" 1}`, `{"a":1 "b":2}`, `{a:1}`,
	`{"a":[}`, `{"a":[1,]}`, `{"a":[1 2]}`, `{"a":{]}`, `{"a":[1}`, `{"a":tru}`, `{"a":True}`, `{"a":nulll}`, `{"a":NaN}`, `{"a":Infinity}`, `{"a":-Infinity}`, `{"a":-}`, `{"a":01}`, `{"a":1.}`,
	`{"a":.5}`, `{"a":1e}`, `{"a":1e+}`, `{"a":+1}`, `{"a":0x1}`, `{"a":12:}`, `{"a":1/2}`, `{"a":1.5:}`, `{"a":1e5:}`, `{"a":--1}`, `{"a":1-}`, `{"a":"}`, `{"a":"\"}`, `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\u12g4"}`, `{"a":"\u123`, `{"a":"\`, `{"\":1}`,
	"{\"a\":\"\n\"}", "{\"a\":\"\x00\"}", "{\"a\":\"12345678\t\"}", "\ufeff{}", "{\xff}", "{\"a\":\xff}", "{}\x00", `{"a":'b'}`, `{"a":1}//`, "{\"a\":1}\u00a0", "\u00a0{}", "{\f}",
}

func TestMalformedRecordIsAnError(t *testing.T) {
	t.Parallel()
	m := mustCompile(t, []match.Query{{Selectors: []dsr.Selector{by("", "b", dsr.Contains), by("", "1", dsr.Exact)}}})
	for _, record := range malformed {
		hits, _, err := decide(m, []byte(record))
		var syntax *match.SyntaxError
		if !errors.As(err, &syntax) || hits != nil {
			t.Errorf("Match(%q): hits %v, error %v; want a *SyntaxError", record, hits, err)
			continue
		}
		if syntax.Offset < 0 || syntax.Offset > len(record) {
			t.Errorf("Match(%q): offset %d is outside", record, syntax.Offset)
		}
	}
}

func TestControlCharacterInAStringIsAnError(t *testing.T) {
	t.Parallel()
	m := mustCompile(t, nil)
	for c := range byte(0x80) {
		for at := range 20 {
			text := bytes.Repeat([]byte("#"), 20) // one above the quote
			text[at] = c
			record := []byte(`{"a":"` + string(text) + `"}`)
			_, _, err := decide(m, record)
			if want := c < 0x20 || c == '"' || c == '\\'; (err != nil) != want {
				t.Errorf("byte %#x at %d: error %v", c, at, err)
			}
		}
	}
}

func TestEveryProperPrefixIsAnError(t *testing.T) {
	t.Parallel()
	record := []byte(` {"_id":"5c80","metadata":{"a":[1,-2.5e+3,{"b":"é\ud83d\ude00\n"}],"c":true,"d":null},"tags":["x"]}`)
	m := mustCompile(t, []match.Query{{Selectors: []dsr.Selector{by("a.b", "x", dsr.Contains)}}})
	if _, _, err := decide(m, record); err != nil {
		t.Fatal(err)
	}
	for i := range record {
		if _, _, err := decide(m, record[:i]); err == nil {
			t.Errorf("prefix of %d bytes: no error", i)
		}
	}
}

func TestDepthLimit(t *testing.T) {
	t.Parallel()
	m := mustCompile(t, []match.Query{{Selectors: []dsr.Selector{by("", "x", dsr.Exact)}}})
	nest := func(open, end string, n int) []byte {
		return []byte(`{"metadata":` + strings.Repeat(open, n) + `"x"` + strings.Repeat(end, n) + `}`)
	}
	for _, b := range [][2]string{{"[", "]"}, {`{"a":`, "}"}} {
		if hits, _, err := decide(m, nest(b[0], b[1], match.MaxDepth-1)); err != nil || len(hits) != 1 {
			t.Errorf("%s at the limit: hits %v, error %v", b[0], hits, err)
		}
		for _, n := range []int{match.MaxDepth, 1_000_000} {
			if _, _, err := decide(m, nest(b[0], b[1], n)); err == nil {
				t.Errorf("%s nested %d deep: no error", b[0], n)
			}
		}
	}
}

// TestFaultsAreTheSameWhereverTheyStand compares the errors about a record by itself, which is
// too short for any marks, with those about the same record far into a block that has them.
func TestFaultsAreTheSameWhereverTheyStand(t *testing.T) {
	t.Parallel()
	const good = `{"_id":"1","metadata":{"a":"some text that is long enough to fill a word or two of the index"}}`
	m := mustCompile(t, []match.Query{{Selectors: []dsr.Selector{by("", "b", dsr.Contains)}}})
	for _, record := range append(slices.Clone(malformed), `{"a":"`+"\xff"+`"}`, `{"a":"`+"\xed\xa0\x80"+`","b":"x"}`, `{"a":"\ud800"}`, `{"a":"\u00`+`","b":1}`) {
		if strings.Trim(record, " ") == "" || strings.Contains(record, "\n") {
			continue
		}
		_, wantErr := m.Decide([]byte(record))
		for n := range 70 {
			before := strings.Repeat(good+"\n", 3) + strings.Repeat(" ", n)
			block := []byte(before + record + "\n" + strings.Repeat(good+"\n", 3))
			var got []match.Record
			_ = m.Scan(block, match.NDJSON, func(r match.Record) bool { got = append(got, r); return true })
			if len(got) != 7 || got[2].Err != nil || got[4].Err != nil {
				t.Fatalf("%q after %d bytes: %d records", record, len(before), len(got))
			}
			if want, _ := errors.AsType[*match.SyntaxError](wantErr); want != nil {
				want := &match.SyntaxError{Offset: want.Offset + len(before), Record: 4, Reason: want.Reason}
				if diff := cmp.Diff(error(want), got[3].Err); diff != "" {
					t.Fatalf("%q after %d bytes (-alone +in the block):\n%s", record, len(before), diff)
				}
			}
		}
	}
}
