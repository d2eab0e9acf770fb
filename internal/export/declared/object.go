package declared

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
	"dsr-server/internal/yamlnode"
)

// Fault is one thing wrong with a declaration.
type Fault struct {
	Path string // of the key, "conversations.next"
	Line int    // 0: it is not there
	Text string // what is wrong and how to mend it; never the value
}

// faults are all that were found. Only the first of a key counts.
type faults struct{ all []Fault }

func (f *faults) add(path string, line int, format string, args ...any) {
	if !slices.ContainsFunc(f.all, func(g Fault) bool { return g.Path == path }) {
		f.all = append(f.all, Fault{Path: path, Line: line, Text: fmt.Sprintf(format, args...)})
	}
}

// object is a mapping that is read key by key. Reading from one that is not there brings
// nothing, and is no fault.
type object struct {
	*faults
	path string
	tree *tree // nil: it is not there
}

// refused are keys of what other connectors have and this program does not do, with why.
var refused = map[string]string{
	"graphql":   "GraphQL is not supported: a search needs lists that are read page by page; a dump of such an export can be read (type: dump)",
	"oauth1":    "OAuth 1 is not supported; use a key, or client credentials (OAuth 2), if the vendor gives them",
	"job":       "export jobs that are made first and fetched later are not supported; fetch the files and read them with type: dump",
	"async":     "export jobs that are made first and fetched later are not supported; fetch the files and read them with type: dump",
	"users":     "lists that are had user by user are not supported: nobody can tell which users there are; an export of all conversations is needed",
	"condition": "there are no conditions: say where things are (end, next), and the program knows what an end is",
}

// object reads a mapping that takes some keys and no others.
func (f *faults) object(t *tree, path string, keys ...string) object {
	o := object{f, path, t}
	if t == nil {
		return o
	}
	if t.keys == nil {
		f.add(path, t.line, "must hold keys (%s)", strings.Join(keys, ", "))
		return object{f, path, nil}
	}
	for _, key := range t.order {
		if slices.Contains(keys, key) {
			continue
		}
		if why, known := refused[plain(key)]; known {
			f.add(join(path, key), t.keys[key].line, "%s", why)
			continue
		}
		f.add(join(path, key), t.keys[key].line, "unknown key; the nearest valid name is %q", nearest(key, keys))
	}
	return o
}

// meant are words of other programs, and what they are called here.
var meant = map[string]string{"key": "file", "secret": "file", "token": "file", "password": "file", "apikey": "file", "both": "inclusive", "closed": "inclusive", "open": "exclusive"}

// nearest is the valid word that was probably meant.
func nearest(word string, valid []string) string {
	if here := meant[plain(word)]; slices.Contains(valid, here) {
		return here
	}
	return dsr.Nearest(word, valid)
}

func plain(key string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(key))
}

func (o object) get(key string) *tree {
	if o.tree == nil {
		return nil
	}
	return o.tree.keys[key]
}

func (o object) has(key string) bool { return o.get(key) != nil }

func (o object) fault(key, format string, args ...any) {
	line := 0
	if o.tree != nil {
		line = o.tree.line
	}
	if t := o.get(key); t != nil {
		line = t.line
	}
	o.add(join(o.path, key), line, format, args...)
}

// need says of a key that is missing what it is for.
func (o object) need(key, what string) {
	if o.tree != nil && !o.has(key) {
		o.fault(key, "is missing; give %s", what)
	}
}

// mapping reads the mapping at a key.
func (o object) mapping(key string, keys ...string) object {
	return o.object(o.get(key), join(o.path, key), keys...)
}

// text reads a single value; empty: there is none.
func (o object) text(key string) string {
	t := o.get(key)
	if t == nil {
		return ""
	}
	if t.keys != nil || t.items != nil || t.null || t.text == "" {
		o.fault(key, "takes a single value that is not empty")
		return ""
	}
	return t.text
}

// one reads one of some words; empty: there is none.
func one[T ~string](o object, key string, words []T) T {
	text := o.text(key)
	if text != "" && !slices.Contains(words, T(text)) {
		o.fault(key, "must be one of %s; the nearest is %q", strings.Join(namesOf(words), ", "), nearest(text, namesOf(words)))
		return ""
	}
	return T(text)
}

// value reads a single value with a reader of its kind.
func value[T any](o object, key string, read func(string) (T, error)) (v T) {
	text := o.text(key)
	if text == "" {
		return v
	}
	v, err := read(text)
	if err != nil {
		o.fault(key, "%s", err)
	}
	return v
}

func (o object) duration(key string) time.Duration {
	d := value(o, key, yamlnode.Duration)
	if d < 0 || o.has(key) && d == 0 {
		o.fault(key, "must be above zero")
	}
	return d
}

// number reads a whole number from the least on.
func (o object) number(key string, least int) int {
	n := value(o, key, yamlnode.Number)
	if o.has(key) && n < least {
		o.fault(key, "must be at least %d", least)
	}
	return n
}

// place reads one path; nil: there is none.
func (o object) place(key string) record.Path { return value(o, key, readPath) }

var (
	errJSONPath = errors.New(`must be names joined by dots: write list, not $.list ("." is the whole)`)
	errElement  = errors.New("must not number the elements of a list; * stands for each of them, as in files.*.url")
)

// readPath reads a path, and knows other programs' way to write one.
func readPath(text string) (record.Path, error) {
	switch {
	case text == "$" || strings.HasPrefix(text, "$.") || strings.HasPrefix(text, "$["):
		return nil, errJSONPath
	case strings.Contains(text, "[") && !strings.Contains(text, `"`):
		return nil, errElement
	}
	return record.ParsePath(text)
}

// places reads a path or a list of paths.
func (o object) places(key string) (paths []record.Path) {
	for _, text := range o.texts(key) {
		p, err := readPath(text)
		if err != nil {
			o.fault(key, "%s", err)
			return nil
		}
		paths = append(paths, p)
	}
	return paths
}

// texts reads a single value or a list of them.
func (o object) texts(key string) (texts []string) {
	t := o.get(key)
	if t == nil {
		return nil
	}
	items := t.items
	if items == nil {
		items = []*tree{t}
	}
	for _, item := range items {
		if item.keys != nil || item.items != nil || item.null || item.text == "" {
			o.fault(key, "takes a single value, or a list of them, none of them empty")
			return nil
		}
		texts = append(texts, item.text)
	}
	return texts
}

func (o object) template(key string) Template { return value(o, key, ParseTemplate) }
