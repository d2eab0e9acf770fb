package declared

import (
	"encoding/json"
	"errors"

	"dsr-server/internal/record"
)

// writtenFields are Fields in the form of a declaration.
type writtenFields struct {
	Conversations writtenConversation `json:"conversations"`
	Messages      writtenMessage      `json:"messages"`
}

type writtenConversation struct {
	ID       string   `json:"id,omitempty"`
	Start    string   `json:"start,omitempty"`
	Last     string   `json:"last,omitempty"`
	Metadata []string `json:"metadata,omitempty"`
	Partial  string   `json:"partial,omitempty"`
}

type writtenMessage struct {
	Within       []string      `json:"within,omitempty"`
	Count        string        `json:"count,omitempty"`
	ID           string        `json:"id,omitempty"`
	Conversation string        `json:"conversation,omitempty"`
	Time         string        `json:"time,omitempty"`
	Sender       *writtenSides `json:"sender,omitempty"`
	Text         []string      `json:"text,omitempty"`
	TextIs       string        `json:"text_is,omitempty"`
	Files        []string      `json:"files,omitempty"`
}

type writtenSides struct {
	Member string   `json:"member"`
	Bot    []string `json:"bot,omitempty"`
	Agent  []string `json:"agent,omitempty"`
	User   []string `json:"user,omitempty"`
}

// MarshalJSON writes the fields so that ParseFields reads the same. The same fields are always
// the same bytes.
func (f Fields) MarshalJSON() ([]byte, error) {
	c, m := f.Conversation, f.Message
	w := writtenFields{
		writtenConversation{written(c.ID), written(c.Start), written(c.Last), writtenAll(c.Metadata), written(c.Partial)},
		writtenMessage{
			Within: writtenAll(f.Within), Count: written(f.Count), ID: written(m.ID), Conversation: written(m.Conversation), Time: written(m.Time),
			Sender: m.Sender.written(), Text: writtenAll(m.Text), Files: writtenAll(m.Files),
		},
	}
	if m.HTML {
		w.Messages.TextIs = "html"
	}
	return json.Marshal(w)
}

func written(p record.Path) string {
	if p == nil {
		return ""
	}
	return p.String()
}

func writtenAll(paths []record.Path) (all []string) {
	for _, p := range paths {
		all = append(all, p.String())
	}
	return all
}

func (s Sender) written() *writtenSides {
	if s.Member == nil {
		return nil
	}
	says := func(r Role) []string {
		if s.Rest == r {
			return append(s.Says[r][:len(s.Says[r]):len(s.Says[r])], "*")
		}
		return s.Says[r]
	}
	return &writtenSides{s.Member.String(), says(Bot), says(Agent), says(User)}
}

// ParseFields reads what MarshalJSON has written. Its error says what is wrong first.
func ParseFields(text []byte) (Fields, error) {
	t, err := plant(text)
	if err != nil {
		return Fields{}, err
	}
	f := &faults{}
	fields := f.fields(t)
	if len(f.all) > 0 {
		return Fields{}, errors.New(f.all[0].Path + ": " + f.all[0].Text)
	}
	return fields, nil
}
