package export

import (
	"encoding/json"
	"math/big"
	"strings"
	"time"
)

// layouts of written times. The naive ones are UTC: the vendor's own sample agrees
// with its numeric startTime only so. Go reads a fraction after the seconds with any of them.
var layouts = []string{"2006-01-02T15:04:05", time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02 15:04:05"}

// notSeconds is the least number that is no plausible time in seconds (the year 5138);
// milliseconds and microseconds of our times are all above it.
var notSeconds = big.NewRat(1e11, 1)

// instant reads a time: a number or numeric string of Unix seconds, or a written
// time. Decimal arithmetic is exact to the nanosecond. ok is false for null and
// for anything else that is not a plausible time.
func instant(raw json.RawMessage) (t time.Time, ok bool) {
	token := string(raw)
	if len(raw) > 0 && raw[0] == '"' {
		if json.Unmarshal(raw, &token) != nil {
			return time.Time{}, false
		}
		token = strings.TrimSpace(token)
	}
	if t, ok := seconds(token); ok {
		return t, true
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, token); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func seconds(token string) (time.Time, bool) {
	// The length keeps exponents small: 1e9 is a time, 1e999999999 is an attack.
	if token == "" || len(token) > 40 || strings.Trim(token, "0123456789.eE+-") != "" {
		return time.Time{}, false
	}
	if _, exponent, found := strings.Cut(strings.ToLower(token), "e"); found && len(strings.Trim(exponent, "+-0")) > 2 {
		return time.Time{}, false
	}
	r, ok := new(big.Rat).SetString(token)
	if !ok || r.Sign() < 0 || r.Cmp(notSeconds) >= 0 {
		return time.Time{}, false
	}
	nanos := new(big.Int).Mul(r.Num(), big.NewInt(1e9))
	nanos.Quo(nanos, r.Denom())
	whole, rest := new(big.Int).QuoRem(nanos, big.NewInt(1e9), new(big.Int))
	return time.Unix(whole.Int64(), rest.Int64()).UTC(), true
}
