package declared

import (
	"slices"

	"dsr-server/internal/record"
)

// check says what does not fit together.
func (f *faults) check(d *Declaration, t *tree) {
	o, schema := object{f, "", t}, d.Fields.Schema()
	if err := schema.Conversation.Check(); err != nil {
		o.fault("conversations", "has fields that cannot be searched: %s", err)
	}
	if err := schema.Message.Check(); err != nil {
		o.fault("messages", "has fields that cannot be read: %s", err)
	}
	o.checkHeaders(d)
	if c := (object{f, "conversations", o.get("conversations")}); c.tree != nil {
		c.checkPlaces(d.Conversations, ID)
		c.checkNext(d.Conversations, d.Fields.Conversation.Start, d.Fields.Conversation.Last)
		c.checkWindow(d.Conversations)
	}
	m := object{f, "messages", o.get("messages")}
	if m.tree == nil || m.has("within") {
		return
	}
	if m.has("detail") {
		m = object{f, "messages.detail", m.get("detail")}
		m.checkPlaces(d.Messages, Start, Finish, Size, Cursor, Offset, Number)
	} else {
		m.checkNext(d.Messages, d.Fields.Message.Time)
		m.checkWindow(d.Messages)
	}
	if m.tree.keys != nil && !d.Messages.Uses(ID) {
		m.fault(verb(d.Messages), "asks for no conversation: {id} must stand in the path, the query or the body")
	}
}

func verb(c Call) string {
	if c.Post {
		return "post"
	}
	return "get"
}

// Uses reports whether a place stands anywhere in the call.
func (c Call) Uses(place Place) bool {
	return slices.ContainsFunc(c.templates(), func(t Template) bool { return t.Has(place) })
}

// templates are all texts of a call.
func (c Call) templates() []Template {
	all := append([]Template{c.Path}, c.Body.templates()...)
	for _, p := range c.Query {
		all = append(all, p.Value)
	}
	return all
}

// checkPlaces refuses places for which there is nothing to fill in.
func (o object) checkPlaces(c Call, not ...Place) {
	for _, place := range not {
		if c.Uses(place) {
			o.fault(verb(c), "has {%s} in its path, query or body, for which there is nothing here", place)
		}
	}
}

// placeOf is the placeholder of what a kind of next sends.
var placeOf = map[NextKind]Place{ByCursor: Cursor, ByOffset: Offset, ByPage: Number}

// checkNext compares how the next page is asked for with what is sent. times are the paths
// of the times by which records may be listed.
func (o object) checkNext(c Call, times ...record.Path) {
	n := c.Next
	targeted := n.Query != "" || n.Body != nil
	for kind, place := range placeOf {
		switch used := c.Uses(place); {
		case kind != n.Kind && used:
			o.fault(verb(c), "has {%s} in its path, query or body, but next is no %s", place, kind)
		case kind == n.Kind && used && targeted:
			o.fault("next", "says where the %s goes, and so does {%s}; give one of them", kind, place)
		case kind == n.Kind && !used && !targeted && n.Path != nil:
			o.fault("next", "does not say where the %s goes; add to: query.NAME or to: body.PATH, or {%s}", kind, place)
		}
	}
	if n.Body != nil && !c.Post {
		o.fault("next", "puts something into a body, which a get does not have")
	}
	for _, t := range c.replaced() {
		for _, p := range t {
			if p.Place != "" {
				o.fault("next", "puts the %s where {%s} stands, which would be lost; name another place", n.Kind, p.Place)
			}
		}
	}
	if n.Kind != ByKeyset || n.Path == nil {
		return
	}
	if !c.Uses(Start) {
		o.fault("next", "goes on from a time, but nothing asks from {start} on")
	}
	if c.sends(Start, Date) {
		o.fault("next", "goes on from a time, but {start|date} sends whole days: what else there is of a day could not be asked for; use another form, or another way to page")
	}
	if !slices.ContainsFunc(times, func(t record.Path) bool { return slices.Equal(t, n.Path) }) {
		o.fault("next", "goes on from a time that is none of those declared for these records")
	}
}

// replaced are the texts of the call in whose place the next page's cursor, offset or number goes.
func (c Call) replaced() (all []Template) {
	if c.Next.Body != nil {
		return c.Body.at(c.Next.Body).templates()
	}
	for _, p := range c.Query {
		if p.Name == c.Next.Query {
			all = append(all, p.Value)
		}
	}
	return all
}

// sends reports whether a time stands anywhere in the call in a form.
func (c Call) sends(place Place, form Form) bool {
	return slices.ContainsFunc(c.templates(), func(t Template) bool {
		return slices.ContainsFunc(t, func(p Piece) bool { return p.Place == place && p.Form == form })
	})
}

// Unit is how far apart two times are that the call tells apart.
func (c Call) Unit() (unit Form) {
	for _, t := range c.templates() {
		for _, p := range t {
			if p.Form != "" && (unit == "" || p.Form.Unit() > unit.Unit()) {
				unit = p.Form
			}
		}
	}
	return unit
}
