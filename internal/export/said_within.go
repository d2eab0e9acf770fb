package export

import (
	"slices"

	"dsr-server/internal/record"
)

// pagersWithin are members of a record that may say that more of its messages follow.
var pagersWithin = []string{"pagination", "paging", "pager", "pageinfo"}

// saysMoreWithin reports whether a record says, beside the lists in it, that they are not all. Of
// a record that was asked for by its id, which is an answer as a page is one, the members at the
// top count as well. What else it says there, such as a status, is about the conversation.
func saysMoreWithin(v *record.Value, lists []record.Path, top bool) bool {
	return slices.ContainsFunc(v.Fields(), func(f record.Field) bool {
		name := plainName(f.Name)
		below, itself := under(lists, f.Name)
		switch {
		case itself:
			return false
		case len(below) > 0 || slices.Contains(pagersWithin, name):
			return f.Value.IsObject() && saysMoreWithin(f.Value, below, true)
		}
		return top && saysMoreBy(name, f.Value)
	})
}

// saysMoreBy reports whether a member says that its page is not all.
func saysMoreBy(name string, v *record.Value) bool {
	if !slices.Contains(slices.Concat(saysPart, saysMore, saysNext, saysError), name) {
		return false
	}
	var s Said
	s.take(name, v, 0)
	return s.More || len(s.Partial) > 0
}
