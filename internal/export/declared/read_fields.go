package declared

import (
	"slices"

	"dsr-server/internal/record"
)

var (
	conversationKeys = []string{"id", "start", "last", "metadata", "partial"}
	messageKeys      = []string{"id", "conversation", "time", "sender", "text", "text_is", "files"}
)

// ReadFields reads the fields of a dump: those of conversations and of messages, under these
// names, or the name of a shipped declaration, whose fields they are then. The faults' paths
// begin at the part.
func ReadFields(part Part) (Fields, []Fault) {
	f := &faults{}
	t := f.grow(part.node, "", 0)
	if t.text != "" {
		base := f.shipped(t.text, t.line, "")
		if base == nil {
			return Fields{}, f.all
		}
		return f.declaration(base).Fields, f.all
	}
	return f.fields(t), f.all
}

func (f *faults) fields(t *tree) Fields {
	o := f.object(t, "", "conversations", "messages")
	m := o.mapping("messages", append([]string{"within", "count"}, messageKeys...)...)
	fields := Fields{
		Conversation: o.mapping("conversations", conversationKeys...).conversationFields(),
		Message:      m.messageFields(), Within: m.places("within"), Count: m.exact("count"),
	}
	o.need("conversations", "where in a record of a conversation things are")
	o.need("messages", "where in a record of a message things are")
	if o.has("messages") && len(fields.Within) == 0 {
		m.need("conversation", "the path of the id of the conversation that a message is part of")
	}
	if err := fields.Check(); err != nil && len(f.all) == 0 {
		f.add("", t.line, "%s", err)
	}
	return fields
}

func (o object) conversationFields() ConversationFields {
	o.need("id", "the path of a conversation's id")
	if o.tree != nil && !o.has("start") && !o.has("last") {
		o.need("start", "the path of the time at which a conversation began")
	}
	o.need("metadata", `the path, or paths, of what is to be searched, or "." for the whole record`)
	return ConversationFields{
		ID: o.exact("id"), Start: o.exact("start"), Last: o.exact("last"), Metadata: o.places("metadata"), Partial: o.exact("partial"),
	}
}

func (o object) messageFields() MessageFields {
	m := MessageFields{
		ID: o.exact("id"), Conversation: o.exact("conversation"), Time: o.exact("time"),
		Sender: o.sender(), Text: o.places("text"), Files: o.places("files"),
	}
	m.HTML = one(o, "text_is", []string{"text", "html"}) == "html"
	return m
}

// exact reads the path of a single value.
func (o object) exact(key string) record.Path {
	p := o.place(key)
	if slices.ContainsFunc(p, func(s record.Step) bool { return s.Each }) || p != nil && len(p) == 0 {
		o.fault(key, "must name one member; * and . do not")
	}
	return p
}

func (o object) sender() (s Sender) {
	keys := append([]string{"member"}, namesOf(Roles)...)
	of := o.mapping("sender", keys...)
	if of.tree == nil {
		return s
	}
	of.need("member", "the path of the member that says who sent a message")
	s.Member, s.Says = of.exact("member"), map[Role][]string{}
	for _, role := range Roles {
		for _, said := range of.texts(string(role)) {
			switch {
			case said != "*":
				s.Says[role] = append(s.Says[role], said)
			case s.Rest == "":
				s.Rest = role
			default:
				of.fault(string(role), `is "*" for a second role; whoever is left can be one only`)
			}
		}
	}
	return s
}
