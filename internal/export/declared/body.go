package declared

import (
	"bytes"
	"slices"

	"dsr-server/internal/record"
)

// Body is JSON with places to fill in.
type Body struct {
	members []member
	items   []*Body
	text    Template // of a text
	literal string   // a number, true, false or null
	kind    bodyKind
}

type member struct {
	name  string
	value *Body
}

type bodyKind int

const (
	bodyObject bodyKind = iota
	bodyList
	bodyText
	bodyLiteral
)

// Fill returns the JSON. A leaf that has a place for which there is no text, as the cursor on
// the first page, is left out.
func (b *Body) Fill(v Values) []byte {
	var out bytes.Buffer
	b.write(&out, v)
	return out.Bytes()
}

func (b *Body) write(out *bytes.Buffer, v Values) {
	switch b.kind {
	case bodyLiteral:
		out.WriteString(b.literal)
	case bodyText:
		if text := b.text.Fill(v); b.text.number(v) {
			out.WriteString(text)
		} else {
			out.Write(quoted(text))
		}
	case bodyList:
		b.writeItems(out, v)
	case bodyObject:
		b.writeMembers(out, v)
	}
}

func (b *Body) writeItems(out *bytes.Buffer, v Values) {
	out.WriteByte('[')
	first := true
	for _, item := range b.items {
		if item.lacks(v) {
			continue
		}
		if !first {
			out.WriteByte(',')
		}
		first = false
		item.write(out, v)
	}
	out.WriteByte(']')
}

func (b *Body) writeMembers(out *bytes.Buffer, v Values) {
	out.WriteByte('{')
	first := true
	for _, m := range b.members {
		if m.value.lacks(v) {
			continue
		}
		if !first {
			out.WriteByte(',')
		}
		first = false
		out.Write(quoted(m.name))
		out.WriteByte(':')
		m.value.write(out, v)
	}
	out.WriteByte('}')
}

func (b *Body) lacks(v Values) bool { return b.kind == bodyText && b.text.Lacks(v) }

// Lacks reports whether a place is to be filled in for which there is no text.
func (t Template) Lacks(v Values) bool {
	return slices.ContainsFunc(t, func(p Piece) bool {
		return p.Place != "" && p.Place != Start && p.Place != Finish && v.Texts[p.Place] == ""
	})
}

// With is the body with a place at a path, whose objects are made where they are missing. A
// path that leads into something else takes its place.
func (b *Body) With(path record.Path, place Place) *Body {
	if len(path) == 0 {
		return &Body{kind: bodyText, text: Template{{Place: place}}}
	}
	changed := &Body{kind: bodyObject}
	if b != nil && b.kind == bodyObject {
		changed.members = slices.Clone(b.members)
	}
	name := path[0].Name
	at := slices.IndexFunc(changed.members, func(m member) bool { return m.name == name })
	if at < 0 {
		at = len(changed.members)
		changed.members = append(changed.members, member{name: name})
	}
	changed.members[at].value = changed.members[at].value.With(path[1:], place)
	return changed
}

// at is what With would put a place instead of; nil: nothing.
func (b *Body) at(path record.Path) *Body {
	if b == nil || b.kind != bodyObject || len(path) == 0 {
		return b
	}
	for _, m := range b.members {
		if m.name == path[0].Name {
			return m.value.at(path[1:])
		}
	}
	return nil
}

// templates are all texts of the body.
func (b *Body) templates() (all []Template) {
	if b == nil {
		return nil
	}
	if b.kind == bodyText {
		return []Template{b.text}
	}
	for _, m := range b.members {
		all = append(all, m.value.templates()...)
	}
	for _, item := range b.items {
		all = append(all, item.templates()...)
	}
	return all
}
