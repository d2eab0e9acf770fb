package vendor

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
)

// Data is what one bot's export holds. It never changes: a server that alters its data
// puts another in its place, so one Data may serve many servers at once.
type Data struct {
	conversations list
	messages      list
}

// NewData takes the records of one bot, in the order they arrived. Every one must be a
// JSON object; the bytes are kept as they are and must not be changed afterwards.
func NewData(conversations, messages []json.RawMessage) (*Data, error) {
	return newData(len(conversations), len(messages),
		func(i int) []byte { return conversations[i] }, func(i int) []byte { return messages[i] })
}

func newData(nc, nm int, conversation, message func(i int) []byte) (*Data, error) {
	c, err := newHeld(nc, conversation)
	if err != nil {
		return nil, fmt.Errorf("conversation %w", err)
	}
	m, err := newHeld(nm, message)
	if err != nil {
		return nil, fmt.Errorf("message %w", err)
	}
	return &Data{conversations: c, messages: m}, nil
}

// Size counts the conversations and messages.
func (d *Data) Size() (conversations, messages int) {
	return d.conversations.len(), d.messages.len()
}

// Conversations are all records of that endpoint by startTime, as they are served.
func (d *Data) Conversations() []json.RawMessage { return raws(d.conversations) }

// Messages are all records of that endpoint by time, as they are served.
func (d *Data) Messages() []json.RawMessage { return raws(d.messages) }

// MessagesOf are the records whose conversationId is id, by time: what a complete answer
// about that conversation must hold.
func (d *Data) MessagesOf(id string) []json.RawMessage {
	return raws(d.messages.conversation(id))
}

// Conversation is the record with this _id; the last one if there are several.
func (d *Data) Conversation(id string) (json.RawMessage, bool) {
	for i := d.conversations.len() - 1; i >= 0; i-- {
		if d.conversations.id(i) == id {
			return d.conversations.raw(i), true
		}
	}
	return nil, false
}

func raws(l list) []json.RawMessage {
	out := make([]json.RawMessage, l.len())
	for i := range out {
		out[i] = l.raw(i)
	}
	return out
}

// list is the records of one endpoint in the order of (key, seq).
type list interface {
	len() int
	id(i int) string
	key(i int) int64
	last(i int) int64
	seq(i int) int64
	raw(i int) []byte
	conversation(id string) list // those of one conversation
}

// held is a list in memory, twice: in order of time, and by conversation for messages.
type held struct {
	asc    []*record
	byConv []*record // nil for a part of another held
}

func newHeld(n int, raw func(i int) []byte) (*held, error) {
	h := &held{asc: make([]*record, n)}
	for i := range n {
		rec, err := newRecord(raw(i), int64(i))
		if err != nil {
			return nil, fmt.Errorf("%d: %w", i+1, err)
		}
		h.asc[i] = rec
	}
	h.sort()
	return h, nil
}

func (h *held) sort() {
	slices.SortFunc(h.asc, byTime)
	h.byConv = slices.Clone(h.asc)
	slices.SortFunc(h.byConv, byConversation)
}

func byTime(a, b *record) int {
	return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.seq, b.seq))
}

func byConversation(a, b *record) int {
	return cmp.Or(cmp.Compare(a.conv, b.conv), byTime(a, b))
}

func (h *held) len() int         { return len(h.asc) }
func (h *held) id(i int) string  { return h.asc[i].id }
func (h *held) key(i int) int64  { return h.asc[i].key }
func (h *held) last(i int) int64 { return h.asc[i].last }
func (h *held) seq(i int) int64  { return h.asc[i].seq }
func (h *held) raw(i int) []byte { return h.asc[i].raw }

func (h *held) conversation(id string) list {
	from := sort.Search(len(h.byConv), func(i int) bool { return h.byConv[i].conv >= id })
	to := from
	for to < len(h.byConv) && h.byConv[to].conv == id {
		to++
	}
	return &held{asc: h.byConv[from:to]}
}

// change returns h without the records drop names and with add, sorted anew.
func (h *held) change(drop func(*record) bool, add ...*record) *held {
	out := &held{asc: make([]*record, 0, len(h.asc)+len(add))}
	for _, rec := range h.asc {
		if drop == nil || !drop(rec) {
			out.asc = append(out.asc, rec)
		}
	}
	out.asc = append(out.asc, add...)
	out.sort()
	return out
}

// nextSeq is larger than every seq in h.
func (h *held) nextSeq() int64 {
	next := int64(0)
	for _, rec := range h.asc {
		next = max(next, rec.seq+1)
	}
	return next
}

// lines splits NDJSON without copying; blank lines are none.
func lines(text []byte) [][]byte {
	var out [][]byte
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			out = append(out, line)
		}
	}
	return out
}
