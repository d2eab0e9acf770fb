package config

import (
	"errors"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Rate is how often a vendor may be called. The zero value is no limit, which only
// a dump has.
type Rate struct {
	Count float64
	Per   time.Duration
}

// PerSecond is the rate in calls per second; without a limit it is +Inf.
func (r Rate) PerSecond() float64 {
	if r.Per == 0 {
		return math.Inf(1)
	}
	return r.Count / r.Per.Seconds()
}

func (r Rate) String() string {
	for unit, per := range rateUnits {
		if per == r.Per {
			return strconv.FormatFloat(r.Count, 'f', -1, 64) + "/" + unit
		}
	}
	return "unlimited"
}

var (
	rateUnits   = map[string]time.Duration{"s": time.Second, "min": time.Minute, "h": time.Hour}
	ratePattern = regexp.MustCompile(`^(\d{1,9}(?:\.\d{1,9})?)/(s|min|h)$`)
)

// The sentences a value that cannot be read is refused with.
var (
	errNotDuration = errors.New("is not a duration; write hours, minutes and seconds, as in 2160h, 90m or 1h30m (there is no unit for days: 90 days are 2160h)")
	errNotTime     = errors.New("is neither a date (2023-01-31) nor a time with its zone (2023-01-31T00:00:00Z)")
	errNotRate     = errors.New("is not a rate; write a number of calls above zero and a unit, as in 3/s, 50/min or 500/h")
	errNotBool     = errors.New("is neither true nor false")
	errNotNumber   = errors.New("is not a whole number")
	errNoValue     = errors.New("is empty; give a value or remove the key")
)

// isScalar reports whether v is one value in the file rather than keys or a list.
func isScalar(v reflect.Value) bool {
	switch v.Interface().(type) {
	case string, int, bool, time.Duration, time.Time, Rate, Size, SecretFile:
		return true
	}
	return false
}

// isWords reports whether v is a text that may be given for each language.
func isWords(v reflect.Value) bool { return v.Type() == reflect.TypeFor[Words]() }

// setScalar reads text into v, which isScalar. The error is a sentence about the
// key and does not repeat the text.
func setScalar(v reflect.Value, text string) (err error) {
	if text == "" {
		return errNoValue
	}
	switch p := v.Addr().Interface().(type) {
	case *string:
		*p = text
	case *SecretFile:
		p.Path = text
	case *int:
		*p, err = parse(text, strconv.Atoi, errNotNumber)
	case *bool:
		*p, err = parseBool(text)
	case *time.Duration:
		*p, err = parse(text, time.ParseDuration, errNotDuration)
	case *time.Time:
		*p, err = parseTime(text)
	case *Rate:
		*p, err = parseRate(text)
	case *Size:
		*p, err = parseSize(text)
	}
	return err
}

func parse[T any](text string, read func(string) (T, error), refusal error) (T, error) {
	v, err := read(text)
	if err != nil {
		return v, refusal
	}
	return v, nil
}

// parseBool takes the two words of YAML alone.
func parseBool(text string) (bool, error) {
	if text != "true" && text != "false" {
		return false, errNotBool
	}
	return text == "true", nil
}

// parseTime takes a date to begin at midnight UTC.
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, errNotTime
}

func parseRate(text string) (Rate, error) {
	m := ratePattern.FindStringSubmatch(strings.ReplaceAll(text, " ", ""))
	if m == nil {
		return Rate{}, errNotRate
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil || n <= 0 {
		return Rate{}, errNotRate
	}
	return Rate{Count: n, Per: rateUnits[m[2]]}, nil
}

// walk calls f for every scalar of v, a struct, with its key path, in the
// order of the fields; those inside lists only if lists is set.
func walk(v reflect.Value, path string, lists bool, f func(path string, v reflect.Value)) {
	switch {
	case isScalar(v):
		f(path, v)
	case isWords(v) && v.FieldByName("Any").String() != "":
		f(path, v.FieldByName("Any"))
	case v.Kind() == reflect.Slice && lists:
		for i := range v.Len() {
			walk(v.Index(i), path+"["+strconv.Itoa(i)+"]", lists, f)
		}
	case v.Kind() == reflect.Map && lists:
		for _, key := range slices.Sorted(maps.Keys(v.Interface().(map[string]string))) {
			f(joinPath(path, key), v.MapIndex(reflect.ValueOf(key)))
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if key := v.Type().Field(i).Tag.Get("yaml"); key != "" {
				walk(v.Field(i), joinPath(path, key), lists, f)
			}
		}
	}
}

func joinPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
