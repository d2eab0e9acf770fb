package vendor

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// RestRecord is one conversation as a vendor exports it, and what was said in it.
type RestRecord struct {
	ID          string
	Start, Last time.Time // zero: it has none that can be read
	Raw         json.RawMessage
	Detail      json.RawMessage // of a vendor that shows a conversation by itself
	Messages    []RestMessage
}

// RestMessage is one message, whether in a list of its own or inside of its conversation.
type RestMessage struct {
	ID  string
	At  time.Time
	Raw json.RawMessage
}

// RestData is what the account of a [Rest] vendor holds. It never changes: a server that
// alters its data puts another in its place.
type RestData struct {
	records       []RestRecord
	conversations *held
	messages      *held
	details       map[string]json.RawMessage
}

// NewRestData takes the records of one account, in the order they arrived. Every one must
// be a JSON object; the bytes are kept as they are and must not be changed afterwards.
func NewRestData(records []RestRecord) (*RestData, error) {
	for i, r := range records {
		if err := eachMember(r.Raw, func(string, member) {}); err != nil {
			return nil, fmt.Errorf("conversation %d: %w", i+1, err)
		}
	}
	return newRestData(records), nil
}

func newRestData(records []RestRecord) *RestData {
	d := &RestData{records: records, conversations: &held{}, messages: &held{}, details: map[string]json.RawMessage{}}
	seq := int64(0)
	for i, r := range records {
		start, last := placeAt(r.Start), placeAt(r.Last)
		switch unplaced {
		case start:
			start = last
		case last:
			last = start
		}
		d.conversations.asc = append(d.conversations.asc, &record{raw: r.Raw, id: r.ID, key: start, last: last, seq: int64(i)})
		if r.Detail != nil {
			d.details[r.ID] = r.Detail
		}
		for _, m := range r.Messages {
			at := placeAt(m.At)
			d.messages.asc = append(d.messages.asc, &record{raw: m.Raw, id: m.ID, conv: r.ID, key: at, last: at, seq: seq})
			seq++
		}
	}
	d.conversations.sort()
	d.messages.sort()
	return d
}

func placeAt(t time.Time) int64 {
	if t.IsZero() {
		return unplaced
	}
	return t.UnixMicro()
}

// Conversations are all records of conversations by their start, as they are served.
func (d *RestData) Conversations() []json.RawMessage { return raws(d.conversations) }

// Messages are all messages by their time.
func (d *RestData) Messages() []json.RawMessage { return raws(d.messages) }

// MessagesOf are the messages of a conversation by their time: what a complete answer about
// it must hold.
func (d *RestData) MessagesOf(id string) []json.RawMessage { return raws(d.messages.conversation(id)) }

// Conversation is the record with this id; the last one if there are several.
func (d *RestData) Conversation(id string) (json.RawMessage, bool) {
	for _, r := range slices.Backward(d.records) {
		if r.ID == id {
			return r.Raw, true
		}
	}
	return nil, false
}

// Data is what the account holds now.
func (s *Rest) Data() *RestData {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data
}

// Put adds records, as if they had arrived now; one with a known id takes its place.
func (s *Rest) Put(records ...RestRecord) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := slices.Clone(s.data.records)
	for _, r := range records {
		if i := slices.IndexFunc(next, func(old RestRecord) bool { return old.ID == r.ID }); i >= 0 {
			next[i] = r
		} else {
			next = append(next, r)
		}
	}
	s.data = newRestData(next)
}

// Delete removes conversations and what was said in them.
func (s *Rest) Delete(ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = newRestData(slices.DeleteFunc(slices.Clone(s.data.records), func(r RestRecord) bool { return slices.Contains(ids, r.ID) }))
}
