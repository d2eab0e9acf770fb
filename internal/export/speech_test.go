package export

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

func TestWhoSpeaksInNumberedMessages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw    string
		sender record.Sender
		live   bool
		text   string
		rest   string // names of the fields left
	}{
		"entry":           {`{"message_uuid":"m","content":"hello","created_at":5.0,"user":{"layer_id":"u"}}`, record.User, false, "hello", "user"},
		"empty entry":     {`{"message_uuid":"m","content":"","created_at":5,"user":null}`, record.User, false, "", ""},
		"odd content":     {`{"message_uuid":"m","content":{"a":1}}`, record.User, false, "", "content"},
		"question":        {`{"uuid":"m","content":"hello","request_message_uuid":null,"agent_message_uuid":null,"conversation":{"uuid":"c"}}`, record.User, false, "hello", "conversation"},
		"answer":          {`{"uuid":"m","content":"hi","request_message_uuid":"m","conversation":{"uuid":"c"}}`, record.Bot, false, "hi", "request_message_uuid conversation"},
		"live agent":      {`{"uuid":"m","content":"hi","request_message_uuid":null,"agent_message_uuid":"a","conversation":{"uuid":"c"}}`, record.Unknown, true, "hi", "agent_message_uuid conversation"},
		"whole text":      {`{"uuid":"m","content":"x","content_type":"text","sequence":"1/1","timetoken":5000000,"conversation":{"uuid":"c","locale":null}}`, record.User, false, "x", "conversation"},
		"half a text":     {`{"uuid":"n","content":"x","content_type":"text","sequence":"1/2","read_acks":[],"conversation":{"uuid":"c"}}`, record.User, false, "x", "uuid sequence conversation"},
		"agent unasked":   {`{"uuid":"m","content":"hi","request_message_uuid":null,"user":{"layer_id":"bot"},"conversation":{"uuid":"c"}}`, record.Bot, false, "hi", "user conversation"},
		"no conversation": {`{"content":"y","uuid":"z"}`, record.Unknown, false, "y", "uuid"},
	} {
		m := (&avaamoSpeech{agents: map[string]bool{"bot": true}}).Message(dsr.Record{ID: "m", Raw: []byte(c.raw), Time: time.Unix(5, 0)})
		var rest []string
		for _, f := range m.Rest {
			rest = append(rest, f.Name)
		}
		if s := m.Sides[0]; len(m.Sides) != 1 || s.Sender != c.sender || m.LiveAgent != c.live || strings.Join(s.Texts, "|") != c.text || strings.Join(rest, " ") != c.rest {
			t.Errorf("%s: got %+v, rest %v", name, m, rest)
		}
	}
}

func TestWhoAnswersIsTheAgentUnlessAllNameOneUser(t *testing.T) {
	t.Parallel()
	message := func(user, answers, live string) dsr.Record {
		return dsr.Record{Raw: []byte(`{"uuid":"x","user":{"layer_id":` + user + `},"request_message_uuid":` + answers + `,"agent_message_uuid":` + live + `,"conversation":{}}`)}
	}
	for name, c := range map[string]struct {
		want string
		said []dsr.Record
	}{
		"greeting, question, answer":  {"bot", []dsr.Record{message(`"bot"`, `null`, `null`), message(`"ana"`, `null`, `null`), message(`"bot"`, `"q"`, `null`)}},
		"all are about the same user": {"", []dsr.Record{message(`"ana"`, `null`, `null`), message(`"ana"`, `"q"`, `null`)}},
		"an answer alone":             {"", []dsr.Record{message(`"bot"`, `"q"`, `null`)}},
		"a live agent asks nothing":   {"", []dsr.Record{message(`"kim"`, `null`, `"a"`), message(`"ana"`, `"q"`, `null`)}},
		"nobody is named":             {"", []dsr.Record{message(`null`, `null`, `null`), message(`null`, `"q"`, `null`)}},
	} {
		s := &avaamoSpeech{agents: map[string]bool{}}
		for _, rec := range c.said {
			s.Hear(rec)
		}
		learned := s.Learned()
		if got := strings.Join(slices.Collect(maps.Keys(s.agents)), " "); got != c.want || learned != (c.want != "") || s.Learned() {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestGroupOfUnknownConversationSaysSo(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]record.Conversation{
		`{"derived":true,"_id":"x","conversation":"unknown","user":{"layer_id":"u1"}}`: {Unknown: true, User: "u1"},
		`{"derived":true,"_id":"x","conversation":"unknown","user":{"layer_id":null}}`: {Unknown: true},
		`{"derived":true,"_id":"x","conversation":{"uuid":"c"}}`:                       {},
		`{"_id":"x","conversation":"unknown","user":{"layer_id":"u1"}}`:                {},
	} {
		if got := (&avaamoSpeech{}).Conversation(dsr.Record{Raw: []byte(raw)}); got != want {
			t.Errorf("%s: got %+v, want %+v", raw, got, want)
		}
	}
}

// TestWhoSpeaksInAConversation: each side under its own name, and nobody is the chatbot
// who may be a person.
func TestWhoSpeaksInAConversation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ raw, want, rest string }{
		"user":                    {`{"type":"UserInput","userInput":"hi","userActionType":"text"}`, "user text: hi", ""},
		"user by the form":        {`{"type":"UserInput","userInput":{"a":1}}`, "user form:", ""},
		"bot":                     {`{"type":"Question","outMsg":{"steps":[{"text":"a"},{"text":"b","x":1}]}}`, "bot: a|b", "outMsg.steps[1]"},
		"no kind":                 {`{"outMsg":"a"}`, "unknown: a", ""},
		"a chatbot":               {`{"type":"ChatbotReply","outMsg":"a"}`, "bot: a", ""},
		"another kind":            {`{"type":"Supervisor","outMsg":"a"}`, "unknown: a", ""},
		"both":                    {`{"type":"UserInput","userInput":"hi","outMsg":{"steps":["a"]}}`, "user: hi / bot: a", ""},
		"both, of the bot's kind": {`{"type":"BotMessage","userInput":"hi","outMsg":{"steps":["a"]}}`, "user: hi / bot: a", ""},
		"both, of an agent":       {`{"type":"AgentMessage","userInput":"hi","outMsg":"a"}`, "user: hi / unknown: a", ""},
		"an agent":                {`{"type":"AgentMessage","outMsg":"a"}`, "unknown: a", ""},
		"a live agent":            {`{"type":"LIVE_AGENT","outMsg":"a"}`, "unknown: a", ""},
		"an operator":             {`{"type":"OperatorReply","outMsg":"a"}`, "unknown: a", ""},
		"nobody":                  {`{"type":"Transfer","to":"desk"}`, "unknown:", "to"},
		"empty answer":            {`{"type":"UserInput","userInput":"hi","outMsg":{}}`, "user: hi", ""},
		"input without its kind":  {`{"userInput":"hi"}`, "unknown: hi", ""},
		"first says nothing":      {`{"outMsg":[{"text":"","text":"a"}],"type":"Question"}`, "bot:", "outMsg"},
		"no object":               {`[1]`, "unknown:", ""},
	} {
		m := converseSpeech{}.Message(dsr.Record{Raw: []byte(c.raw)})
		var sides, rest []string
		for _, s := range m.Sides {
			said := strings.TrimSpace(string(s.Sender) + " " + s.Action)
			if s.Form != nil {
				said += " form"
			}
			sides = append(sides, strings.TrimSpace(said+": "+strings.Join(s.Texts, "|")))
		}
		for _, f := range m.Rest {
			rest = append(rest, f.Name)
		}
		if got := strings.Join(sides, " / "); got != c.want || strings.Join(rest, " ") != c.rest {
			t.Errorf("%s: got %q, rest %q; want %q, %q", name, got, rest, c.want, c.rest)
		}
	}
}
