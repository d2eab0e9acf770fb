package export

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"dsr-server/internal/dsr"
)

// entryID keeps an entry apart from the message of the same uuid: both are kept.
func entryID(uuid string) string {
	if uuid == "" {
		return ""
	}
	return "entry " + uuid
}

// judge implements pager.
func (a *Avaamo) judge(q query, record json.RawMessage, w Wanted) (Record, error) {
	kind := dsr.Message
	if q.ask.Kind == dsr.ByConversation && q.cursor == "" { // who takes part; see fetch
		kind = dsr.Conversation
	}
	return decide(kind, record, w)
}

// Plan implements Source. Conversations asked for by id need no search; where they cannot
// be asked for, a search for nothing else has ended.
func (a *Avaamo) Plan(_ context.Context, ask Ask) (p dsr.SearchPlan, err error) {
	if ask.Stage != dsr.StageConversations {
		return p, nil // what an entry belongs to is asked for entry by entry
	}
	p.Interval, p.Margin = ask.Source.Want(ask.Request.Window, ask.AsOf, ask.Source.Margin), ask.Source.Margin
	ids := idsOf(ask.Request)
	if len(ids) == 0 {
		return p, nil
	}
	if ask.Request.Screens() { // the list does not say which conversation an entry belongs to
		p.Refused = []dsr.Reason{idUnsupported}
		return p, nil
	}
	if len(ask.Request.ConversationIDs()) > 0 {
		p.Interval = dsr.Nothing
	}
	if a.Joined() {
		for _, id := range ids {
			q := whole(id)
			q.Interval.End = max(q.Interval.Start, ask.AsOf.Unix())
			p.Asks = append(p.Asks, q)
		}
		return p, nil
	}
	if p.Interval.Empty() {
		p.Ended, p.Reasons = true, []dsr.Reason{idUnsupported}
		return p, nil
	}
	p.Refused = []dsr.Reason{idUnsupported}
	return p, nil
}

var idUnsupported = dsr.Reason{
	Code:   dsr.ReasonIDUnsupported,
	Detail: "the vendor's entries do not say to which conversation they belong, so a conversation cannot be found by its id",
}

// idsOf are the conversation ids among the selectors, each once.
func idsOf(r dsr.Request) (ids []string) {
	for _, s := range r.Selectors {
		if id := s.ConversationID; id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// Open implements Source.
func (a *Avaamo) Open(_ context.Context, u dsr.Unit, w Wanted) (Reader, error) {
	return newPageReader(a, u, w), nil
}

// NothingListed implements Source. A vendor that takes times in another unit, or ignores
// them, lists nothing either.
func (a *Avaamo) NothingListed(s dsr.Source) *dsr.Reason {
	return &dsr.Reason{
		Code:   dsr.ReasonWindowUnproven,
		Detail: "the vendor lists no entry at all since " + s.Earliest.Format(time.RFC3339) + ", so it is not proven that it searched the right interval",
	}
}

// around is how far on each side of an entry its message is looked for: the analytics
// round to seconds.
const around = 2 * time.Second

// Expand implements Source.
func (a *Avaamo) Expand(q dsr.MessageQuery, r Record, why []dsr.Why) Expansion {
	switch q.Kind {
	case dsr.ByUtterance:
		return led(q.ID, r)
	case dsr.ByConversation:
		return answered(q, r)
	}
	return a.found(r, why)
}

// found is what is kept of an entry that belongs to a request.
func (a *Avaamo) found(r Record, why []dsr.Why) Expansion {
	f := r.Facts
	group := unknownGroup(f.Sender)
	x := Expansion{
		Keep:  []dsr.Record{{Kind: dsr.Message, ID: entryID(f.ID), ConversationID: group.ID, Time: f.Time, Raw: r.Raw}},
		Group: &group, Weak: weak(why),
	}
	if a.Joined() && f.ID != "" && !f.Time.IsZero() {
		near := dsr.Interval{Start: f.Time.Add(-around).Unix(), End: f.Time.Add(around + time.Second).Unix()}
		x.Next = []dsr.MessageQuery{{Kind: dsr.ByUtterance, ID: f.ID, Interval: near}}
	}
	return x
}

// weak reports whether something was found only by a first name: many people share one,
// and the vendor puts "You" where it knows none.
func weak(why []dsr.Why) bool {
	return !slices.ContainsFunc(why, func(w dsr.Why) bool { return w.Path != "user.first_name" })
}

// answered is what is kept of a conversation that was asked for.
func answered(q dsr.MessageQuery, r Record) (x Expansion) {
	f := r.Facts
	if r.Kind == dsr.Conversation {
		f = avaamoParticipants.Facts(r.Raw)
		x.Keep = []dsr.Record{{Kind: dsr.Conversation, ID: q.ID, ConversationID: q.ID, Start: f.Start, LastAction: f.LastAction, Raw: r.Raw}}
		return x
	}
	if f.ConversationID != "" && f.ConversationID != q.ID {
		return x // another conversation's, and so perhaps another person's
	}
	x.Keep = []dsr.Record{{Kind: dsr.Message, ID: f.ID, ConversationID: q.ID, Time: f.Time, Raw: r.Raw}}
	if f.ID != "" { // what the analytics said of it belongs here too
		x.Moves = []Move{{entryID(f.ID), q.ID}}
	}
	return x
}

// led is the answer to a question about an entry: its conversation. Without an answer the
// entry stays where it is.
func led(uuid string, r Record) Expansion {
	conversation := r.Facts.ConversationID
	return Expansion{
		Moves: []Move{{entryID(uuid), conversation}},
		Keep:  []dsr.Record{derived(conversation, map[string]any{"conversation": map[string]string{"uuid": conversation}})},
		Next:  []dsr.MessageQuery{whole(conversation)},
	}
}

// whole asks for all of a conversation, whatever the window of the request.
func whole(conversationID string) dsr.MessageQuery {
	return dsr.MessageQuery{Kind: dsr.ByConversation, ID: conversationID, Interval: dsr.Interval{Start: 1}}
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
