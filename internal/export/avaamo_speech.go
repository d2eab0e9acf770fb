package export

import (
	"bytes"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// avaamoSpeech reads the records of the Avaamo platform. A message that answers nothing
// may be a person's question or the chatbot's greeting; only the user who sent it tells
// them apart, so it learns under which users the chatbot speaks.
type avaamoSpeech struct {
	agents  map[string]bool // users who are the chatbot
	asks    map[string]bool // in the conversation being heard: who asks and who answers
	replies map[string]bool
}

// userOf is who sent a message; empty if it does not say.
func userOf(v *record.Value) string {
	id, _ := v.Get("user").Get("layer_id").Str()
	return id
}

// Learns implements Speech.
func (s *avaamoSpeech) Learns() bool { return true }

// Hear implements Speech.
func (s *avaamoSpeech) Hear(rec dsr.Record) {
	if !bytes.Contains(rec.Raw, []byte(`"request_message_uuid"`)) {
		return // an entry of the analytics; no need to decode it
	}
	if s.asks == nil {
		s.asks, s.replies = map[string]bool{}, map[string]bool{}
	}
	v := record.Parse(rec.Raw)
	user := userOf(v)
	_, answer := v.Get("request_message_uuid").Str()
	_, live := v.Get("agent_message_uuid").Str()
	switch {
	case user == "" || live:
	case answer:
		s.replies[user] = true
	default:
		s.asks[user] = true
	}
}

// Learned implements Speech. Who answers is the chatbot if somebody else only asks: where
// all messages name the same user, that is whom they are about and not who speaks.
func (s *avaamoSpeech) Learned() bool {
	others, known := false, len(s.agents)
	for user := range s.asks {
		others = others || !s.replies[user]
	}
	for user := range s.replies {
		if others {
			s.agents[user] = true
		}
	}
	s.asks, s.replies = nil, nil
	return len(s.agents) > known
}

// Conversation implements Speech.
func (s *avaamoSpeech) Conversation(rec dsr.Record) (c record.Conversation) {
	v := record.Parse(rec.Raw)
	if what, _ := v.Get("conversation").Str(); rec.Derived() && what == "unknown" {
		c.Unknown, c.User = true, userOf(v)
	}
	return c
}

// Message implements Speech. An entry of the analytics is what a user said. Of messages,
// the agent's answers name the message they answer to, and a live agent's name
// themselves; what the agent says unasked has its user.
func (s *avaamoSpeech) Message(rec dsr.Record) record.Message {
	v := record.Parse(rec.Raw)
	m := record.Message{}
	side := record.Side{Sender: record.User}
	_, m.Entry = v.Get("message_uuid").Str()
	_, answer := v.Get("request_message_uuid").Str()
	_, m.LiveAgent = v.Get("agent_message_uuid").Str()
	switch {
	case !v.IsObject():
		return record.Message{Sides: []record.Side{{Sender: record.Unknown}}, Rest: []record.Field{{Value: v}}}
	case m.Entry:
		m.LiveAgent = false
	case m.LiveAgent || !named(v):
		side.Sender = record.Unknown
	case answer || s.agents[userOf(v)]:
		side.Sender = record.Bot
	}
	var rest []record.Field
	for _, f := range v.Fields() {
		text, isText := f.Value.Str()
		switch {
		case f.Name == "content" && isText:
			if text != "" {
				side.Texts = append(side.Texts, text)
			}
		case !shownAlready(f.Name, text, rec):
			rest = append(rest, f)
		}
	}
	m.Sides, m.Rest = []record.Side{side}, told(rest)
	return m
}

// named reports whether a record has what every message has.
func named(v *record.Value) bool {
	_, uuid := v.Get("uuid").Str()
	talk := v.Get("conversation")
	return uuid && talk != nil && talk.IsObject()
}

// shownAlready reports whether a field says what the page shows in another way: the
// message's id and time, or that it is a whole text.
func shownAlready(name, text string, rec dsr.Record) bool {
	switch name {
	case "created_at", "timetoken":
		return !rec.Time.IsZero()
	case "uuid", "message_uuid":
		return text == record.Visible(rec.ID) && text != ""
	case "content_type":
		return text == "text"
	case "sequence":
		return text == "1/1"
	}
	return false
}

// told leaves out what is empty: most of a message's fields always are.
func told(fields []record.Field) (out []record.Field) {
	for _, f := range fields {
		if f.Value.IsObject() {
			f.Value = record.Object(told(f.Value.Fields()))
		}
		if !f.Value.IsEmpty() {
			out = append(out, f)
		}
	}
	return out
}
