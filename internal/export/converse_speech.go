package export

import (
	"fmt"
	"regexp"
	"strings"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// converseSpeech reads the messages of the DeepConverse / AgentX Support Export API,
// which say what was said and not by whom.
type converseSpeech struct{}

func (converseSpeech) Learns() bool    { return false }
func (converseSpeech) Hear(dsr.Record) {}
func (converseSpeech) Learned() bool   { return false }

func (converseSpeech) Conversation(rec dsr.Record) record.Conversation {
	v := record.Parse(rec.Raw)
	return record.Conversation{Locale: v.Get("locale"), Tags: v.Get("tags"), UserMessages: v.Get("userMessageCount"), Metadata: v.Get("metadata")}
}

// Message: what is in userInput the user said, what is in outMsg the vendor's side, which
// is the chatbot only where the record's kind says so.
func (converseSpeech) Message(rec dsr.Record) record.Message {
	v := record.Parse(rec.Raw)
	if !v.IsObject() {
		return record.Message{Sides: []record.Side{{Sender: record.Unknown}}, Rest: []record.Field{{Value: v}}}
	}
	c := converseMessage{rec: rec}
	for _, f := range v.Fields() {
		c.take(f)
	}
	return c.message(v)
}

// converseMessage is a message of which some fields have been taken.
type converseMessage struct {
	rec      dsr.Record
	m        record.Message
	asked    record.Side // by the user
	answered record.Side
}

// message puts the sides together: a record has one side, unless both say something.
func (c *converseMessage) message(v *record.Value) record.Message {
	c.asked.Sender, c.answered.Sender = record.Unknown, record.Unknown
	if c.m.Kind == "UserInput" {
		c.asked.Sender = record.User
	}
	out := v.Get("outMsg")
	if out != nil && !out.IsEmpty() && (isBots(c.m.Kind) || c.asked.Sender == record.User) {
		c.answered.Sender = record.Bot // a record that is the user's has the chatbot's answer with it
	}
	input := v.Get("userInput")
	switch {
	case input != nil && !input.IsEmpty() && out != nil && !out.IsEmpty():
		c.asked.Sender = record.User
		c.m.Sides = []record.Side{c.asked, c.answered}
	case out != nil && !out.IsEmpty() && (input == nil || input.IsEmpty()):
		c.m.Sides = []record.Side{joined(c.answered, c.asked)}
	case c.asked.Sender == record.User:
		c.m.Sides = []record.Side{joined(c.asked, c.answered)}
	case out != nil && !out.IsEmpty():
		c.m.Sides = []record.Side{joined(c.answered, c.asked)}
	default:
		c.m.Sides = []record.Side{joined(c.asked, c.answered)}
	}
	return c.m
}

// joined adds what little the other side has.
func joined(a, b record.Side) record.Side {
	a.Texts, a.Options = append(a.Texts, b.Texts...), append(a.Options, b.Options...)
	if a.Form == nil {
		a.Form = b.Form
	}
	if a.Action == "" {
		a.Action = b.Action
	}
	return a
}

// isBots reports whether a kind of record is the chatbot's: one that the documentation
// names, or one that says so itself. The list of kinds is open, so that any other may be
// a person's on the vendor's side, and whether a person answered matters (Art. 22 GDPR).
func isBots(kind string) bool {
	plain := strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(kind))
	return plain == "question" || botsKind.MatchString(plain)
}

var botsKind = regexp.MustCompile(`^(chat)?bot(message|reply|response|answer|question|says)?$`)

// take puts one field of the record in its place.
func (c *converseMessage) take(f record.Field) {
	text, isText := f.Value.Str()
	switch {
	case f.Name == "_id" && text == record.Visible(c.rec.ID), f.Name == "conversationId" && isText, f.Name == "time" && !c.rec.Time.IsZero():
	case f.Name == "type" && isText && c.m.Kind == "":
		c.m.Kind = text
	case f.Name == "userActionType" && isText && c.asked.Action == "":
		c.asked.Action = text
	case f.Name == "userInput" && isText:
		c.asked.Texts = append(c.asked.Texts, text)
	case f.Name == "userInput" && f.Value.IsObject() && !f.Value.IsEmpty() && c.asked.Form == nil:
		c.asked.Form = f.Value
	case f.Name == "outMsg" && isText:
		c.answered.Texts = append(c.answered.Texts, text)
	case f.Name == "outMsg" && f.Value.IsObject():
		c.takeOutMsg(f.Value)
	default:
		c.m.Rest = append(c.m.Rest, f)
	}
}

func (c *converseMessage) takeOutMsg(out *record.Value) {
	for _, f := range out.Fields() {
		switch {
		case f.Name == "steps" && f.Value.IsList():
			c.answered.Texts = append(c.answered.Texts, c.takeEach(f, "text")...)
		case f.Name == "options" && f.Value.IsList():
			c.answered.Options = append(c.answered.Options, c.takeEach(f, "txt")...)
		default:
			c.m.Rest = append(c.m.Rest, record.Field{Name: "outMsg." + f.Name, Value: f.Value})
		}
	}
}

// takeEach returns the text of every item of a list, which is the item itself or its
// field key; the rest of an item goes to Rest.
func (c *converseMessage) takeEach(items record.Field, key string) []string {
	var texts []string
	for i, item := range items.Value.Fields() {
		where := fmt.Sprintf("outMsg.%s[%d]", items.Name, i)
		text, ok := item.Value.Str()
		if !ok {
			taken := item.Value.Get(key)
			text, ok = taken.Str()
			c.leave(where, item.Value, taken, ok)
		}
		if ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// leave keeps an item in Rest, without the field that was taken.
func (c *converseMessage) leave(where string, item, part *record.Value, taken bool) {
	if !taken {
		c.m.Rest = append(c.m.Rest, record.Field{Name: where, Value: item})
		return
	}
	var left []record.Field
	for _, f := range item.Fields() {
		if f.Value != part {
			left = append(left, f)
		}
	}
	if len(left) > 0 {
		c.m.Rest = append(c.m.Rest, record.Field{Name: where, Value: record.Object(left)})
	}
}
