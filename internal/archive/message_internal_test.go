package archive

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

func TestWhoSpeaksInNumberedMessages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw    string
		sender sender
		live   bool
		text   string
		rest   string // names of the fields left
	}{
		"entry":         {`{"message_uuid":"m","content":"hello","created_at":5.0,"user":{"layer_id":"u"}}`, senderUser, false, "hello", "user"},
		"empty entry":   {`{"message_uuid":"m","content":"","created_at":5,"user":null}`, senderUser, false, "", ""},
		"odd content":   {`{"message_uuid":"m","content":{"a":1}}`, senderUser, false, "", "content"},
		"question":      {`{"uuid":"m","content":"hello","request_message_uuid":null,"agent_message_uuid":null,"conversation":{"uuid":"c"}}`, senderUser, false, "hello", "conversation"},
		"answer":        {`{"uuid":"m","content":"hi","request_message_uuid":"m","conversation":{"uuid":"c"}}`, senderBot, false, "hi", "request_message_uuid conversation"},
		"live agent":    {`{"uuid":"m","content":"hi","request_message_uuid":null,"agent_message_uuid":"a","conversation":{"uuid":"c"}}`, senderUnknown, true, "hi", "agent_message_uuid conversation"},
		"whole text":    {`{"uuid":"m","content":"x","content_type":"text","sequence":"1/1","timetoken":5000000,"conversation":{"uuid":"c","locale":null}}`, senderUser, false, "x", "conversation"},
		"half a text":   {`{"uuid":"n","content":"x","content_type":"text","sequence":"1/2","read_acks":[],"conversation":{"uuid":"c"}}`, senderUser, false, "x", "uuid sequence conversation"},
		"agent unasked": {`{"uuid":"m","content":"hi","request_message_uuid":null,"user":{"layer_id":"bot"},"conversation":{"uuid":"c"}}`, senderBot, false, "hi", "user conversation"},
		"other vendor":  {`{"_id":"1","type":"UserInput","userInput":"x","content":"y","uuid":"z","conversation":"c"}`, senderUser, false, "x", "_id content uuid conversation"},
		"neither of it": {`{"content":"y","uuid":"z"}`, senderUnknown, false, "", "content uuid"},
	} {
		m := readMessage(dsr.Record{ID: "m", Raw: []byte(c.raw), Time: time.Unix(5, 0)}, agents{"bot": true})
		var rest []string
		for _, f := range m.rest {
			rest = append(rest, f.name)
		}
		if m.sender != c.sender || m.liveAgent != c.live || strings.Join(m.texts, "|") != c.text || strings.Join(rest, " ") != c.rest {
			t.Errorf("%s: got %s, live %v, %q, rest %v", name, m.sender, m.liveAgent, m.texts, rest)
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
		who, bots := newTalk(), agents{}
		for _, rec := range c.said {
			who.note(rec)
		}
		who.tell(bots)
		if got := strings.Join(slices.Collect(maps.Keys(bots)), " "); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestGroupOfUnknownConversationSaysSo(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"derived":true,"_id":"x","conversation":"unknown","user":{"layer_id":"u1"}}`: "Conversation unknown, user u1",
		`{"derived":true,"_id":"x","conversation":"unknown","user":{"layer_id":null}}`: "Conversation unknown, user unknown",
		`{"derived":true,"_id":"x","conversation":{"uuid":"c"}}`:                       "",
		`{"_id":"x","conversation":"unknown","user":{"layer_id":"u1"}}`:                "",
	} {
		p := &packer{texts: english}
		if got := p.groupTitle(dsr.Record{Raw: []byte(raw)}); got != want {
			t.Errorf("%s: got %q, want %q", raw, got, want)
		}
	}
}
