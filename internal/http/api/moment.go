package api

import (
	"regexp"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// timeForm is RFC 3339's date-time, whose letters may be small.
var timeForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`)

// parseTime reads a time as RFC 3339 writes it, and nothing near it.
func parseTime(field, text string) (time.Time, error) {
	t, ok := parseRFC3339(strings.ToUpper(text))
	if !ok {
		return time.Time{}, dsr.FieldErrorf(field, "is not a time as in RFC 3339, such as 2025-06-30T09:00:00Z")
	}
	if t.Year() < 1970 || t.Year() > 9998 {
		return time.Time{}, dsr.FieldErrorf(field, "must lie between the years 1970 and 9998")
	}
	return t, nil
}

// secondsAt is where the seconds stand.
const secondsAt = len("2006-01-02T15:04:")

func parseRFC3339(text string) (time.Time, bool) {
	if !timeForm.MatchString(text) {
		return time.Time{}, false
	}
	leap := text[secondsAt:secondsAt+2] == "60"
	if leap {
		text = text[:secondsAt] + "59" + text[secondsAt+2:]
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, false
	}
	if t = t.UTC(); !leap {
		return t, true
	}
	// A leap second is the last one of a month in UTC; it is taken for the one after it.
	t = t.Truncate(time.Second).Add(time.Second)
	return t, t.Day() == 1 && t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0
}
