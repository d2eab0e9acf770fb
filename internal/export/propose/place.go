package propose

import (
	"cmp"
	"slices"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// Words that fields are called by, the likeliest first, without _ and -.
var (
	idWords           = []string{"id", "oid", "uuid", "guid", "key", "conversationid", "sessionid", "messageid", "ref", "number"}
	conversationWords = []string{"conversation", "session", "chat", "thread", "talk", "ticket", "dialog", "dialogue"}
	startWords        = []string{"start", "began", "begin", "created", "opened", "first"}
	lastWords         = []string{"last", "ended", "end", "closed", "updated", "modified", "changed"}
	timeWords         = []string{"time", "at", "timestamp", "date", "sent", "created"}
)

// findMessages makes the table of messages: of their own records, or of the list of objects
// inside conversations that says most and when.
func (w *placing) findMessages(messages [][]byte) {
	if len(messages) > 0 {
		w.messages = tableOf(messages)
		return
	}
	said := 0
	for _, c := range w.conversations.columns {
		if len(c.items) == 0 {
			continue
		}
		inside := tableOf(c.items)
		text := inside.longest(nil)
		if text == nil || len(inside.where(inside.timed)) == 0 || text.length <= said {
			continue
		}
		said = text.length
		w.messages, w.fields.Within = inside, []record.Path{c.path}
	}
	if w.messages == nil {
		w.doubt(Missing, dsr.Messages, "within", nil, nil)
	}
}

// ids places the ids of both kinds. The id of a conversation is the one that messages name.
func (w *placing) ids() {
	c, m := &w.fields.Conversation, &w.fields.Message
	own := w.conversations.where(w.conversations.tells)
	if w.messages == nil || len(w.fields.Within) > 0 {
		c.ID = w.choose(dsr.Conversations, "id", idWords, own)
	} else if id, of := w.link(own); id != nil {
		c.ID, m.Conversation = id.path, of.path
	} else {
		w.doubt(Unlinked, dsr.Messages, "conversation", nil, nil)
		c.ID = w.choose(dsr.Conversations, "id", idWords, own)
		m.Conversation = w.choose(dsr.Messages, "conversation", conversationWords, w.messages.where(func(c *column) bool {
			return c.scalars == w.messages.records && c.named(conversationWords) < unnamed
		}))
	}
	if w.messages == nil {
		return
	}
	names := w.messages.where(func(c *column) bool { return w.messages.tells(c) && !same(c.path, m.Conversation) })
	if len(names) > 0 || len(w.fields.Within) == 0 { // inside a conversation a message's place will do
		m.ID = w.choose(dsr.Messages, "id", idWords, names)
	}
}

// link finds the field of conversations, and that of messages, whose values are the same most
// often; by their names where there are several.
func (w *placing) link(ids []*column) (id, of *column) {
	type pair struct {
		id, of *column
		shared int
	}
	var pairs []pair
	for _, id := range ids {
		for _, of := range w.messages.columns {
			if n := shared(id, of); n > 0 {
				pairs = append(pairs, pair{id, of, n})
			}
		}
	}
	if len(pairs) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(pairs, func(a, b pair) int {
		return cmp.Or(b.shared-a.shared, a.of.named(conversationWords)-b.of.named(conversationWords), a.id.named(idWords)-b.id.named(idWords))
	})
	return pairs[0].id, pairs[0].of
}

// shared is how many messages have a value that is one of the ids.
func shared(id, of *column) (n int) {
	for value, times := range of.values {
		if id.values[value] > 0 {
			n += times
		}
	}
	return n
}

// times places the times of both kinds: of a conversation's the earliest and the latest.
func (w *placing) times() {
	t := w.conversations
	times := t.where(t.timed)
	if len(times) == 0 {
		w.doubt(Missing, dsr.Conversations, "start", nil, nil)
	} else {
		times = highest(times)
		slices.SortStableFunc(times, earlier)
		w.fields.Conversation.Start = times[0].path
		w.last(times[0])
	}
	if w.messages != nil {
		w.fields.Message.Time = w.choose(dsr.Messages, "time", timeWords, w.messages.where(w.messages.timed))
	}
}

// last places the latest time, which conversations that go on may lack.
func (w *placing) last(start *column) {
	ends := w.conversations.where(func(c *column) bool {
		return len(c.path) == len(start.path) && c != start && c.in > 0 && 2*c.in >= w.conversations.records && len(c.instants) == c.in && earlier(start, c) <= 0
	})
	if len(ends) > 0 {
		w.fields.Conversation.Last = slices.MaxFunc(ends, earlier).path
	}
}

// earlier compares two times by the records that have both, and where these do not tell by
// their names.
func earlier(a, b *column) int {
	before := 0
	for n, at := range a.instants {
		if other, has := b.instants[n]; has {
			before += at.Compare(other)
		}
	}
	return cmp.Or(before, a.named(startWords)-b.named(startWords), b.named(lastWords)-a.named(lastWords))
}

func same(a, b record.Path) bool { return slices.Equal(a, b) }
