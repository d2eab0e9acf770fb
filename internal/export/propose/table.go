package propose

import (
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"dsr-server/internal/match"
	"dsr-server/internal/record"
)

// table is what is known of the fields of some records.
type table struct {
	records int
	columns []*column // the highest first, then by their paths
	byPath  map[string]*column
}

// column is one field. A value that is null or empty does not count.
type column struct {
	path     record.Path
	in       int            // records that have it
	values   map[string]int // texts and numbers
	scalars  int            // how many values are either
	spaced   int            // texts with a space
	mail     int            // texts with an @
	markup   int            // texts that begin as HTML does
	length   int            // of all texts
	objects  int
	lists    int
	instants map[int]time.Time // by record
	items    [][]byte          // the objects of lists
}

// deepest is how deep fields are looked for, and itemsMost how many elements of lists.
const (
	deepest   = 4
	itemsMost = 1000
)

func tableOf(records [][]byte) *table {
	t := &table{records: len(records), byPath: map[string]*column{}}
	for n, raw := range records {
		t.walk(n, raw, nil)
	}
	slices.SortFunc(t.columns, func(a, b *column) int {
		return cmp.Or(len(a.path)-len(b.path), strings.Compare(a.path.String(), b.path.String()))
	})
	return t
}

// fieldName is how fields are called. Other names may be values: of objects whose keys are
// addresses, for example.
var fieldName = regexp.MustCompile(`^[$@]?[\pL_][\pL\d_-]{0,63}$`)

func (t *table) walk(n int, raw []byte, path record.Path) {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !fieldName.MatchString(name) {
			continue
		}
		at := append(slices.Clone(path), record.Step{Name: name})
		value := members[name]
		t.column(at).take(n, value)
		if value[0] == '{' && len(at) < deepest {
			t.walk(n, value, at)
		}
	}
}

func (t *table) column(path record.Path) *column {
	key := path.String()
	if t.byPath[key] == nil {
		t.byPath[key] = &column{path: path, values: map[string]int{}, instants: map[int]time.Time{}}
		t.columns = append(t.columns, t.byPath[key])
	}
	return t.byPath[key]
}

func (c *column) take(n int, value []byte) {
	switch value[0] {
	case 'n':
		return
	case '"':
		var text string
		if json.Unmarshal(value, &text) != nil || text == "" {
			return
		}
		c.text(text)
	case '{':
		c.objects++
	case '[':
		c.list(value)
	case 't', 'f':
	default:
		c.values[string(value)]++
		c.scalars++
	}
	c.in++
	if at, is := match.Instant(value); is {
		c.instants[n] = at
	}
}

func (c *column) text(text string) {
	c.values[text]++
	c.scalars++
	c.length += len(text)
	if strings.Contains(text, " ") {
		c.spaced++
	}
	if strings.Contains(text, "@") {
		c.mail++
	}
	if strings.HasPrefix(text, "<") && strings.Contains(text, ">") {
		c.markup++
	}
}

func (c *column) list(value []byte) {
	c.lists++
	var items []json.RawMessage
	if json.Unmarshal(value, &items) != nil {
		return
	}
	for _, item := range items {
		if item[0] == '{' && len(c.items) < itemsMost {
			c.items = append(c.items, item)
		}
	}
}

// named ranks a column by its name: the place of a word that it is, then of one that is part
// of it; unnamed: neither.
func (c *column) named(words []string) int {
	name := plain(c.path[len(c.path)-1].Name)
	for i, word := range words {
		if name == word {
			return i
		}
	}
	for i, word := range words {
		if len(word) > 2 && strings.Contains(name, word) {
			return asPart + i
		}
	}
	return unnamed
}

const (
	asPart  = 100
	unnamed = 1000
)

func plain(name string) string {
	return strings.NewReplacer("_", "", "-", "", "$", "", "@", "").Replace(strings.ToLower(name))
}

// where are the columns of which something holds.
func (t *table) where(holds func(*column) bool) (some []*column) {
	for _, c := range t.columns {
		if holds(c) {
			some = append(some, c)
		}
	}
	return some
}

// tells reports whether a column tells each record from every other: it may be an id.
func (t *table) tells(c *column) bool {
	isTime := len(c.instants) == c.in && c.named(idWords) == unnamed
	return c.in == t.records && c.scalars == c.in && len(c.values) == c.in && c.spaced+c.mail == 0 && !isTime
}

// timed reports whether all values of a column are times.
func (t *table) timed(c *column) bool {
	constant := len(c.values) == 1 && c.in > 3
	return c.in == t.records && len(c.instants) == c.in && !constant
}

// highest are the columns that lie as high as the first.
func highest(columns []*column) []*column {
	return slices.DeleteFunc(columns, func(c *column) bool { return len(c.path) > len(columns[0].path) })
}
