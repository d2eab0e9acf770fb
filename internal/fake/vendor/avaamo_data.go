package vendor

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// AvaamoData is what one Avaamo agent holds. It never changes: a server that alters its
// data puts another in its place.
type AvaamoData struct {
	entries       []*avaamoRow // of the analytics: one for each thing a user said
	talk          []*avaamoRow // what user, agent and live agent said
	conversations []*avaamoRow
	storage       []*avaamoRow
}

// avaamoRow is a record and what places it.
type avaamoRow struct {
	raw   []byte
	id    string // message_uuid, uuid
	conv  string // conversation.uuid
	layer string // user.layer_id
	at    int64  // µs, of created_at
	seq   int    // arrival order
}

// AvaamoRecords are the records of an agent, in the order they arrived.
type AvaamoRecords struct {
	// Entries are rows of analytics messages.json: one for each query of a user, without
	// a conversation and without what was answered.
	Entries []json.RawMessage
	// Talk are messages of /v1: both sides, each naming its conversation.
	Talk []json.RawMessage
	// Conversations are the conversation objects of /v1/conversations/{uuid}.json.
	Conversations []json.RawMessage
	Storage       []json.RawMessage
}

// NewAvaamoData takes the records of one agent. Every one must be a JSON object; the
// bytes are kept as they are and must not be changed afterwards.
func NewAvaamoData(r AvaamoRecords) (*AvaamoData, error) {
	d := &AvaamoData{}
	for _, list := range []struct {
		name string
		from []json.RawMessage
		to   *[]*avaamoRow
	}{{"entry", r.Entries, &d.entries}, {"message", r.Talk, &d.talk}, {"conversation", r.Conversations, &d.conversations}, {"storage", r.Storage, &d.storage}} {
		for i, raw := range list.from {
			row, err := newAvaamoRow(raw, i)
			if err != nil {
				return nil, fmt.Errorf("%s %d: %w", list.name, i+1, err)
			}
			*list.to = append(*list.to, row)
		}
	}
	return d, nil
}

func newAvaamoRow(raw []byte, seq int) (*avaamoRow, error) {
	row := &avaamoRow{raw: raw, at: unplaced, seq: seq}
	err := eachMember(raw, func(name string, value member) {
		switch name {
		case "message_uuid", "uuid":
			row.id = value.text()
		case "created_at":
			row.at = instantOf(value.text())
		case "conversation":
			row.conv = inner(value.raw, "uuid")
		case "user":
			row.layer = inner(value.raw, "layer_id")
		}
	})
	return row, err
}

// inner is the text of a member of an object; empty where there is no object.
func inner(object []byte, name string) (text string) {
	_ = eachMember(object, func(n string, value member) {
		if n == name {
			text = value.text()
		}
	})
	return text
}

// Entries are all entries by created_at: what a complete search must have read.
func (d *AvaamoData) Entries() []json.RawMessage {
	return rowsRaw(d.entries, func(*avaamoRow) bool { return true })
}

// EntriesOf are the entries of one user, by created_at.
func (d *AvaamoData) EntriesOf(layerID string) []json.RawMessage {
	return rowsRaw(d.entries, func(r *avaamoRow) bool { return r.layer == layerID })
}

// TalkOf is what was said in a conversation, by created_at: what a complete answer about
// it must hold.
func (d *AvaamoData) TalkOf(conversation string) []json.RawMessage {
	return rowsRaw(d.talk, func(r *avaamoRow) bool { return r.conv == conversation })
}

// ConversationOf is the conversation in which the message was said; empty for none.
func (d *AvaamoData) ConversationOf(message string) string {
	for _, r := range d.talk {
		if r.id == message {
			return r.conv
		}
	}
	return ""
}

// Conversation is the record with this uuid.
func (d *AvaamoData) Conversation(uuid string) (json.RawMessage, bool) {
	for _, r := range d.conversations {
		if r.id == uuid {
			return r.raw, true
		}
	}
	return nil, false
}

func rowsRaw(rows []*avaamoRow, want func(*avaamoRow) bool) []json.RawMessage {
	out := []json.RawMessage{}
	for _, r := range slices.SortedFunc(slices.Values(rows), oldestRow) {
		if want(r) {
			out = append(out, r.raw)
		}
	}
	return out
}

func oldestRow(a, b *avaamoRow) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq))
}

// sessions make a row of sessions.json for each conversation: its first user and time.
func (d *AvaamoData) sessions() (out []*avaamoRow) {
	seen := map[string]bool{}
	for _, r := range slices.SortedFunc(slices.Values(d.talk), oldestRow) {
		if seen[r.conv] || r.conv == "" {
			continue
		}
		seen[r.conv] = true
		raw := fmt.Appendf(nil, `{"first_name":"You","last_name":"","layer_id":%s,"created_at":%s}`,
			quoted(r.layer), secondsText(r.at))
		out = append(out, &avaamoRow{raw: raw, layer: r.layer, at: r.at, seq: r.seq})
	}
	return out
}

// insights make a row of query_insights.json for each entry whose conversation is known.
func (d *AvaamoData) insights() (out []*avaamoRow) {
	talk := map[string]*avaamoRow{}
	for _, r := range d.talk {
		talk[r.id] = r
	}
	for _, e := range d.entries {
		said := talk[e.id]
		if said == nil {
			continue
		}
		query := "null"
		_ = eachMember(said.raw, func(name string, value member) {
			if name == "content" {
				query = string(value.raw)
			}
		})
		raw := fmt.Appendf(nil, `{"conversation_uuid":%s,"message_uuid":%s,"user":{"display_name":"You","id":%s},"user_query":%s,"created_at":%s}`,
			quoted(said.conv), quoted(e.id), quoted(e.layer), query, secondsText(e.at))
		out = append(out, &avaamoRow{raw: raw, id: e.id, layer: e.layer, at: e.at, seq: e.seq})
	}
	return out
}

func quoted(s string) []byte {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return raw
}

// secondsText writes a time as the vendor does: seconds with a fraction.
func secondsText(us int64) string {
	if us == unplaced {
		return "null"
	}
	return strconv.FormatFloat(float64(us)/1e6, 'f', -1, 64)
}
