package propose

import (
	"fmt"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
)

// talk is a conversation of a made-up vendor, and word a message of it.
func talk(n int, more string) []byte {
	return fmt.Appendf(nil, `{"key":{"ref":"k-%04d"},"began":"2025-03-%02dT10:00:00Z","ended":"2025-03-%02dT11:00:00Z","contact":{"email":"p%d@example.com","phone":"+49 170 %07d"},"closed_well":true%s}`, n, 1+n, 1+n, n, n, more)
}

func word(n int) []byte {
	return fmt.Appendf(nil, `{"nr":"m%d","belongs":"k-%04d","written":%d,"wrote":%q,"words":"Message %d is about order A-%d","lang":"en"}`,
		n, n%10, 1740787200+n, []string{"assistant", "customer"}[n%2], n, n)
}

func talks(more string) (all [][]byte) {
	for n := range 10 {
		all = append(all, talk(n, more))
	}
	return all
}

func words() (all [][]byte) {
	for n := range 30 {
		all = append(all, word(n))
	}
	return all
}

func TestFieldsAreProposedByWhatTheirValuesLookLike(t *testing.T) {
	t.Parallel()
	list := `,"log":{"lines":[` + `{"at":1740787200,"by":"bot","body":"How can I help you?"},{"at":1740787260,"by":"u-1","body":"My order has not come"}` + `]}`
	for name, c := range map[string]struct {
		conversations, messages [][]byte
		want                    string
	}{
		"two kinds of records": {talks(""), words(), `{conversations: {id: key.ref, start: began, last: ended, metadata: [contact]}, ` +
			`messages: {id: nr, conversation: belongs, time: written, sender: {member: wrote, bot: [assistant], user: [customer]}, text: [words]}}`},
		"messages inside": {talks(list), nil, `{conversations: {id: key.ref, start: began, last: ended, metadata: [contact]}, ` +
			`messages: {within: [log.lines], time: at, sender: {member: by, bot: [bot], user: ["*"]}, text: [body]}}`},
		"what is found beside objects": {[][]byte{[]byte(`{"id":"a","created":"2025-03-01T09:00:00Z","mail":"ana@example.com"}`), []byte(`{"id":"b","created":"2025-03-02T09:00:00Z","mail":"bo@example.com"}`)},
			[][]byte{[]byte(`{"id":"1","session":"a","time":1740787200,"role":"user","text":"Where is it?"}`), []byte(`{"id":"2","session":"b","time":1740787201,"role":"bot","text":"On its way."}`)},
			`{conversations: {id: id, start: created, metadata: ["."]}, messages: {id: id, conversation: session, time: time, sender: {member: role, bot: [bot], user: [user]}, text: [text]}}`},
	} {
		p := Of(c.conversations, c.messages)
		if p.Line() != c.want {
			t.Errorf("%s:\n%s\nwant\n%s\n%+v", name, p.Line(), c.want, p.Doubts)
		}
	}
}

// TestAShippedDeclarationIsProposed where its fields fit.
func TestAShippedDeclarationIsProposed(t *testing.T) {
	t.Parallel()
	p := Of([][]byte{[]byte(`{"_id":"c1","date_created":"2025-03-01T10:00:00Z","date_updated":"2025-03-01T10:00:00Z","variables":{"email":"ana@example.com"},"metavariables":{}}`)},
		[][]byte{[]byte(`{"_id":"m1","conversation_id":"c1","date_created":"2025-03-01T10:00:00Z","sender":"bot","message_data":{"body":"Hello"}}`)})
	if p.Line() != "ada" || len(p.Doubts) > 0 {
		t.Errorf("%q, %+v", p.Line(), p.Doubts)
	}
}

// TestWhatIsNotUnderstoodIsSaid, and nothing that a record says.
func TestWhatIsNotUnderstoodIsSaid(t *testing.T) {
	t.Parallel()
	addresses := `,"people":{"ana.secret@example.com":1,"Ana Secret":2}`
	for name, c := range map[string]struct {
		conversations, messages string
		want                    Doubt
	}{
		"no id":             {`{"began":1740787200,"contact":{"a":"x y"}}`, `{"id":"1","talk":"a","at":1740787200,"text":"Hello you"}`, Doubt{Missing, dsr.Conversations, "id", "", nil}},
		"no time":           {`{"id":"a","contact":{"a":"x y"}}`, `{"id":"1","talk":"a","at":1740787200,"text":"Hello you"}`, Doubt{Missing, dsr.Conversations, "start", "", nil}},
		"no messages":       {`{"id":"a","began":1740787200,"contact":{"a":"x y"}}`, ``, Doubt{Missing, dsr.Messages, "within", "", nil}},
		"ids of others":     {`{"id":"a","began":1740787200,"contact":{"a":"x y"}}`, `{"id":"1","talk":"b","at":1740787200,"text":"Hello you"}`, Doubt{Unlinked, dsr.Messages, "conversation", "", nil}},
		"two times":         {`{"id":"a","began":1740787200}`, `{"id":"1","talk":"a","seen":1740787200,"got":1740787201,"text":"Hello you"}`, Doubt{Several, dsr.Messages, "time", "got", []string{"seen"}}},
		"two texts":         {`{"id":"a","began":1740787200}`, `{"id":"1","talk":"a","at":1740787200,"body":"Hello you there","note":"He said hello"}`, Doubt{Several, dsr.Messages, "text", "body", []string{"note"}}},
		"what nobody takes": {`{"id":"a","began":1740787200}`, `{"id":"1","talk":"a","at":1740787200,"body":"Hello you there","rated":true}`, Doubt{Unplaced, dsr.Messages, "", "", []string{"rated"}}},
	} {
		conversation := strings.TrimSuffix(c.conversations, "}") + addresses + "}"
		var messages [][]byte
		if c.messages != "" {
			messages = [][]byte{[]byte(c.messages)}
		}
		p := Of([][]byte{[]byte(conversation)}, messages)
		said := fmt.Sprintf("%+v", p.Doubts)
		if !strings.Contains(said, fmt.Sprintf("%+v", c.want)) {
			t.Errorf("%s: %s; want %+v", name, said, c.want)
		}
		if all := said + p.Line(); strings.Contains(all, "ecret") || strings.Contains(all, "ello") {
			t.Errorf("%s: it tells what a record says: %s", name, all)
		}
	}
}
