package export

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// leadPrefix begins the ConversationID of a question about an entry. No conversation's id
// begins with it: it holds a character that would have to be escaped in a path.
const leadPrefix = "entry\x1f"

// readLead returns the entry that a question is about.
func readLead(conversationID string) (uuid string, ok bool) {
	return strings.CutPrefix(conversationID, leadPrefix)
}

// entryID keeps an entry apart from the message of the same uuid: both are kept.
func entryID(uuid string) string {
	if uuid == "" {
		return ""
	}
	return "entry " + uuid
}

// Weak implements Entries: many people share a first name, and the vendor puts "You" where
// it knows none.
func (a *Avaamo) Weak(path string) bool { return path == "user.first_name" }

// Assumes implements Entries.
func (a *Avaamo) Assumes() []string {
	out := []string{
		"the vendor lists each thing a user said with its time, in Unix " + a.cfg.Unit.words() + " (the setting timetoken_unit); that every one lay in the range asked for was checked, and that their number was the vendor's own total",
	}
	if !a.Joined() {
		out = append(out, "only what users said is exported: what the bot or a live agent answered is missing, and so is which conversation an entry belongs to (there is no agent_token_file)")
	}
	return out
}

func (u TimeUnit) words() string {
	switch u {
	case Milliseconds:
		return "milliseconds"
	case Microseconds:
		return "microseconds"
	}
	return "seconds"
}

// around is how far on each side of an entry its message is looked for: the analytics
// round to seconds.
const around = 2 * time.Second

// Found implements Entries.
func (a *Avaamo) Found(entry json.RawMessage) Trail {
	f := avaamoEntry.Facts(entry)
	group := unknownGroup(f.Sender)
	t := Trail{
		Keep:  []dsr.Record{{Kind: dsr.Message, ID: entryID(f.ID), ConversationID: group.ID, Time: f.Time, Raw: entry}},
		Group: &group,
	}
	if a.Joined() && f.ID != "" && !f.Time.IsZero() {
		t.Next = []Follow{{ConversationID: leadPrefix + f.ID, Start: f.Time.Add(-around).Unix(), End: f.Time.Add(around + time.Second).Unix()}}
	}
	return t
}

// Followed implements Entries.
func (a *Avaamo) Followed(q Query, p Page) Trail {
	if uuid, ok := readLead(q.ConversationID); ok {
		return a.led(uuid, p)
	}
	var t Trail
	for _, record := range p.Records {
		if q.Cursor == "" { // who takes part; see Fetch
			f := avaamoParticipants.Facts(record)
			t.Keep = append(t.Keep, dsr.Record{Kind: dsr.Conversation, ID: q.ConversationID, ConversationID: q.ConversationID, Start: f.Start, LastAction: f.LastAction, Raw: record})
			continue
		}
		f := avaamoTalk.Facts(record)
		if f.ConversationID != "" && f.ConversationID != q.ConversationID {
			continue // another conversation's, and so perhaps another person's
		}
		t.Keep = append(t.Keep, dsr.Record{Kind: dsr.Message, ID: f.ID, ConversationID: q.ConversationID, Time: f.Time, Raw: record})
		if f.ID != "" { // what the analytics said of it belongs here too
			t.Move = append(t.Move, Move{entryID(f.ID), q.ConversationID})
		}
	}
	return t
}

// led is the answer to a question about an entry: its conversation, or nothing, and then
// the entry stays where it is.
func (a *Avaamo) led(uuid string, p Page) (t Trail) {
	for _, record := range p.Records {
		conversation := avaamoTalk.Facts(record).ConversationID
		t.Move = append(t.Move, Move{entryID(uuid), conversation})
		t.Keep = append(t.Keep, derived(conversation, map[string]any{"conversation": map[string]string{"uuid": conversation}}))
		t.Next = append(t.Next, a.Whole(conversation))
	}
	return t
}

// Whole implements Entries: all of it, whatever the window of the request.
func (a *Avaamo) Whole(conversationID string) Follow {
	return Follow{ConversationID: conversationID, Start: 1}
}

// unknownConversation is the id of the group that holds a user's entries whose
// conversation is not known. An entry that names no user stands with others like it.
func unknownConversation(layer string) string {
	if layer == "" {
		return "conversation unknown, user unknown"
	}
	return "conversation unknown, user " + layer
}

// unknownGroup is the record of such a group. It has no time: it is no conversation.
func unknownGroup(layer string) dsr.Record {
	said := map[string]any{"conversation": "unknown", "user": map[string]any{"layer_id": nil}}
	if layer != "" {
		said["user"] = map[string]any{"layer_id": layer}
	}
	return derived(unknownConversation(layer), said)
}

// derived is a record that the vendor did not send, and that says so.
func derived(id string, said map[string]any) dsr.Record {
	said["_id"] = id
	rest, err := json.Marshal(said) // in the order of the keys
	if err != nil {
		panic(err) // strings and maps of them always marshal
	}
	raw := slices.Concat([]byte(dsr.DerivedMark), bytes.TrimPrefix(rest, []byte("{")))
	return dsr.Record{Kind: dsr.Conversation, ID: id, ConversationID: id, Raw: raw}
}
