package archive

import (
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
		"entry":         {`{"message_uuid":"m","content":"hello","created_at":5.0,"user":{"layer_id":"u"}}`, senderUser, false, "hello", "message_uuid user"},
		"empty entry":   {`{"message_uuid":"m","content":"","created_at":5,"user":null}`, senderUser, false, "", "message_uuid user"},
		"odd content":   {`{"message_uuid":"m","content":{"a":1}}`, senderUser, false, "", "message_uuid content"},
		"question":      {`{"uuid":"m","content":"hello","request_message_uuid":null,"agent_message_uuid":null,"conversation":{"uuid":"c"}}`, senderUser, false, "hello", "uuid request_message_uuid agent_message_uuid conversation"},
		"answer":        {`{"uuid":"b","content":"hi","request_message_uuid":"m","conversation":{"uuid":"c"}}`, senderBot, false, "hi", "uuid request_message_uuid conversation"},
		"live agent":    {`{"uuid":"b","content":"hi","request_message_uuid":null,"agent_message_uuid":"a","conversation":{"uuid":"c"}}`, senderUnknown, true, "hi", "uuid request_message_uuid agent_message_uuid conversation"},
		"other vendor":  {`{"_id":"1","type":"UserInput","userInput":"x","content":"y","uuid":"z","conversation":"c"}`, senderUser, false, "x", "_id content uuid conversation"},
		"neither of it": {`{"content":"y","uuid":"z"}`, senderUnknown, false, "", "content uuid"},
	} {
		m := readMessage(dsr.Record{Raw: []byte(c.raw), Time: time.Unix(5, 0)})
		var rest []string
		for _, f := range m.rest {
			rest = append(rest, f.name)
		}
		if m.sender != c.sender || m.liveAgent != c.live || strings.Join(m.texts, "|") != c.text || strings.Join(rest, " ") != c.rest {
			t.Errorf("%s: got %s, live %v, %q, rest %v", name, m.sender, m.liveAgent, m.texts, rest)
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
