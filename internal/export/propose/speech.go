package propose

import (
	"maps"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/record"
)

var senderWords = []string{"sender", "from", "author", "role", "speaker", "by", "direction", "source", "type"}

// sides are words by which records say who spoke. Only these are ever told of the values of
// records.
var sides = map[declared.Role][]string{
	declared.Bot:   {"bot", "chatbot", "assistant", "ai", "virtual agent", "outgoing"},
	declared.Agent: {"agent", "operator", "human", "admin", "employee", "support"},
	declared.User:  {"user", "customer", "visitor", "client", "contact", "person", "consumer", "incoming", "guest"},
}

// speech places who said what.
func (w *placing) speech() {
	if w.messages == nil {
		return
	}
	w.sender()
	taken := []record.Path{w.fields.Message.ID, w.fields.Message.Conversation, w.fields.Message.Time, w.fields.Message.Sender.Member}
	text := w.messages.longest(taken)
	if text == nil {
		w.doubt(Missing, dsr.Messages, "text", nil, nil)
		return
	}
	w.fields.Message.Text = []record.Path{text.path}
	w.fields.Message.HTML = 2*text.markup > text.in
	others := w.messages.where(func(c *column) bool {
		return c != text && w.messages.says(c, taken) && c.spaced > 0 && 2*c.length >= text.length
	})
	if len(others) > 0 {
		w.doubt(Several, dsr.Messages, "text", text.path, others)
	}
}

// longest is the field with the most text.
func (t *table) longest(but []record.Path) (best *column) {
	for _, c := range t.where(func(c *column) bool { return t.says(c, but) }) {
		if best == nil || c.length > best.length {
			best = c
		}
	}
	return best
}

// says reports whether a column may be what was said: texts that vary and are no times.
func (t *table) says(c *column, but []record.Path) bool {
	taken := slices.ContainsFunc(but, func(p record.Path) bool { return same(p, c.path) })
	return !taken && c.length > 0 && len(c.instants) < c.in && (len(c.values) > 1 || t.records == 1)
}

// sender places the field with few values, of which it knows some or whose name says it.
func (w *placing) sender() {
	t, m := w.messages, &w.fields.Message
	from := t.where(func(c *column) bool {
		taken := same(c.path, m.ID) || same(c.path, m.Conversation) || same(c.path, m.Time)
		few := c.scalars == c.in && 10*c.in >= 9*t.records && (len(c.values) <= 12 && len(c.values) < c.in)
		return !taken && (c.knows() > 0 || few && c.named(senderWords) < unnamed)
	})
	if most := slices.MaxFunc(append(from, &column{}), func(a, b *column) int { return a.knows() - b.knows() }).knows(); most > 0 {
		from = slices.DeleteFunc(from, func(c *column) bool { return c.knows() < most })
	}
	if m.Sender.Member = w.choose(dsr.Messages, "sender", senderWords, from); m.Sender.Member == nil {
		return
	}
	m.Sender.Says, m.Sender.Rest = sidesOf(t.byPath[m.Sender.Member.String()])
	if len(m.Sender.Says) == 0 || m.Sender.Rest != "" {
		w.doubt(Sides, dsr.Messages, "sender", m.Sender.Member, nil)
	}
}

// knows is how many records say in a known word who spoke.
func (c *column) knows() (n int) {
	for value, times := range c.values {
		if _, known := sideOf(value); known {
			n += times
		}
	}
	return n
}

func sideOf(value string) (role declared.Role, known bool) {
	for _, role := range declared.Roles {
		if slices.Contains(sides[role], strings.ToLower(value)) {
			return role, true
		}
	}
	return "", false
}

// sidesOf says which of the known words are whose. What is said in other words is the user's,
// if a side of the vendor's is known: vendors put the id of who wrote there.
func sidesOf(c *column) (says map[declared.Role][]string, rest declared.Role) {
	says = map[declared.Role][]string{}
	others := false
	for _, value := range slices.Sorted(maps.Keys(c.values)) {
		if role, known := sideOf(value); known {
			says[role] = append(says[role], value)
		} else {
			others = true
		}
	}
	if others && len(says) > 0 && len(says[declared.User]) == 0 {
		rest = declared.User
	}
	return says, rest
}
