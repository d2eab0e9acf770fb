package config

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/yamlnode"
)

// The sentences a value that cannot be read is refused with.
var (
	errNotTime = errors.New("is neither a date (2023-01-31) nor a time with its zone (2023-01-31T00:00:00Z)")
	errNoValue = errors.New("is empty; give a value or remove the key")
)

// isScalar reports whether v is one value in the file rather than keys or a list.
func isScalar(v reflect.Value) bool {
	switch v.Interface().(type) {
	case string, int, bool, time.Duration, time.Time, dsr.Rate, Size, SecretFile:
		return true
	}
	return false
}

// isWords reports whether v is a text that may be given for each language.
func isWords(v reflect.Value) bool { return v.Type() == reflect.TypeFor[Words]() }

// isPart reports whether v is read by whoever knows what is declared.
func isPart(v reflect.Value) bool { return v.Type() == reflect.TypeFor[declared.Part]() }

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
		*p, err = yamlnode.Number(text)
	case *bool:
		*p, err = yamlnode.Bool(text)
	case *time.Duration:
		*p, err = yamlnode.Duration(text)
	case *time.Time:
		*p, err = parseTime(text)
	case *dsr.Rate:
		*p, err = dsr.ParseRate(text)
	case *Size:
		*p, err = parseSize(text)
	}
	return err
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
	case v.Kind() == reflect.Struct && !isPart(v):
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
