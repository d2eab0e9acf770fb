package declared

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"dsr-server/internal/yamlnode"
)

// tree is what was written: a mapping, a list, a single value, or null.
type tree struct {
	line  int
	keys  map[string]*tree // of a mapping
	order []string         // of its keys, as they were written
	items []*tree          // of a list; not nil
	text  string           // of a single value
	bare  bool             // the value is a number, true or false, and no text
	null  bool
}

// deepest is how deep what is written may be nested.
const deepest = 40

// grow makes a tree of a node. What it cannot take is a fault.
func (f *faults) grow(node ast.Node, path string, depth int) *tree {
	t := &tree{line: yamlnode.Line(node)}
	text, single := yamlnode.Scalar(node)
	switch n := node.(type) {
	case ast.MapNode:
		if depth >= deepest {
			f.add(path, t.line, "is nested deeper than %d levels, the limit", deepest)
			return t
		}
		f.growKeys(t, n, path, depth)
	case *ast.SequenceNode:
		t.items = []*tree{}
		for i, item := range n.Values {
			if depth >= deepest {
				f.add(path, t.line, "is nested deeper than %d levels, the limit", deepest)
				return t
			}
			t.items = append(t.items, f.grow(item, fmt.Sprintf("%s[%d]", path, i), depth+1))
		}
	default:
		_, quoted := node.(*ast.StringNode)
		_, literal := node.(*ast.LiteralNode)
		t.text, t.bare, t.null = text, single && !quoted && !literal, yamlnode.IsNull(node)
		if !single && !t.null {
			f.add(path, t.line, "takes no %s", yamlnode.Kind(node))
		}
	}
	return t
}

func (f *faults) growKeys(t *tree, n ast.MapNode, path string, depth int) {
	t.keys = map[string]*tree{}
	for it := n.MapRange(); it.Next(); {
		pair := it.KeyValue()
		key, written := yamlnode.Scalar(pair.Key)
		line := yamlnode.Line(pair.Key)
		switch {
		case !written:
			f.add(path, line, "has %s as a key; write the key out", yamlnode.Kind(pair.Key))
		case t.keys[key] != nil:
			f.add(join(path, key), line, "is set twice (also in line %d); remove one", t.keys[key].line)
		default:
			t.keys[key] = f.grow(pair.Value, join(path, key), depth+1)
			t.keys[key].line = line
			t.order = append(t.order, key)
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// alternatives are keys of which a mapping takes one: giving another takes the place of the
// one that a shipped declaration has, with all beside it where whole is set.
var alternatives = []struct {
	of    []string // paths of the mappings
	keys  []string
	whole bool
}{
	{of: []string{"auth"}, keys: namesOf([]AuthKind{Header, Query, Basic, ClientCredentials}), whole: true},
	{of: []string{"conversations.next", "messages.next"}, keys: namesOf([]NextKind{ByCursor, ByLink, ByLinkHeader, ByOffset, ByPage, ByKeyset}), whole: true},
	{of: []string{"conversations", "messages"}, keys: []string{"get", "post", "within", "detail"}},
}

// over lays t over what it overrides: mappings key by key, anything else whole. null takes a
// key away, but for an end, which may be null, and inside a body.
func (t *tree) over(base *tree, path string) *tree {
	if base == nil || t.keys == nil || base.keys == nil {
		return t
	}
	for _, a := range alternatives {
		if slices.Contains(a.of, path) && t.chooses(a.keys, base) {
			if a.whole {
				return t
			}
			base = base.without(a.keys)
		}
	}
	merged := &tree{line: t.line, keys: maps.Clone(base.keys), order: slices.Clone(base.order)}
	for _, key := range t.order {
		value := t.keys[key]
		if merged.keys[key] == nil {
			merged.order = append(merged.order, key)
		}
		at := join(path, key)
		if merged.keys[key] = value.over(base.keys[key], at); value.null && key != "end" && !strings.Contains(at+".", ".body.") {
			merged = merged.without([]string{key})
		}
	}
	return merged
}

// chooses reports whether t has one of the keys and base another.
func (t *tree) chooses(keys []string, base *tree) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return t.keys[key] != nil && base.keys[key] == nil })
}

// without is a mapping without some of its keys.
func (t *tree) without(keys []string) *tree {
	rest := &tree{line: t.line, keys: maps.Clone(t.keys), order: slices.Clone(t.order)}
	for _, key := range keys {
		delete(rest.keys, key)
	}
	rest.order = slices.DeleteFunc(rest.order, func(key string) bool { return slices.Contains(keys, key) })
	return rest
}

// sum is the SHA-256 of a mapping's canonical JSON, in hexadecimal.
func (t *tree) sum() string {
	var b bytes.Buffer
	t.canonical(&b)
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:])
}

// canonical writes JSON whose keys are in order.
func (t *tree) canonical(b *bytes.Buffer) {
	switch {
	case t.keys != nil:
		b.WriteByte('{')
		for i, key := range slices.Sorted(maps.Keys(t.keys)) {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(quoted(key))
			b.WriteByte(':')
			t.keys[key].canonical(b)
		}
		b.WriteByte('}')
	case t.items != nil:
		b.WriteByte('[')
		for i, item := range t.items {
			if i > 0 {
				b.WriteByte(',')
			}
			item.canonical(b)
		}
		b.WriteByte(']')
	case t.null:
		b.WriteString("null")
	default:
		b.Write(quoted(t.text))
	}
}

// quoted is a text as JSON.
func quoted(text string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil {
		panic(err) // a string always encodes
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
