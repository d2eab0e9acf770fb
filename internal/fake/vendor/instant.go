package vendor

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// unplaced is the time of a record that has none: before every other.
const unplaced int64 = math.MinInt64

// instantOf reads a time as the vendor writes it, in microseconds since 1970; unplaced
// if it is not readable. text is the value itself, without quotes.
func instantOf(text string) int64 {
	text = strings.TrimSpace(text)
	if text == "" {
		return unplaced
	}
	if us, ok := secondsOf(text); ok {
		return us
	}
	// Both layouts accept a fraction; the first is how the vendor writes: no zone, UTC.
	for _, layout := range []string{"2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UnixMicro()
		}
	}
	return unplaced
}

// secondsOf reads a number of seconds; a number too large to be seconds of this age is
// taken as milliseconds or microseconds.
func secondsOf(text string) (int64, bool) {
	if c := text[0]; c != '-' && (c < '0' || c > '9') {
		return 0, false // ParseFloat would take "NaN" and "Infinity"
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.Abs(f) >= 1e17 {
		return 0, false
	}
	switch abs := math.Abs(f); {
	case abs >= 1e14:
		return int64(math.Round(f)), true
	case abs >= 1e11:
		return int64(math.Round(f * 1e3)), true
	default:
		return int64(math.Round(f * 1e6)), true
	}
}
