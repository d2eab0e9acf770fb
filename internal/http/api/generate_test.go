package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// generator makes values that fit a schema, and others that nearly do.
type generator struct{ *rand.Rand }

// pick is one of some.
func pick[T any](g generator, of ...T) T { return of[g.IntN(len(of))] }

// value is one that fits the schema, as far as the schema says it all.
func (g generator) value(ref *openapi3.SchemaRef) any {
	if ref == nil || ref.Value == nil {
		return g.junk()
	}
	s := ref.Value
	switch {
	case len(s.OneOf) > 0:
		return g.value(pick(g, s.OneOf...))
	case len(s.AnyOf) > 0:
		return g.value(pick(g, s.AnyOf...))
	case len(s.Enum) > 0:
		return pick(g, s.Enum...)
	case s.Type == nil || len(*s.Type) == 0:
		return map[string]any{"selectors": []any{map[string]any{"identifier": "ana@example.com"}}} // a batch's submissions
	}
	switch pick(g, *s.Type...) {
	case "object":
		return g.object(s)
	case "array":
		items := []any{}
		for range int(s.MinItems) + g.IntN(3) {
			items = append(items, g.value(s.Items))
		}
		return items
	case "integer":
		return g.whole(s)
	case "boolean":
		return g.IntN(2) == 0
	case "null":
		return nil
	}
	return g.text(s)
}

func (g generator) object(s *openapi3.Schema) any {
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if slices.Contains(s.Required, name) || g.IntN(3) == 0 {
			out[name] = g.value(s.Properties[name])
		}
	}
	if s.AdditionalProperties.Schema != nil {
		out["brand"] = g.value(s.AdditionalProperties.Schema)
	}
	return out
}

func (g generator) whole(s *openapi3.Schema) any {
	low, high := 0.0, 1000.0
	if s.Min != nil {
		low = *s.Min
	}
	if s.Max != nil {
		high = *s.Max
	}
	return pick[any](g, int64(low), int64(high), int64(low)+g.Int64N(int64(high-low)+1), json.Number(fmt.Sprintf("%d.0", int64(low))))
}

func (g generator) text(s *openapi3.Schema) string {
	switch {
	case s.Format == "uuid":
		return pick(g, "0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c", "0198C5F0-7A3E-7CC1-9D50-0F6A6E1D2B3C")
	case s.Format == "date":
		return pick(g, "2025-06-29", "2025-06-01")
	case s.Format == "date-time":
		return pick(g, "2025-01-01T00:00:00Z", "2025-03-01t12:30:00.5+02:00", "2016-12-31T23:59:60Z")
	case strings.Contains(s.Pattern, "{64}"):
		return strings.Repeat("5F", 32)
	case strings.HasPrefix(s.Pattern, "^[A-Za-z0-9]"):
		return fmt.Sprintf("name-%d", g.IntN(1e9))
	}
	return pick(g, "support-bot", "it-desk", "ana@example.com", "5c80f2a1b7", "+49 151 2345678", "brand:north", "a longer text, with a comma") + strings.Repeat(".", int(min(s.MinLength, 100)))
}

// junk is what a caller may send by mistake, or on purpose.
func (g generator) junk() any {
	return pick[any](g, nil, true, -1, 0, 1.5, int64(1)<<62, json.Number("1e400"), "", " ", "\x00", "\u202e<b>&", "😀", "2025-02-30", "0", "null", strings.Repeat("x", 5000),
		[]any{}, []any{nil}, map[string]any{}, map[string]any{"": ""}, map[string]any{"unheard_of": 1}, []any{[]any{[]any{}}})
}

// changed is the value with a change somewhere in it.
func (g generator) changed(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 || g.IntN(4) == 0 {
			v[pick(g, "unheard_of", "", "ID", "a b")] = g.junk()
			return v
		}
		name := pick(g, slices.Sorted(maps.Keys(v))...)
		if g.IntN(4) == 0 {
			delete(v, name)
			return v
		}
		v[name] = g.changed(v[name])
		return v
	case []any:
		if len(v) > 0 && g.IntN(2) == 0 {
			i := g.IntN(len(v))
			v[i] = g.changed(v[i])
			return v
		}
	}
	return g.junk()
}

// broken is the text with a change that need not leave it JSON.
func (g generator) broken(text string) string {
	at := g.IntN(len(text) + 1)
	return pick(g, text[:at], text+text, "\uFEFF"+text, text+"\x00", text[:at]+"\xff"+text[at:], strings.Replace(text, "{", `{"reason":1,"reason":2,`, 1), "["+text+"]",
		strings.Repeat("[", 20000), strings.Repeat(`{"a":`, 20000), "null", "\"text\"", "0", " ", "<xml/>", "selectors=1&x=2", strings.ReplaceAll(text, `"`, "'"))
}
