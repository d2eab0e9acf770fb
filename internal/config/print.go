package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Print is the configuration as it is in force, one key a line, with *** in place
// of every secret.
func (c *Config) Print() string {
	var b strings.Builder
	walk(reflect.ValueOf(c).Elem(), "", true, func(path string, v reflect.Value) {
		if text := printScalar(v); text != "" {
			fmt.Fprintf(&b, "%s: %s\n", path, text)
		}
	})
	return b.String()
}

// printScalar is empty for what is not set.
func printScalar(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case time.Time:
		if value.IsZero() {
			return ""
		}
		return value.Format(time.RFC3339)
	case string:
		if !printable(value) {
			return strconv.Quote(value)
		}
		return value
	}
	return fmt.Sprint(v.Interface())
}
