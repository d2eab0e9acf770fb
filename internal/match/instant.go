package match

import (
	"math/big"
	"regexp"
	"strings"
	"time"

	"dsr-server/internal/match/prefilter"
)

// Instant reads a time that is JSON: a number or numeric string of Unix seconds,
// milliseconds, microseconds or nanoseconds, or a written time. Decimal arithmetic is
// exact to the nanosecond. ok is false for null, for nought, which vendors write where
// they know no time, and for anything else that is not a plausible time.
func Instant(raw []byte) (t time.Time, ok bool) {
	if t, ok := usualSeconds(raw); ok {
		return t, true
	}
	if t, ok := usualDate(raw); ok {
		if t.Unix() == 0 {
			return time.Time{}, false
		}
		return t, true
	}
	if len(raw) > longestTime {
		return time.Time{}, false
	}
	token := string(raw)
	if len(raw) > 0 && raw[0] == '"' {
		end, tr := prefilter.StringEnd(raw, 1)
		if tr&prefilter.Broken != 0 {
			return time.Time{}, false
		}
		token = strings.TrimSpace(string(prefilter.Decode(nil, raw[1:end])))
	}
	if t, ok := numeric(token); ok {
		return t, true
	}
	if t, ok := written(token); ok && t.Unix() != 0 { // the epoch is nought, written out
		return t, true
	}
	return time.Time{}, false
}

// longestTime is longer than any time, however it is escaped.
const longestTime = 512

// usualSeconds reads the form that nearly every start has: ten digits.
func usualSeconds(raw []byte) (time.Time, bool) {
	if len(raw) != 10 || raw[0] == '0' || !integer(raw) || raw[0] == '-' {
		return time.Time{}, false
	}
	return time.Unix(int64(digits(raw)), 0).UTC(), true
}

// usualDate reads the form that nearly every last action has: "2006-01-02T15:04:05" with
// or without a fraction, on a day that every month has.
func usualDate(raw []byte) (time.Time, bool) {
	const form = `"0000-00-00T00:00:00`
	if len(raw) < len(form)+1 || raw[len(raw)-1] != '"' {
		return time.Time{}, false
	}
	for i := range form {
		if form[i] == '0' && raw[i]-'0' > 9 || form[i] != '0' && raw[i] != form[i] {
			return time.Time{}, false
		}
	}
	year, month, day := digits(raw[1:5]), digits(raw[6:8]), digits(raw[9:11])
	hour, minute, second := digits(raw[12:14]), digits(raw[15:17]), digits(raw[18:20])
	nanos, ok := fraction(raw[len(form) : len(raw)-1])
	if !ok || month < 1 || month > 12 || day < 1 || day > 28 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC), true
}

// fraction reads ".5" as nanoseconds; an empty one is none.
func fraction(raw []byte) (nanos int, ok bool) {
	if len(raw) == 0 {
		return 0, true
	}
	if raw[0] != '.' || len(raw) < 2 || len(raw) > 10 {
		return 0, false
	}
	for i := 1; i < 10; i++ {
		nanos *= 10
		if i < len(raw) {
			if raw[i]-'0' > 9 {
				return 0, false
			}
			nanos += int(raw[i] - '0')
		}
	}
	return nanos, true
}

func digits(raw []byte) (n int) {
	for _, c := range raw {
		n = n*10 + int(c-'0')
	}
	return n
}

// Numbers of seconds up to the year 5138 are less than 1e11; since March 1973 there have
// been more milliseconds than that, and so on up to nanoseconds. So a number has one
// meaning only, but for times that no export has.
const (
	leastMillis = 1e11
	leastMicros = 1e14
	leastNanos  = 1e17
	tooLate     = 9.2e18 // in nanoseconds, the year 2261
)

func numeric(token string) (time.Time, bool) {
	// The length keeps exponents small: 1e9 is a time, 1e999999999 is an attack.
	if token == "" || len(token) > 40 || strings.Trim(token, "0123456789.eE+-") != "" {
		return time.Time{}, false
	}
	if _, exponent, found := strings.Cut(strings.ToLower(token), "e"); found && len(strings.Trim(exponent, "+-0")) > 2 {
		return time.Time{}, false
	}
	r, ok := new(big.Rat).SetString(token)
	if ok && endOfTime(r) {
		return time.Time{}, false
	}
	if !ok || r.Sign() <= 0 || r.Cmp(rat(tooLate)) >= 0 {
		return time.Time{}, false
	}
	unit := int64(1)
	switch {
	case r.Cmp(rat(leastMillis)) < 0:
		unit = 1e9
	case r.Cmp(rat(leastMicros)) < 0:
		unit = 1e6
	case r.Cmp(rat(leastNanos)) < 0:
		unit = 1e3
	}
	nanos := new(big.Int).Mul(r.Num(), big.NewInt(unit))
	nanos.Quo(nanos, r.Denom())
	whole, rest := new(big.Int).QuoRem(nanos, big.NewInt(1e9), new(big.Int))
	return time.Unix(whole.Int64(), rest.Int64()).UTC(), true
}

// endOfTime reports whether a number is the last second of the year 9999, by which some
// mark what has no end, in seconds or smaller units. In milliseconds the first would be a
// day of 1978.
func endOfTime(r *big.Rat) bool {
	for _, unit := range []int64{1, 1e3, 1e6} {
		since := new(big.Rat).Sub(r, new(big.Rat).SetInt64(253402300799*unit))
		if since.Sign() >= 0 && since.Cmp(new(big.Rat).SetInt64(unit)) <= 0 {
			return true
		}
	}
	return false
}

func rat(f float64) *big.Rat { return new(big.Rat).SetFloat64(f) }

// writtenTime is what date, time of day, fraction and zone look like. Without a zone a
// time is UTC: the vendor's own sample agrees with its numeric start only so.
var writtenTime = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)[Tt ] *(\d\d:\d\d:\d\d)(?:[.,](\d+))? *(?:([Zz]|UTC|GMT)|([+-]\d\d)(?::?(\d\d))?(?: UTC)?)?$`)

func written(token string) (time.Time, bool) {
	p := writtenTime.FindStringSubmatch(token)
	if p == nil {
		return otherwiseWritten(token)
	}
	zone := "Z"
	if p[5] != "" {
		zone = p[5] + ":" + (p[6] + "00")[:2]
	}
	text := p[1] + "T" + p[2]
	if p[3] != "" {
		text += "." + p[3]
	}
	t, err := time.Parse(time.RFC3339, text+zone)
	if err != nil {
		return time.Time{}, false
	}
	return t.UTC(), true
}

// otherForms are further ways to write a time that mean one moment only.
var otherForms = []string{
	time.RFC1123, time.RFC1123Z, "20060102T150405Z", "20060102T150405Z0700",
	"2006/01/02 15:04:05 UTC", "2006/01/02 15:04:05 -0700", "2006-01-02T15:04:05Z[UTC]", "2006-01-02 15:04:05 -0700 MST",
}

func otherwiseWritten(token string) (time.Time, bool) {
	for _, form := range otherForms {
		if t, err := time.Parse(form, token); err == nil && (form != time.RFC1123 || strings.HasSuffix(token, " GMT") || strings.HasSuffix(token, " UTC")) {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
