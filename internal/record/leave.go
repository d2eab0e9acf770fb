package record

import "slices"

// Leave returns the value without some of the values in it, and without the objects and lists
// that have nothing else; nil: nothing is left.
func (v *Value) Leave(out []*Value) *Value {
	if slices.Contains(out, v) {
		return nil
	}
	if v == nil || v.kind != object && v.kind != list || !v.holds(out) {
		return v
	}
	left := &Value{kind: v.kind}
	for _, f := range v.fields {
		if below := f.Value.Leave(out); below != nil {
			left.fields = append(left.fields, Field{f.Name, below})
		}
	}
	if len(left.fields) == 0 {
		return nil
	}
	return left
}

// holds reports whether one of the values is somewhere in this one.
func (v *Value) holds(any []*Value) bool {
	return slices.ContainsFunc(v.fields, func(f Field) bool { return slices.Contains(any, f.Value) || f.Value.holds(any) })
}
