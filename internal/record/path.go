package record

import (
	"fmt"
	"strings"
)

// Path says where in a record something stands: the names of members from the top, joined
// by dots, as in info.person.name. * stands for every element of a list or member of an
// object. A name that has a dot in it, or a quote, or is * itself, is written as a JSON-like
// string: a."b.c".d, with \" and \\ inside. "." alone is the whole record, and has no steps.
type Path []Step

// Step is one name of a path, or every element.
type Step struct {
	Name string
	Each bool // * : every element; Name is empty
}

// ParsePath reads a path. Its error says what is wrong with it, without the path.
func ParsePath(text string) (Path, error) {
	if text == "." {
		return Path{}, nil
	}
	var p Path
	for rest, more := text, true; more; {
		step, left, err := cutStep(rest)
		if err != nil {
			return nil, err
		}
		if rest, more = strings.CutPrefix(left, "."); !more && left != "" {
			return nil, fmt.Errorf("has %q where a dot or its end was expected", left[:1])
		}
		p = append(p, step)
	}
	return p, nil
}

// MustPath is ParsePath of a path that stands in the program.
func MustPath(text string) Path {
	p, err := ParsePath(text)
	if err != nil {
		panic("the path " + text + " " + err.Error())
	}
	return p
}

// cutStep reads the first step; left begins with the dot behind it, or is empty.
func cutStep(text string) (s Step, left string, err error) {
	if strings.HasPrefix(text, `"`) {
		return cutQuoted(text[1:])
	}
	end := strings.IndexByte(text, '.')
	if end < 0 {
		end = len(text)
	}
	name := text[:end]
	switch {
	case name == "":
		return s, "", fmt.Errorf("has an empty name; two dots in a row, or one at its beginning or end, say nothing")
	case name == "*":
		return Step{Each: true}, text[end:], nil
	case strings.Contains(name, `"`):
		return s, "", fmt.Errorf("has a quote within a name; put the whole name in quotes")
	}
	return Step{Name: name}, text[end:], nil
}

// cutQuoted reads a name in quotes, behind the first one.
func cutQuoted(text string) (s Step, left string, err error) {
	var name strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return Step{Name: name.String()}, text[i+1:], nil
		case c == '\\' && i+1 < len(text):
			i++
			name.WriteByte(text[i])
		default:
			name.WriteByte(c)
		}
	}
	return s, "", fmt.Errorf("has a quote that is not closed")
}

// String writes the path so that ParsePath reads the same.
func (p Path) String() string {
	if len(p) == 0 {
		return "."
	}
	parts := make([]string, len(p))
	for i, s := range p {
		switch {
		case s.Each:
			parts[i] = "*"
		case s.Name == "" || s.Name == "*" || strings.ContainsAny(s.Name, `."\`):
			parts[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s.Name) + `"`
		default:
			parts[i] = s.Name
		}
	}
	return strings.Join(parts, ".")
}

// Of returns every value that stands at the path, in their order; none where nothing does.
// Of a repeated name it is the value that Get returns.
func (p Path) Of(v *Value) []*Value {
	if v == nil {
		return nil
	}
	if len(p) == 0 {
		return []*Value{v}
	}
	if !p[0].Each {
		return p[1:].Of(v.Get(p[0].Name))
	}
	var all []*Value
	for _, f := range v.Fields() {
		all = append(all, p[1:].Of(f.Value)...)
	}
	return all
}
