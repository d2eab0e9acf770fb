package export

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
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
		`0`:                                     time.Unix(0, 0).UTC(),
		`99999999999`:                           time.Unix(99999999999, 0).UTC(),
		`99999999999.999999999`:                 time.Unix(99999999999, 999999999).UTC(),
		`1744651778.` + strings.Repeat("0", 20): base,
	} {
		got, ok := instant(json.RawMessage(raw))
		if !ok || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s: got %v, %v, want %v", raw, got, ok, want)
		}
	}
}

func TestNoInstant(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		``, `null`, `true`, `{}`, `[]`, `""`, `" "`, `"yesterday"`, `-1`, `"-1"`, `1e11`, `100000000000`, `1744651778000`, `1744651778000000`, `"1744651778000"`,
		`1e999999999`, `1e-999999999`, `1E99`, `0x10`, `"0x10"`, `"1_000"`, `"1/2"`, `"Inf"`, `"NaN"`, `"1744651778s"`, `"2025-13-01T00:00:00"`, `"2025-04-14"`,
		`"` + strings.Repeat("1", 1000) + `"`, `"1744651778.` + strings.Repeat("1", 1000) + `"`, "\"\xff\"",
	} {
		if got, ok := instant(json.RawMessage(raw)); ok || !got.IsZero() {
			t.Errorf("%.40q: got %v, want none", raw, got)
		}
	}
}

// TestInstantIsExact compares with rational arithmetic; floats lose microseconds here.
func TestInstantIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		whole, digits := rapid.Int64Range(0, 99999999999).Draw(t, "whole"), rapid.StringMatching(`[0-9]{1,9}`).Draw(t, "fraction")
		text := fmt.Sprintf("%d.%s", whole, digits)
		if shift := rapid.IntRange(-9, 9).Draw(t, "shift"); shift != 0 { // the same number, written with an exponent
			r, _ := new(big.Rat).SetString(fmt.Sprintf("%se%d", text, -shift))
			text = fmt.Sprintf("%se%d", strings.TrimRight(r.FloatString(18), "0")+"0", shift)
		}
		got, ok := instant(json.RawMessage(text))
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
		got, ok := instant(raw)
		if ok && (got.Unix() < -62167219200 || got.Year() > 9999) || !ok && !got.IsZero() {
			t.Fatalf("%q: got %v, %v", raw, got, ok)
		}
	})
}
