package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"dsr-server/internal/dsr"
)

// decodeYAML reads the file into c, key by key, so that every fault is found and
// not only the first, and values keep the text they were written with. Keys that a
// variable sets are passed over. It reports whether the file is YAML at all.
func decodeYAML(data []byte, c *Config, env environment, r *report) bool {
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.notYAML(err)
		return false
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil && !isNull(doc.Body) {
			bodies = append(bodies, doc.Body)
		}
	}
	if len(bodies) > 1 {
		r.fault("", "the file holds %d YAML documents; keep one", len(bodies))
		return false
	}
	if len(bodies) == 1 {
		yamlDecoder{env: env, r: r}.decode(bodies[0], reflect.ValueOf(c).Elem(), "")
	}
	return true
}

// notYAML reports a syntax error without the excerpt of the file that the parser
// would add: it may hold anything.
func (r *report) notYAML(err error) {
	fault := Fault{Text: "is not valid YAML"}
	if e, ok := errors.AsType[yaml.Error](err); ok && e.GetToken() != nil {
		fault.Line = e.GetToken().Position.Line
		fault.Text += " here; look at the indentation, quotes and brackets of this line and the one before"
	}
	r.faults = append(r.faults, fault)
}

type yamlDecoder struct {
	env environment
	r   *report
}

// decode reads node into v, whose key path is path.
func (d yamlDecoder) decode(node ast.Node, v reflect.Value, path string) {
	if d.r.lines[path] == 0 {
		d.r.lines[path] = lineOf(node)
	}
	if isNull(node) || d.env.sets(path) {
		return
	}
	d.r.values[path] = true
	switch {
	case isScalar(v):
		d.scalar(node, v, path)
	case v.Kind() == reflect.Slice:
		d.list(node, v, path)
	case isWords(v):
		d.words(node, v, path)
	case v.Kind() == reflect.Map:
		d.texts(node, v, path)
	default:
		d.mapping(node, v, path)
	}
}

func (d yamlDecoder) scalar(node ast.Node, v reflect.Value, path string) {
	text, ok := scalarText(node)
	if !ok {
		d.r.breaks(path, "takes a single value, not %s", nodeKind(node))
		return
	}
	if err := setScalar(v, text); err != nil {
		d.r.fault(path, "%s", err)
	}
}

func (d yamlDecoder) list(node ast.Node, v reflect.Value, path string) {
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		d.r.breaks(path, "takes a list, not %s; begin each entry with \"- \"", nodeKind(node))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list.Values), len(list.Values)))
	for i, item := range list.Values {
		itemPath := fmt.Sprintf("%s[%d]", path, i)
		if isNull(item) {
			d.r.lines[itemPath] = lineOf(item)
			d.r.breaks(itemPath, "is an empty entry; remove it")
			continue
		}
		d.decode(item, v.Index(i), itemPath)
	}
}

// words takes a single value or one for each language.
func (d yamlDecoder) words(node ast.Node, v reflect.Value, path string) {
	if _, single := scalarText(node); single {
		d.scalar(node, v.FieldByName("Any"), path)
		return
	}
	if _, keys := node.(ast.MapNode); !keys {
		d.r.breaks(path, "takes a text, or one for each language (%s), not %s", strings.Join(keysOf(v.Type()), ", "), nodeKind(node))
		return
	}
	d.mapping(node, v, path)
}

func (d yamlDecoder) mapping(node ast.Node, v reflect.Value, path string) {
	pairs, ok := node.(ast.MapNode)
	if !ok {
		d.r.breaks(path, "must hold keys (%s), not %s", strings.Join(keysOf(v.Type()), ", "), nodeKind(node))
		return
	}
	seen := map[string]int{}
	for it := pairs.MapRange(); it.Next(); {
		d.pair(it.KeyValue(), v, path, seen)
	}
}

// texts takes keys that are not ours, each with a single value.
func (d yamlDecoder) texts(node ast.Node, v reflect.Value, path string) {
	pairs, ok := node.(ast.MapNode)
	if !ok {
		d.r.breaks(path, "must hold keys, each with a single value, not %s", nodeKind(node))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for it := pairs.MapRange(); it.Next(); {
		key, keyed := scalarText(it.KeyValue().Key)
		text, single := scalarText(it.KeyValue().Value)
		if !keyed || !single || key == "" || text == "" {
			d.r.fault(path, "must have a single value for each key; look at line %d", lineOf(it.KeyValue().Key))
			continue
		}
		v.SetMapIndex(reflect.ValueOf(key), reflect.ValueOf(text))
	}
}

func (d yamlDecoder) pair(pair *ast.MappingValueNode, v reflect.Value, path string, seen map[string]int) {
	key, ok := scalarText(pair.Key)
	line := lineOf(pair.Key)
	field := fieldOf(v, key)
	keyPath := joinPath(path, key)
	if d.r.lines[keyPath] == 0 {
		d.r.lines[keyPath] = line
	}
	switch {
	case !ok:
		d.r.fault(path, "has %s as a key in line %d; write the key out", nodeKind(pair.Key), line)
	case !field.IsValid():
		d.r.fault(keyPath, "unknown key; the nearest valid name is %q", dsr.Nearest(key, keysOf(v.Type())))
	case seen[key] > 0:
		d.r.fault(keyPath, "is set twice (also in line %d); remove one", line)
	default:
		seen[key] = line
		d.decode(pair.Value, field, keyPath)
	}
}

func fieldOf(v reflect.Value, key string) reflect.Value {
	for i := range v.NumField() {
		if key != "" && v.Type().Field(i).Tag.Get("yaml") == key {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}

// keysOf are the keys that a mapping of type t takes.
func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		if key := t.Field(i).Tag.Get("yaml"); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// scalarText is a scalar as it was written: 007 stays 007, and 2023-01-01 a date.
func scalarText(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func isNull(node ast.Node) bool {
	_, null := node.(*ast.NullNode)
	return null || node == nil
}

func lineOf(node ast.Node) int {
	if node == nil || node.GetToken() == nil {
		return 0
	}
	return node.GetToken().Position.Line
}

// nodeKind names the kind of a node.
func nodeKind(node ast.Node) string {
	switch node.(type) {
	case ast.MapNode:
		return "keys"
	case *ast.SequenceNode:
		return "a list"
	case *ast.AliasNode, *ast.AnchorNode, *ast.MergeKeyNode:
		return "an anchor or alias, which is not supported here"
	case *ast.TagNode:
		return "a YAML tag, which is not supported here"
	}
	return "a single value"
}
