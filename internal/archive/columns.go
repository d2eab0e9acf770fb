package archive

import (
	"maps"
	"slices"
	"strings"

	"dsr-server/internal/record"
)

// maxColumns bounds how many columns the metadata of a source may get in its table; the
// record in the last column has the rest.
const maxColumns = 200

// columns are the paths of metadata that get a column of their own: the first maxColumns
// by name, whatever the order in which the records come.
type columns struct{ paths map[string]bool }

// note takes in the paths of one conversation's metadata.
func (c *columns) note(metadata *record.Value) {
	if c.paths == nil {
		c.paths = map[string]bool{}
	}
	metadata.Each(func(path, _ string) { c.paths[path] = true })
	if len(c.paths) <= maxColumns {
		return
	}
	for _, path := range slices.Sorted(maps.Keys(c.paths))[maxColumns:] {
		delete(c.paths, path)
	}
}

// names are the columns in their order.
func (c *columns) names() []string { return slices.Sorted(maps.Keys(c.paths)) }

// cells are the values under each of the paths; several under one are joined.
func cells(metadata *record.Value, paths []string) []string {
	values := map[string][]string{}
	metadata.Each(func(path, value string) { values[path] = append(values[path], value) })
	out := make([]string, len(paths))
	for i, path := range paths {
		out[i] = strings.Join(values[path], "; ")
	}
	return out
}
