package export

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/match"
)

var talkFields = declared.Fields{
	Conversation: declared.ConversationFields{ID: at("id"), Start: at("created"), Metadata: ways("attributes"), Partial: at("part")},
	Message: declared.MessageFields{
		ID: at("id"), Time: at("created"), Text: ways("body"), HTML: true,
		Sender: declared.Sender{Member: at("author.type"), Says: map[declared.Role][]string{declared.Bot: {"bot"}, declared.Agent: {"admin"}}, Rest: declared.User},
	},
	Within: ways("source", "parts.list"), Count: at("statistics.count"),
}

// TestMessagesAreTakenOutOfTheirConversation, byte for byte, and what remains is the record
// without them.
func TestMessagesAreTakenOutOfTheirConversation(t *testing.T) {
	t.Parallel()
	start := time.Unix(1744750665, 0).UTC()
	for name, c := range map[string]struct {
		record, rest string
		messages     []string // id, time, record
		lacks        []string
	}{
		"one and a list": {
			`{"id":"c","source":{ "id":"m0", "body":"\u0061"},"parts":{"total":1,"list":[{"id":"m1","created":1744750700} , {"body":"b"}]},"x":1}`,
			`{"id":"c","source":null,"parts":{"total":1,"list":[]},"x":1}`,
			[]string{`m0 665 { "id":"m0", "body":"\u0061"}`, `m1 700 {"id":"m1","created":1744750700}`, `parts.list[1] 665 {"body":"b"}`}, nil,
		},
		"none at all":         {`{"id":"c","parts":{"list":[]}}`, `{"id":"c","parts":{"list":[]}}`, nil, nil},
		"absent and null":     {`{"id":"c","source":null,"parts":null}`, `{"id":"c","source":null,"parts":null}`, nil, nil},
		"of a repeated key":   {`{"parts":{"list":[{"id":"1"}]},"parts":{"list":[{"id":"2"}]}}`, `{"parts":{"list":[]},"parts":{"list":[]}}`, []string{`1 665 {"id":"1"}`, `2 665 {"id":"2"}`}, nil},
		"in another case":     {`{"Parts":{"LIST":[{"id":"1"}]}}`, `{"Parts":{"LIST":[]}}`, []string{`1 665 {"id":"1"}`}, nil},
		"alike, without ids":  {`{"parts":{"list":[{"body":"ok"},{"body":"ok"}]}}`, `{"parts":{"list":[]}}`, []string{`parts.list[0] 665 {"body":"ok"}`, `parts.list[1] 665 {"body":"ok"}`}, nil},
		"as many as stated":   {`{"statistics":{"count":1},"source":{},"parts":{"list":[{"id":"1"}]}}`, `{"statistics":{"count":1},"source":null,"parts":{"list":[]}}`, []string{`source[0] 665 {}`, `1 665 {"id":"1"}`}, nil},
		"fewer than stated":   {`{"statistics":{"count":"2"},"source":{},"parts":{"list":[{"id":"1"}]}}`, `{"statistics":{"count":"2"},"source":null,"parts":{"list":[]}}`, []string{`source[0] 665 {}`, `1 665 {"id":"1"}`}, []string{dsr.ReasonFewer}},
		"stated, and no list": {`{"statistics":{"count":3}}`, `{"statistics":{"count":3}}`, nil, []string{dsr.ReasonFewer}},
		"a text for a list":   {`{"parts":{"list":"[]"}}`, `{"parts":{"list":"[]"}}`, nil, []string{dsr.ReasonNotUnderstood}},
		"a text in the list":  {`{"parts":{"list":["hi",{"id":"1"}]}}`, `{"parts":{"list":["hi"]}}`, []string{`1 665 {"id":"1"}`}, []string{dsr.ReasonNotUnderstood}},
	} {
		w := TakeWithin(talkFields, []byte(c.record), "c", match.Facts{Start: start})
		var got []string
		for i, m := range w.Messages {
			got = append(got, fmt.Sprintf("%s %d %s", m.ID, m.Time.Unix()-1744750000, m.Raw))
			if m.Scope != "c" || m.ConversationID != "c" || m.Kind != dsr.Message || m.Order != (dsr.SourceOrder{Unit: dsr.InRecord, Number: int64(i)}) {
				t.Errorf("%s: %+v", name, m)
			}
		}
		if !slices.Equal(got, c.messages) || string(w.Rest) != c.rest || !slices.Equal(w.Lacks, c.lacks) {
			t.Errorf("%s:\n%q\n%q\nrest %s\nlacks %v", name, got, c.messages, w.Rest, w.Lacks)
		}
	}
}

func TestADeclaredConversationIsKeptWithoutItsMessages(t *testing.T) {
	t.Parallel()
	const raw = `{"id":"c","created":1744750665,"part":true,"source":{"id":"m0"},"parts":{"list":[{"id":"m1"}]}}`
	r := Record{Kind: dsr.Conversation, Raw: []byte(raw), Facts: talkFields.Schema().Conversation.Facts([]byte(raw))}
	x := ExpandDeclared(talkFields, dsr.MessageQuery{}, r)
	if len(x.Keep) != 3 || string(x.Keep[0].Raw) != `{"id":"c","created":1744750665,"part":true,"source":null,"parts":{"list":[]}}` || len(x.Next) != 0 || !slices.Equal(x.Lacks, []string{dsr.ReasonPartial}) {
		t.Errorf("got %+v", x)
	}
	x = ExpandDeclared(talkFields, dsr.MessageQuery{Kind: dsr.ByConversation, ID: "c"}, r)
	if len(x.Keep) != 2 || x.Keep[0].ID != "m0" || x.Keep[1].ConversationID != "c" {
		t.Errorf("of a conversation that was asked for by its id: %+v", x)
	}
	apart := talkFields
	apart.Within, apart.Message.Conversation = nil, at("talk")
	if x = ExpandDeclared(apart, dsr.MessageQuery{}, r); len(x.Keep) != 1 || string(x.Keep[0].Raw) != raw || len(x.Next) != 1 {
		t.Errorf("with messages of their own: %+v", x)
	}
}

// TestWhatIsOfAnotherConversationIsNotTaken, and does not pass for an answer.
func TestWhatIsOfAnotherConversationIsNotTaken(t *testing.T) {
	t.Parallel()
	asked := dsr.MessageQuery{Kind: dsr.ByConversation, ID: "c"}
	whole := func(raw string) Record {
		return Record{Kind: dsr.Conversation, Raw: []byte(raw), Facts: talkFields.Schema().Conversation.Facts([]byte(raw))}
	}
	x := ExpandDeclared(talkFields, asked, whole(`{"id":"d","parts":{"list":[{"id":"m1"}]}}`))
	if len(x.Keep) != 0 || !slices.Equal(x.Lacks, []string{dsr.ReasonNotUnderstood}) {
		t.Errorf("of a record with another id: %+v", x)
	}
	apart := apartFields()
	for raw, foreign := range map[string]bool{`{"id":"m","talk":"c"}`: false, `{"id":"m"}`: false, `{"id":"m","talk":"d"}`: true} {
		x := ExpandDeclared(apart, asked, Record{Kind: dsr.Message, Raw: []byte(raw), Facts: apart.Schema().Message.Facts([]byte(raw))})
		if x.Foreign != foreign || (len(x.Keep) == 0) != foreign {
			t.Errorf("%s: %+v", raw, x)
		}
	}
}
