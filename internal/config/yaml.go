package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/yamlnode"
)

// decodeYAML reads the file into c, key by key, so that every fault is found and
// not only the first, and values keep the text they were written with. Keys that a
// variable sets are passed over. It reports whether the file is YAML at all.
func decodeYAML(data []byte, c *Config, env environment, r *report) bool {
	bodies, err := yamlnode.Documents(data)
	if refusal, is := errors.AsType[*yamlnode.SyntaxError](err); is {
		r.faults = append(r.faults, Fault{Line: refusal.Line, Text: refusal.Error()})
		return false
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

type yamlDecoder struct {
	env environment
	r   *report
}

// decode reads node into v, whose key path is path.
func (d yamlDecoder) decode(node ast.Node, v reflect.Value, path string) {
	if d.r.lines[path] == 0 {
		d.r.lines[path] = yamlnode.Line(node)
	}
	if yamlnode.IsNull(node) || d.env.sets(path) {
		return
	}
	d.r.values[path] = true
	switch {
	case isPart(v):
		v.Set(reflect.ValueOf(declared.PartOf(node)))
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
	text, ok := yamlnode.Scalar(node)
	if !ok {
		d.r.breaks(path, "takes a single value, not %s", yamlnode.Kind(node))
		return
	}
	if err := setScalar(v, text); err != nil {
		d.r.fault(path, "%s", err)
	}
}

func (d yamlDecoder) list(node ast.Node, v reflect.Value, path string) {
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		d.r.breaks(path, "takes a list, not %s; begin each entry with \"- \"", yamlnode.Kind(node))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list.Values), len(list.Values)))
	for i, item := range list.Values {
		itemPath := fmt.Sprintf("%s[%d]", path, i)
		if yamlnode.IsNull(item) {
			d.r.lines[itemPath] = yamlnode.Line(item)
			d.r.breaks(itemPath, "is an empty entry; remove it")
			continue
		}
		d.decode(item, v.Index(i), itemPath)
	}
}

// words takes a single value or one for each language.
func (d yamlDecoder) words(node ast.Node, v reflect.Value, path string) {
	if _, single := yamlnode.Scalar(node); single {
		d.scalar(node, v.FieldByName("Any"), path)
		return
	}
	if _, keys := node.(ast.MapNode); !keys {
		d.r.breaks(path, "takes a text, or one for each language (%s), not %s", strings.Join(keysOf(v.Type()), ", "), yamlnode.Kind(node))
		return
	}
	d.mapping(node, v, path)
}

func (d yamlDecoder) mapping(node ast.Node, v reflect.Value, path string) {
	pairs, ok := node.(ast.MapNode)
	if !ok {
		d.r.breaks(path, "must hold keys (%s), not %s", strings.Join(keysOf(v.Type()), ", "), yamlnode.Kind(node))
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
		d.r.breaks(path, "must hold keys, each with a single value, not %s", yamlnode.Kind(node))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for it := pairs.MapRange(); it.Next(); {
		key, keyed := yamlnode.Scalar(it.KeyValue().Key)
		text, single := yamlnode.Scalar(it.KeyValue().Value)
		if !keyed || !single || key == "" || text == "" {
			d.r.fault(path, "must have a single value for each key; look at line %d", yamlnode.Line(it.KeyValue().Key))
			continue
		}
		v.SetMapIndex(reflect.ValueOf(key), reflect.ValueOf(text))
	}
}

func (d yamlDecoder) pair(pair *ast.MappingValueNode, v reflect.Value, path string, seen map[string]int) {
	key, ok := yamlnode.Scalar(pair.Key)
	line := yamlnode.Line(pair.Key)
	field := fieldOf(v, key)
	keyPath := joinPath(path, key)
	if d.r.lines[keyPath] == 0 {
		d.r.lines[keyPath] = line
	}
	switch {
	case !ok:
		d.r.fault(path, "has %s as a key in line %d; write the key out", yamlnode.Kind(pair.Key), line)
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
