package match

import (
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"

	"dsr-server/internal/match/prefilter"
	"dsr-server/internal/record"
)

// Instant reads a time that is JSON: a number or numeric string of Unix seconds,
// milliseconds, microseconds or nanoseconds, a written time, or one of these in the
// wrapping that a database puts around it. Decimal arithmetic is exact to the nanosecond.
// ok is false for null, for nought, which vendors write where they know no time, and for
// anything else that is not a plausible time.
func Instant(raw []byte) (t time.Time, ok bool) {
	if t, ok := usualSeconds(raw); ok {
		return t, true
	}
	if t, ok := usualDate(raw); ok {
		return plausibleDate(t)
	}
	switch {
	case len(raw) == 0 || len(raw) > longestTime:
		return time.Time{}, false
	case raw[0] == '{':
		return wrapped(raw)
	case raw[0] != '"':
		return numeric(string(raw))
	}
	end, tr := prefilter.StringEnd(raw, 1)
	if tr&prefilter.Broken != 0 {
		return time.Time{}, false
	}
	return spoken(string(prefilter.Decode(nil, raw[1:end])))
}

// spoken reads what a text says.
func spoken(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	if p := calledDate.FindStringSubmatch(text); p != nil {
		text = p[1] + p[2]
	}
	if t, ok := numeric(text); ok {
		return t, true
	}
	if t, ok := written(text); ok {
		return plausibleDate(t)
	}
	return time.Time{}, false
}

// calledDate is a time within a call that makes one: "/Date(1740787200000+0100)/" of .NET,
// whose number is UTC all the same, "new Date(…)", and what MongoDB's shell prints.
var calledDate = regexp.MustCompile(`^(?:/Date\((\d+)(?:[+-]\d{4})?\)/|(?:new )?(?:Date|ISODate|NumberLong|Long)\(["']?([^"'()]+)["']?\))$`)

// wrapped reads a time that is an object, as databases write one out: the seconds and the
// rest apart, or the one value that it wraps. The record has been walked, so it is JSON.
func wrapped(raw []byte) (time.Time, bool) {
	w := newWalker(wrappings)
	defer w.release()
	w.b = raw
	w.record(0)
	named := func(name string) []byte { return w.top[w.m.schema.number(name)].raw }
	for _, names := range wrappedInParts {
		if seconds := named(names[0]); seconds != nil {
			return inParts(seconds, named(names[1]), named(names[2]))
		}
	}
	for _, name := range wrappedWhole {
		if inner := named(name); inner != nil {
			return Instant(inner)
		}
	}
	return time.Time{}, false
}

var (
	wrappedInParts = [][3]string{{"_seconds", "_nanoseconds", "_nanoseconds"}, {"seconds", "nanoseconds", "nanos"}}
	wrappedWhole   = []string{"$date", "$numberLong", "$numberDouble", "$numberDecimal", "$timestamp", "t", "iso"}
	// wrappings finds all of these names in one walk.
	wrappings = reading(Fields{Evidence: paths(append(wrappedWhole, slices.Concat(wrappedInParts[0][:], wrappedInParts[1][:])...))})
)

func paths(names []string) (all []record.Path) {
	for _, name := range names {
		all = append(all, record.Path{{Name: name}})
	}
	return all
}

// inParts is a time of whole seconds and a rest in nanoseconds, which has one of two names.
func inParts(seconds, rest, otherRest []byte) (time.Time, bool) {
	t, ok := Instant(seconds)
	n := max(count(rest), count(otherRest))
	if !ok || t.Unix() != count(seconds) || n >= int64(time.Second) { // in a smaller unit
		return time.Time{}, false
	}
	return t.Add(time.Duration(n)), true
}

// longestTime is longer than any time, however it is escaped or wrapped.
const longestTime = 512

// usualSeconds reads the form that nearly every start has: ten digits.
func usualSeconds(raw []byte) (time.Time, bool) {
	if len(raw) != 10 || raw[0] == '0' || !integer(raw) || raw[0] == '-' {
		return time.Time{}, false
	}
	t := time.Unix(int64(digits(raw)), 0).UTC()
	return t, t.Before(lastNumber)
}

// usualDate reads the form that nearly every last action has: "2006-01-02T15:04:05" with
// or without a fraction and a Z, on a day that every month has.
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
	nanos, ok := fraction(trimZ(raw[len(form) : len(raw)-1]))
	if !ok || month < 1 || month > 12 || day < 1 || day > 28 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC), true
}

// trimZ takes off the letter for UTC, with which most written times end.
func trimZ(raw []byte) []byte {
	if n := len(raw) - 1; n >= 0 && (raw[n] == 'Z' || raw[n] == 'z') {
		return raw[:n]
	}
	return raw
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

// A number is a time if it lies between these two in some unit, which it can in one unit
// only. No chatbot's export is older; and what is no time at all lies outside: a spreadsheet's
// days (45783.5), a date's digits (20250506), .NET's ticks (6.4e17, nanoseconds of 1990), the
// seconds since 1904 or 2001 of Apple's, the year 9999 that marks what has no end.
var (
	firstNumber = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	lastNumber  = time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC)
)

// firstDate is the oldest written time that is one. What is older is the nought of some
// calendar: the years 1, 1601, 1753, 1899, 1900 and 1970.
var firstDate = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

func plausibleDate(t time.Time) (time.Time, bool) {
	if t.Before(firstDate) {
		return time.Time{}, false
	}
	return t, true
}

func numeric(token string) (time.Time, bool) {
	// The length keeps exponents small: 1e9 is a time, 1e999999999 is an attack.
	if token == "" || len(token) > 40 || strings.Trim(token, "0123456789.eE+-") != "" {
		return time.Time{}, false
	}
	if _, exponent, found := strings.Cut(strings.ToLower(token), "e"); found && len(strings.Trim(exponent, "+-0")) > 2 {
		return time.Time{}, false
	}
	r, ok := new(big.Rat).SetString(token)
	if !ok {
		return time.Time{}, false
	}
	for unit := int64(1e9); unit > 0; unit /= 1e3 { // of which there are so many nanoseconds
		nanos := new(big.Int).Mul(r.Num(), big.NewInt(unit))
		nanos.Quo(nanos, r.Denom())
		whole, rest := new(big.Int).QuoRem(nanos, big.NewInt(1e9), new(big.Int))
		if !whole.IsInt64() {
			continue
		}
		if t := time.Unix(whole.Int64(), rest.Int64()).UTC(); !t.Before(firstNumber) && t.Before(lastNumber) {
			return t, true
		}
	}
	return time.Time{}, false
}
