package export

import (
	"slices"
	"strings"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/record"
)

// declaredSpeech reads records by a declaration: who speaks is said no more precisely than
// the record tells.
type declaredSpeech struct{ fields declared.Fields }

func (declaredSpeech) Learns() bool    { return false }
func (declaredSpeech) Hear(dsr.Record) {}
func (declaredSpeech) Learned() bool   { return false }

// Conversation implements Speech: where what is searched stands in one place, it is shown.
func (s declaredSpeech) Conversation(rec dsr.Record) (c record.Conversation) {
	if metadata := s.fields.Conversation.Metadata; len(metadata) == 1 && len(metadata[0]) > 0 {
		if at := metadata[0].Of(record.Parse(rec.Raw)); len(at) == 1 {
			c.Metadata = at[0]
		}
	}
	return c
}

// Message implements Speech.
func (s declaredSpeech) Message(rec dsr.Record) record.Message {
	v := record.Parse(rec.Raw)
	if !v.IsObject() {
		return record.Message{Sides: []record.Side{{Sender: record.Unknown}}, Rest: []record.Field{{Value: v}}}
	}
	m, shown := s.sender(v)
	texts, said := s.texts(v)
	m.Sides[0].Texts = texts
	shown = append(shown, said...)
	if left := v.Leave(append(shown, s.shownAlready(v, rec)...)); left != nil {
		m.Rest = left.Fields()
	}
	return m
}

// sender is the message without its texts, and what is shown of the record by it.
func (s declaredSpeech) sender(v *record.Value) (m record.Message, shown []*record.Value) {
	m.Sides = []record.Side{{Sender: record.Unknown}}
	if len(s.fields.Message.Sender.Member) == 0 {
		return m, nil
	}
	said, at := first(v, s.fields.Message.Sender.Member)
	roles := s.fields.Message.Sender.Of(said)
	switch {
	case slices.Equal(roles, []declared.Role{declared.User}):
		m.Sides[0].Sender = record.User
	case slices.Equal(roles, []declared.Role{declared.Bot}):
		m.Sides[0].Sender = record.Bot
	case slices.Equal(roles, []declared.Role{declared.Agent}):
		m.LiveAgent = true
	default: // in the record's own word
		if m.Kind = said; said != "" {
			shown = at
		}
	}
	return m, shown
}

// texts are those of the first path that has one.
func (s declaredSpeech) texts(v *record.Value) (texts []string, at []*record.Value) {
	for _, path := range s.fields.Message.Text {
		for _, value := range path.Of(v) {
			text, is := value.Str()
			if !is || text == "" {
				continue
			}
			if s.fields.Message.HTML {
				text = record.PlainHTML(text)
			}
			texts, at = append(texts, text), append(at, value)
		}
		if len(at) > 0 {
			return texts, at
		}
	}
	return nil, nil
}

// shownAlready are the values that say what is shown in another way: the message's id and
// time, and its conversation's id.
func (s declaredSpeech) shownAlready(v *record.Value, rec dsr.Record) (all []*record.Value) {
	if id, at := first(v, s.fields.Message.ID); id != "" && id == record.Visible(rec.ID) {
		all = append(all, at...)
	}
	if id, at := first(v, s.fields.Message.Conversation); id != "" && id == record.Visible(rec.ConversationID) {
		all = append(all, at...)
	}
	if !rec.Time.IsZero() {
		_, at := first(v, s.fields.Message.Time)
		all = append(all, at...)
	}
	return all
}

// own reports whether the person said the message.
func (s declaredSpeech) own(rec dsr.Record) bool {
	m, _ := s.sender(record.Parse(rec.Raw))
	return m.Sides[0].Sender == record.User
}

// first is what the first value at a path says.
func first(v *record.Value, path record.Path) (said string, at []*record.Value) {
	if len(path) == 0 {
		return "", nil
	}
	if all := path.Of(v); len(all) > 0 {
		said, _ = all[0].Str()
		return strings.TrimSpace(said), all[:1]
	}
	return "", nil
}
