package archive

import (
	"bytes"

	"dsr-server/internal/dsr"
)

// agents are the users under which a source's chatbot speaks. Of Avaamo's messages, one
// that answers nothing may be a person's question or the chatbot's greeting; only the
// user who sent it tells them apart.
type agents map[string]bool

func (a agents) sent(v *value) bool { return len(a) > 0 && a[userOf(v)] }

// userOf is who sent a message of Avaamo; empty if it does not say.
func userOf(v *value) string {
	id, _ := v.get("user").get("layer_id").str()
	return id
}

// talk notes who asks and who answers in one conversation.
type talk struct{ asks, answers map[string]bool }

func newTalk() talk { return talk{map[string]bool{}, map[string]bool{}} }

func (t talk) note(rec dsr.Record) {
	if !bytes.Contains(rec.Raw, []byte(`"request_message_uuid"`)) {
		return // another vendor's; no need to decode it
	}
	v := parse(rec.Raw)
	user := userOf(v)
	_, answer := v.get("request_message_uuid").str()
	_, live := v.get("agent_message_uuid").str()
	switch {
	case user == "" || live:
	case answer:
		t.answers[user] = true
	default:
		t.asks[user] = true
	}
}

// tell adds to a who answers here, if somebody else only asks: where all messages name
// the same user, that is whom they are about and not who speaks.
func (t talk) tell(a agents) {
	others := false
	for user := range t.asks {
		others = others || !t.answers[user]
	}
	for user := range t.answers {
		if others {
			a[user] = true
		}
	}
}
