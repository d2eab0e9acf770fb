package archive

import (
	"fmt"
	"strings"
	"unicode"

	"dsr-server/internal/dsr"
)

// sender is who speaks, as far as it can be told from the kind of record; no
// vendor's record says so itself.
type sender string

const (
	senderUser    sender = "user"
	senderBot     sender = "bot"
	senderUnknown sender = "unknown"
)

// message is one message taken apart for reading. What has no place of its own is in
// rest; nothing is left out but what is shown already and, with numbered messages,
// what is empty.
type message struct {
	sender  sender
	kind    string // the record's type
	action  string // how the user answered: text, quickReply, form, …
	texts   []string
	options []string // answers that were offered
	form    *value   // an object that the user filled in
	rest    []field

	numbered  bool // of a vendor that numbers messages by uuid; see takeNumbered
	entry     bool // what that vendor's analytics tell about a message
	liveAgent bool // said by a person on the vendor's side
}

func readMessage(rec dsr.Record, bots agents) message {
	v := parse(rec.Raw)
	m := message{sender: senderOf(v)}
	m.takeNumbered(v, bots)
	if v.kind != object {
		m.rest = []field{{value: v}}
		return m
	}
	for _, f := range v.fields {
		m.take(f, rec)
	}
	if m.numbered {
		m.rest = told(m.rest)
	}
	return m
}

// shownAlready reports whether a field of a numbered message says what the page shows in
// another way: its id and time, or that it is a whole text.
func shownAlready(name, text string, rec dsr.Record) bool {
	switch name {
	case "created_at", "timetoken":
		return !rec.Time.IsZero()
	case "uuid", "message_uuid":
		return text == visible(rec.ID) && text != ""
	case "content_type":
		return text == "text"
	case "sequence":
		return text == "1/1"
	}
	return false
}

// told leaves out what is empty: most of a numbered message's fields always are.
func told(fields []field) (out []field) {
	for _, f := range fields {
		if f.value.kind == object {
			f.value = &value{kind: object, fields: told(f.value.fields)}
		}
		if !f.value.IsEmpty() {
			out = append(out, f)
		}
	}
	return out
}

// senderOf: UserInput is the user, anything with an outMsg the bot, all else unknown.
func senderOf(v *value) sender {
	if kind, _ := v.get("type").str(); kind == "UserInput" {
		return senderUser
	}
	if out := v.get("outMsg"); out != nil && !out.IsEmpty() {
		return senderBot
	}
	return senderUnknown
}

// takeNumbered tells who speaks in Avaamo's records. An entry of the analytics, which has
// a message_uuid, is what a user said. Of a message with a uuid and a conversation, the
// agent's answers name the message they answer to, and a live agent's name themselves;
// what the agent says unasked has its user.
func (m *message) takeNumbered(v *value, bots agents) {
	if _, entry := v.get("message_uuid").str(); entry {
		m.numbered, m.entry, m.sender = true, true, senderUser
		return
	}
	_, uuid := v.get("uuid").str()
	if talk := v.get("conversation"); !uuid || talk == nil || !talk.IsObject() {
		return
	}
	m.numbered, m.sender = true, senderUser
	if _, answer := v.get("request_message_uuid").str(); answer || bots.sent(v) {
		m.sender = senderBot
	}
	if _, live := v.get("agent_message_uuid").str(); live {
		m.sender, m.liveAgent = senderUnknown, true
	}
}

// take puts one field of the record in its place.
func (m *message) take(f field, rec dsr.Record) {
	text, isText := f.value.str()
	switch {
	case m.numbered && f.name == "content" && isText:
		if text != "" {
			m.texts = append(m.texts, text)
		}
	case m.numbered && shownAlready(f.name, text, rec):
	case f.name == "_id" && text == visible(rec.ID), f.name == "conversationId" && isText, f.name == "time" && !rec.Time.IsZero():
	case f.name == "type" && isText && m.kind == "":
		m.kind = text
	case f.name == "userActionType" && isText && m.action == "":
		m.action = text
	case f.name == "userInput" && isText:
		m.texts = append(m.texts, text)
	case f.name == "userInput" && f.value.IsObject() && !f.value.IsEmpty() && m.form == nil:
		m.form = f.value
	case f.name == "outMsg" && isText:
		m.texts = append(m.texts, text)
	case f.name == "outMsg" && f.value.IsObject():
		m.takeOutMsg(f.value)
	default:
		m.rest = append(m.rest, f)
	}
}

func (m *message) takeOutMsg(out *value) {
	for _, f := range out.fields {
		switch {
		case f.name == "steps" && f.value.IsList():
			m.texts = append(m.texts, m.takeEach(f, "text")...)
		case f.name == "options" && f.value.IsList():
			m.options = append(m.options, m.takeEach(f, "txt")...)
		default:
			m.rest = append(m.rest, field{"outMsg." + f.name, f.value})
		}
	}
}

// takeEach returns the text of every item of a list, which is the item itself or
// its field key; the rest of an item goes to m.rest.
func (m *message) takeEach(items field, key string) []string {
	var texts []string
	for i, item := range items.value.fields {
		where := fmt.Sprintf("outMsg.%s[%d]", items.name, i)
		text, ok := item.value.str()
		if !ok {
			text, ok = item.value.get(key).str()
			m.leave(where, item.value, key, ok)
		}
		if ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// leave keeps an item in rest without its field key, if that was taken.
func (m *message) leave(where string, item *value, key string, taken bool) {
	if !taken {
		m.rest = append(m.rest, field{where, item})
		return
	}
	var left []field
	for _, f := range item.fields {
		if f.name == key && taken {
			taken = false // a second field of that name is kept
			continue
		}
		left = append(left, f)
	}
	if len(left) > 0 {
		m.rest = append(m.rest, field{where, &value{kind: object, fields: left}})
	}
}

// firstWordsLength in characters fits one line of the start page's list.
const firstWordsLength = 90

// firstWords is the beginning of what a message says, on one line.
func firstWords(m message) string {
	text := strings.Join(m.texts, " ")
	if m.form != nil {
		text = m.form.cell()
	}
	return shorten(strings.Join(strings.Fields(text), " "), firstWordsLength)
}

// shorten cuts after n characters, at a space if there is one near.
func shorten(s string, n int) string {
	runes := []rune(s[:min(len(s), 4*n+4)])
	if len(runes) <= n {
		return strings.Clone(s)
	}
	cut := n
	for cut > n-20 && !unicode.IsSpace(runes[cut]) {
		cut--
	}
	if cut == n-20 {
		cut = n
	}
	return strings.TrimSpace(string(runes[:cut])) + "…"
}
