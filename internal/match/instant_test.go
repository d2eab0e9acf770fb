package match_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dsr-server/internal/match"
)

func TestInstant(t *testing.T) {
	t.Parallel()
	base := time.Date(2025, 4, 14, 17, 29, 38, 0, time.UTC) // 1744651778
	for raw, want := range map[string]time.Time{
		`1744651778`:                                         base,
		`1744651778.652`:                                     base.Add(652 * time.Millisecond),
		`1744651778.000000001`:                               base.Add(1),
		`1744651778.0000000019`:                              base.Add(1), // cut off, never rounded up
		`1744651778.0`:                                       base,
		`1.744651778e9`:                                      base,
		`1.744651778652E+9`:                                  base.Add(652 * time.Millisecond),
		`17446517780e-1`:                                     base,
		`"1744651778.652"`:                                   base.Add(652 * time.Millisecond),
		`" 1744651778 "`:                                     base,
		`"2025-04-14T17:29:38"`:                              base,
		`"2025-04-14T17:29:38.384884"`:                       base.Add(384884 * time.Microsecond),
		`"2025-04-14T17:29:38Z"`:                             base,
		`"2025-04-14T17:29:38+00:00"`:                        base,
		`"2025-04-14T19:29:38.5+02:00"`:                      base.Add(500 * time.Millisecond),
		`"2025-04-14T19:29:38+0200"`:                         base,
		`"2025-04-14 17:29:38"`:                              base,
		`"2025-04-14\u005417:29:38"`:                         base,
		`"2025-04-14 17:29:38+00:00"`:                        base,
		`"2025-04-14 17:29:38+00"`:                           base,
		`"2025-04-14 17:29:38.5 +0000 UTC"`:                  base.Add(500 * time.Millisecond),
		`"2025-04-14 19:29:38 +0200"`:                        base,
		`"2025-04-14 17:29:38 UTC"`:                          base,
		`"2025-04-14 17:29:38.000001 UTC"`:                   base.Add(time.Microsecond),
		`"2025-04-14 17:29:38 GMT"`:                          base,
		`"2025-04-14t17:29:38.25z"`:                          base.Add(250 * time.Millisecond),
		`"2025-04-14T17:29:38,5Z"`:                           base.Add(500 * time.Millisecond),
		`"2025-02-28T23:59:59.9999999999"`:                   time.Date(2025, 2, 28, 23, 59, 59, 999999999, time.UTC),
		`"2024-02-29T00:00:00"`:                              time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC),
		`1744651778652`:                                      base.Add(652 * time.Millisecond),
		`"1744651778652"`:                                    base.Add(652 * time.Millisecond),
		`1744651778652.25`:                                   base.Add(652250 * time.Microsecond),
		`1.744651778652e12`:                                  base.Add(652 * time.Millisecond),
		`1744651778652001`:                                   base.Add(652001 * time.Microsecond),
		`1744651778652001002`:                                base.Add(652001002),
		`2840140799.999999999`:                               time.Unix(2840140799, 999999999).UTC(),
		`946684800`:                                          time.Unix(946684800, 0).UTC(),
		`"/Date(1744651778652)/"`:                            base.Add(652 * time.Millisecond),
		`"\/Date(1744651778652+0200)\/"`:                     base.Add(652 * time.Millisecond), // UTC, whatever the offset
		`"new Date(1744651778652)"`:                          base.Add(652 * time.Millisecond),
		`"ISODate(\"2025-04-14T17:29:38.652Z\")"`:            base.Add(652 * time.Millisecond),
		`"ISODate('2025-04-14T17:29:38.652Z')"`:              base.Add(652 * time.Millisecond),
		`"NumberLong(1744651778652)"`:                        base.Add(652 * time.Millisecond),
		`{"$date":"2025-04-14T17:29:38.652Z"}`:               base.Add(652 * time.Millisecond),
		`{"$date":1744651778652}`:                            base.Add(652 * time.Millisecond),
		`{ "$date" : { "$numberLong" : "1744651778652" } }`:  base.Add(652 * time.Millisecond),
		`{"$numberLong":"1744651778652"}`:                    base.Add(652 * time.Millisecond),
		`{"$numberDouble":"1744651778.652"}`:                 base.Add(652 * time.Millisecond),
		`{"$timestamp":{"t":1744651778,"i":3}}`:              base,
		`{"__type":"Date","iso":"2025-04-14T17:29:38.652Z"}`: base.Add(652 * time.Millisecond),
		`{"_seconds":1744651778,"_nanoseconds":652000000}`:   base.Add(652 * time.Millisecond),
		`{"seconds":1744651778,"nanoseconds":652000000}`:     base.Add(652 * time.Millisecond),
		`{"seconds":"1744651778","nanos":652000000}`:         base.Add(652 * time.Millisecond),
		`{"seconds":1744651778}`:                             base,
		`{"nanoseconds":1,"seconds":1744651778}`:             base.Add(1),
		`"Mon Apr 14 2025 17:29:38 GMT+0000 (Coordinated Universal Time)"`:   base,
		`"Mon Apr 14 2025 19:29:38 GMT+0200 (Mitteleuropäische Sommerzeit)"`: base,
		`"Mon Apr 14 2025 17:29:38 GMT+0000"`:                                base,
		`"Mon Apr 14 17:29:38 UTC 2025"`:                                     base,
		`"Mon Apr 14 19:29:38 +0200 2025"`:                                   base,
		`"Mon Apr 14 17:29:38 2025"`:                                         base,
		`"Mon, 14 Apr 2025 17:29:38 GMT"`:                                    base,
		`"Mon, 14 Apr 2025 17:29:38 gmt"`:                                    base,
		`"Mon, 14 Apr 2025 12:29:38 -0500"`:                                  base,
		`"Monday, 14-Apr-25 17:29:38 UTC"`:                                   base,
		`"14 Apr 2025 17:29:38 UTC"`:                                         base,
		`"Apr 14, 2025, 5:29:38 PM UTC"`:                                     base,
		`"April 14, 2025 5:29:38 PM"`:                                        base,
		`"2025/04/14 17:29:38"`:                                              base,
		`"20250414T172938Z"`:                                                 base,
		`"20250414T172938.500+0000"`:                                         base.Add(500 * time.Millisecond),
		`"2025-04-14 17:29:38 utc"`:                                          base,
		`"2025-04-14 17:29:38z"`:                                             base,
		`"2025-04-14 17:29:38 UTC+0000"`:                                     base,
		`"2025-04-14T19:29:38 GMT+02:00"`:                                    base,
		`"2025-04-14T17:29:38Z[UTC]"`:                                        base,
		`"2025-04-14T19:29:38+02:00[Europe/Berlin]"`:                         base,
		`"2025-04-14T17:29Z"`:                                                base.Truncate(time.Minute),
		`"2016-12-31T23:59:60Z"`:                                             time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC),
		`"2016-12-31T23:59:60.5+00:00"`:                                      time.Date(2017, 1, 1, 0, 0, 0, 5e8, time.UTC),
		`"1998-04-14T17:29:38Z"`:                                             time.Date(1998, 4, 14, 17, 29, 38, 0, time.UTC),
		`1744651778.` + strings.Repeat("0", 20):                              base,
	} {
		got, ok := match.Instant([]byte(raw))
		if !ok || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s: got %v, %v, want %v", raw, got, ok, want)
		}
	}
}

func TestNoInstant(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		``, `null`, `true`, `{}`, `[]`, `""`, `" "`, `"yesterday"`, `0`, `0.0`, `"0"`, `-1`, `"-1"`, `9200000000000000000`, `-1744651778000`,
		`20250506`, `"20250506"`, `20250506123000`, `202505061230`, `45783.5`, `45783`, `638822349000000000`, `"638822349000000000"`, `133894321000000000`, `767885378`, `3953640578`,
		`1000`, `99999999999`, `100000000000`, `253402300799`, `253402300799000`, `9007199254740991`, `9223372036854775807`, `946684799.999999999`, `2840140800`,
		`"1970-01-01T00:00:00"`, `"1970-01-01T01:00:00"`, `"1969-12-31T19:00:00-05:00"`, `"0001-01-01T00:00:00Z"`, `"1601-01-01T00:00:00Z"`, `"1899-12-30 00:00:00"`, `"1900-01-01T00:00:00"`,
		`{"$date":null}`, `{"$date":{}}`, `{"$oid":"5c80416892d94e40a64cea7d"}`, `{"seconds":1744651778652}`, `{"seconds":1744651778,"nanos":1000000000}`, `{"seconds":0,"nanos":0}`,
		`"Date(now)"`, `"new Date()"`, `"2025-04-14T17:29"`, `"2025-04-14T17:29:38[Europe/Berlin]"`, `"2025-04-14T17:29:61Z"`, `"04/05/2025 17:29:38"`, `"17:29:38"`, `"2025-04-14T17:29:38+25:00"`,
		`1e999999999`, `1e-999999999`, `1E99`, `0x10`, `"0x10"`, `"1_000"`, `"1/2"`, `"Inf"`, `"NaN"`, `"1744651778s"`, `"2025-13-01T00:00:00"`, `"2025-02-29T00:00:00"`, `"2025-02-29T00:00:00Z"`, `"2025-04-14"`, `"2025-04-14T17:29:38 CET"`, `"2025-04-14T24:29:38"`, `"14.04.2025 17:29:38"`, `"2025-04-14T17:29:38+2"`,
		`"` + strings.Repeat("1", 1000) + `"`, `"1744651778.` + strings.Repeat("1", 1000) + `"`, "\"\xff\"",
	} {
		if got, ok := match.Instant([]byte(raw)); ok || !got.IsZero() {
			t.Errorf("%.40q: got %v, want none", raw, got)
		}
	}
}

// TestInstantIsExact compares with rational arithmetic; floats lose microseconds here.
func TestInstantIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		whole, digits := rapid.Int64Range(946684800, 2840140799).Draw(t, "whole"), rapid.StringMatching(`[0-9]{1,9}`).Draw(t, "fraction")
		text := fmt.Sprintf("%d.%s", whole, digits)
		if shift := rapid.IntRange(-9, 9).Draw(t, "shift"); shift != 0 { // the same number, written with an exponent
			r, _ := new(big.Rat).SetString(fmt.Sprintf("%se%d", text, -shift))
			text = fmt.Sprintf("%se%d", strings.TrimRight(r.FloatString(18), "0")+"0", shift)
		}
		got, ok := match.Instant([]byte(text))
		nanos := digits + strings.Repeat("0", 9-len(digits))
		if want := fmt.Sprintf("%d.%s", whole, nanos); !ok || fmt.Sprintf("%d.%09d", got.Unix(), got.Nanosecond()) != want {
			t.Fatalf("%s: got %v, %v, want %s", text, got, ok, want)
		}
	})
}

func FuzzInstant(f *testing.F) {
	for _, seed := range []string{`1744651778.652`, `"2025-04-14T17:29:38"`, `1e11`, `null`, `1e-5`, `"\ud800"`, `+1`, `.`, `e`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, ok := match.Instant(raw)
		if ok && (got.Unix() < -62167219200 || got.Year() > 9999) || !ok && !got.IsZero() {
			t.Fatalf("%q: got %v, %v", raw, got, ok)
		}
	})
}
