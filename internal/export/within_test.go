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
		"none at all":          {`{"id":"c","parts":{"list":[]}}`, `{"id":"c","parts":{"list":[]}}`, nil, nil},
		"absent and null":      {`{"id":"c","source":null,"parts":null}`, `{"id":"c","source":null,"parts":null}`, nil, nil},
		"of a repeated key":    {`{"parts":{"list":[{"id":"1"}]},"parts":{"list":[{"id":"2"}]}}`, `{"parts":{"list":[]},"parts":{"list":[]}}`, []string{`1 665 {"id":"1"}`, `2 665 {"id":"2"}`}, nil},
		"in another case":      {`{"Parts":{"LIST":[{"id":"1"}]}}`, `{"Parts":{"LIST":[]}}`, []string{`1 665 {"id":"1"}`}, nil},
		"alike, without ids":   {`{"parts":{"list":[{"body":"ok"},{"body":"ok"}]}}`, `{"parts":{"list":[]}}`, []string{`parts.list[0] 665 {"body":"ok"}`, `parts.list[1] 665 {"body":"ok"}`}, nil},
		"as many as stated":    {`{"statistics":{"count":1},"source":{"body":"a"},"parts":{"list":[{"id":"1"}]}}`, `{"statistics":{"count":1},"source":null,"parts":{"list":[]}}`, []string{`source[0] 665 {"body":"a"}`, `1 665 {"id":"1"}`}, nil},
		"fewer than stated":    {`{"statistics":{"count":"2"},"source":{"body":"a"},"parts":{"list":[{"id":"1"}]}}`, `{"statistics":{"count":"2"},"source":null,"parts":{"list":[]}}`, []string{`source[0] 665 {"body":"a"}`, `1 665 {"id":"1"}`}, []string{dsr.ReasonFewer}},
		"stated, and no list":  {`{"statistics":{"count":3}}`, `{"statistics":{"count":3}}`, nil, []string{dsr.ReasonFewer}},
		"the same one thrice":  {`{"statistics":{"count":2},"parts":{"list":[{"id":"1"},{"id":"1"}]}}`, `{"statistics":{"count":2},"parts":{"list":[]}}`, []string{`1 665 {"id":"1"}`, `1 665 {"id":"1"}`}, []string{dsr.ReasonFewer}},
		"two of one id":        {`{"statistics":{"count":2},"parts":{"list":[{"id":"1"},{"id":"1","body":"b"}]}}`, `{"statistics":{"count":2},"parts":{"list":[]}}`, []string{`1 665 {"id":"1"}`, `parts.list[1] 665 {"id":"1","body":"b"}`}, nil},
		"wrapped":              {`{"parts":{"list":{"items":[{"id":"1"}]}}}`, `{"parts":{"list":{"items":[{"id":"1"}]}}}`, nil, []string{dsr.ReasonNotUnderstood}},
		"by their ids":         {`{"parts":{"list":{"1":{"id":"1"}}}}`, `{"parts":{"list":{"1":{"id":"1"}}}}`, nil, []string{dsr.ReasonNotUnderstood}},
		"nothing of a message": {`{"parts":{"list":[{"id":null,"x":1},{"id":"1"}]}}`, `{"parts":{"list":[{"id":null,"x":1}]}}`, []string{`1 665 {"id":"1"}`}, []string{dsr.ReasonNotUnderstood}},
		"a text for a list":    {`{"parts":{"list":"[]"}}`, `{"parts":{"list":"[]"}}`, nil, []string{dsr.ReasonNotUnderstood}},
		"a text in the list":   {`{"parts":{"list":["hi",{"id":"1"}]}}`, `{"parts":{"list":["hi"]}}`, []string{`1 665 {"id":"1"}`}, []string{dsr.ReasonNotUnderstood}},
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

// TestAWholeRecordThatSaysItIsNone, or not all, does not pass for one.
func TestAWholeRecordThatSaysItIsNone(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string][]string{
		`{"id":"c","parts":{"list":[]}}`: nil,
		`{"parts":{"list":[]}}`:          nil, // it need not repeat the id
		`{"id":"c"}`:                     nil,
		`{"id":"c","status":"failed","state":"timeout","more":false}`: nil,
		`{}`: {dsr.ReasonNotUnderstood},
		`{"data":{"id":"c","parts":{"list":[{"id":"1"}]}}}`: {dsr.ReasonNotUnderstood},
		`{"error":"gone"}`: {dsr.ReasonNotUnderstood, dsr.ReasonPartial},
		`{"id":"c","has_more":true,"parts":{"list":[]}}`:             {dsr.ReasonPartial},
		`{"id":"c","parts":{"list":[],"hasMore":true}}`:              {dsr.ReasonPartial},
		`{"id":"c","paging":{"next":"x"},"parts":{"list":[]}}`:       {dsr.ReasonPartial},
		`{"id":"c","part":1,"parts":{"list":[]}}`:                    {dsr.ReasonPartial},
		`{"id":"c","statistics":{"count":1},"parts":{"list":["x"]}}`: {dsr.ReasonNotUnderstood, dsr.ReasonFewer},
	} {
		r := Record{Kind: dsr.Conversation, Raw: []byte(raw), Facts: talkFields.Schema().Conversation.Facts([]byte(raw))}
		x := ExpandDeclared(talkFields, dsr.MessageQuery{Kind: dsr.ByConversation, ID: "c"}, r)
		if !slices.Equal(x.Lacks, want) || x.Taken == nil || *x.Taken != 0 {
			t.Errorf("%s: %v, want %v", raw, x.Lacks, want)
		}
	}
	for raw, want := range map[string][]string{
		`{"id":"c","has_more":true,"parts":{"list":[]}}`: nil, // among others in a list
		`{"id":"c","parts":{"list":[],"has_more":true}}`: {dsr.ReasonPartial},
	} {
		r := Record{Kind: dsr.Conversation, Raw: []byte(raw), Facts: talkFields.Schema().Conversation.Facts([]byte(raw))}
		if x := ExpandDeclared(talkFields, dsr.MessageQuery{}, r); !slices.Equal(x.Lacks, want) {
			t.Errorf("%s: %v, want %v", raw, x.Lacks, want)
		}
	}
}

// TestWhatSaysPartial in the ways of vendors.
func TestWhatSaysPartial(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		`true`: true, `"true"`: true, `1`: true, `"1"`: true, `"yes"`: true, `{"x":1}`: true,
		`false`: false, `"false"`: false, `0`: false, `"no"`: false, `null`: false, `""`: false, `{}`: false,
	} {
		if got := isPartial(talkFields, Record{Raw: []byte(`{"part":` + value + `}`)}); got != want {
			t.Errorf("%s: %t", value, got)
		}
	}
}
