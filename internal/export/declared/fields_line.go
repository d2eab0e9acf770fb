package declared

import (
	"encoding/json"
	"regexp"
	"strings"
)

// Line is the fields as one line of YAML, to stand behind the key fields of a source.
func (f Fields) Line() string {
	text, err := json.Marshal(f)
	if err != nil {
		panic(err) // fields always encode
	}
	t, err := plant(text)
	if err != nil {
		panic(err) // what MarshalJSON writes can be read
	}
	return t.onOneLine()
}

// onOneLine writes a mapping or list on one line.
func (t *tree) onOneLine() string {
	var parts []string
	switch {
	case t.keys != nil:
		for _, key := range t.order {
			parts = append(parts, key+": "+t.keys[key].onOneLine())
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case t.items != nil:
		for _, item := range t.items {
			parts = append(parts, item.onOneLine())
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case plainWord.MatchString(t.text) && !yamlWord.MatchString(t.text):
		return t.text
	}
	return string(quoted(t.text))
}

var (
	// plainWord needs no quotes in a list or mapping on one line, unless it is a yamlWord.
	plainWord = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)
	yamlWord  = regexp.MustCompile(`(?i)^(true|false|null|yes|no|on|off|y|n)$`)
)
