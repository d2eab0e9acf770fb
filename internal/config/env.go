package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
)

// envPrefix begins the variables that set configuration keys.
const envPrefix = "DSR_"

// testPrefix begins variables that steer the project's tests; they are not ours.
const testPrefix = "DSR_TEST_"

// environment is the part of the configuration that DSR_* variables set, by key path.
type environment map[string]envValue

type envValue struct{ name, text string }

func (e environment) sets(path string) bool {
	_, ok := e[path]
	return ok
}

// readEnviron picks the variables that set a key of c and warns of those that begin
// like one and set none.
func readEnviron(environ []string, c *Config, r *report) environment {
	paths := envPaths(c)
	names := slices.Sorted(maps.Keys(paths))
	env := environment{}
	for _, entry := range environ {
		name, text, _ := strings.Cut(entry, "=")
		path, known := paths[name]
		switch {
		case !strings.HasPrefix(name, envPrefix) || strings.HasPrefix(name, testPrefix):
		case !known:
			r.warn(name, "unknown variable, ignored; the nearest valid name is %s", dsr.Nearest(name, names))
		case text == "":
			r.warn(name, "is empty and ignored; unset it or give a value")
		default:
			env[path] = envValue{name, text}
		}
	}
	return env
}

// apply sets the values; it runs after the file was read, so that they win.
func (e environment) apply(c *Config, r *report) {
	walk(reflect.ValueOf(c).Elem(), "", false, func(path string, v reflect.Value) {
		value, ok := e[path]
		if !ok {
			return
		}
		r.values[path], r.env[path] = true, value.name
		if err := setScalar(v, value.text); err != nil {
			r.fault(path, "%s", err)
		}
	})
}

// envPaths maps the name of each variable to the key path it sets: every scalar
// outside lists.
func envPaths(c *Config) map[string]string {
	paths := map[string]string{}
	walk(reflect.ValueOf(c).Elem(), "", false, func(path string, _ reflect.Value) {
		paths[envName(path)] = path
	})
	return paths
}

// envName is the variable for a key path: release.review is DSR_RELEASE_REVIEW.
func envName(path string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}
