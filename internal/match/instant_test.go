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
		`1744651778`:                            base,
		`1744651778.652`:                        base.Add(652 * time.Millisecond),
		`1744651778.000000001`:                  base.Add(1),
		`1744651778.0000000019`:                 base.Add(1), // cut off, never rounded up
		`1744651778.0`:                          base,
		`1.744651778e9`:                         base,
		`1.744651778652E+9`:                     base.Add(652 * time.Millisecond),
		`17446517780e-1`:                        base,
		`"1744651778.652"`:                      base.Add(652 * time.Millisecond),
		`" 1744651778 "`:                        base,
		`"2025-04-14T17:29:38"`:                 base,
		`"2025-04-14T17:29:38.384884"`:          base.Add(384884 * time.Microsecond),
		`"2025-04-14T17:29:38Z"`:                base,
		`"2025-04-14T17:29:38+00:00"`:           base,
		`"2025-04-14T19:29:38.5+02:00"`:         base.Add(500 * time.Millisecond),
		`"2025-04-14T19:29:38+0200"`:            base,
		`"2025-04-14 17:29:38"`:                 base,
		`"2025-04-14\u005417:29:38"`:            base,
		`"2025-04-14 17:29:38+00:00"`:           base,
		`"2025-04-14 17:29:38+00"`:              base,
		`"2025-04-14 17:29:38.5 +0000 UTC"`:     base.Add(500 * time.Millisecond),
		`"2025-04-14 19:29:38 +0200"`:           base,
		`"2025-04-14 17:29:38 UTC"`:             base,
		`"2025-04-14 17:29:38.000001 UTC"`:      base.Add(time.Microsecond),
		`"2025-04-14 17:29:38 GMT"`:             base,
		`"2025-04-14t17:29:38.25z"`:             base.Add(250 * time.Millisecond),
		`"2025-04-14T17:29:38,5Z"`:              base.Add(500 * time.Millisecond),
		`"2025-02-28T23:59:59.9999999999"`:      time.Date(2025, 2, 28, 23, 59, 59, 999999999, time.UTC),
		`"2024-02-29T00:00:00"`:                 time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC),
		`1744651778652`:                         base.Add(652 * time.Millisecond),
		`"1744651778652"`:                       base.Add(652 * time.Millisecond),
		`1744651778652.25`:                      base.Add(652250 * time.Microsecond),
		`1.744651778652e12`:                     base.Add(652 * time.Millisecond),
		`1744651778652001`:                      base.Add(652001 * time.Microsecond),
		`1744651778652001002`:                   base.Add(652001002),
		`100000000000`:                          time.UnixMilli(1e11).UTC(),
		`99999999999`:                           time.Unix(99999999999, 0).UTC(),
		`99999999999.999999999`:                 time.Unix(99999999999, 999999999).UTC(),
		`1744651778.` + strings.Repeat("0", 20): base,
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
		whole, digits := rapid.Int64Range(1, 99999999999).Draw(t, "whole"), rapid.StringMatching(`[0-9]{1,9}`).Draw(t, "fraction")
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
