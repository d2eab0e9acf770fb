package vendor

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// errGenerated refuses to change data that is made up as it is read.
var errGenerated = errors.New("fake vendor: synthetic data cannot be changed")

// Data is what a bot holds now; nil for an unknown bot. Empty names the default bot.
func (s *Server) Data(name string) *Data {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.bots[s.botName(name)]; b != nil {
		return b.data
	}
	return nil
}

func (s *Server) botName(name string) string {
	if name == "" {
		return s.options.Bot
	}
	return name
}

// Append adds records to a bot, as if they had arrived now. Empty names the default bot.
func (s *Server) Append(name string, conversations, messages []json.RawMessage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.bots[s.botName(name)]
	if b == nil {
		return fmt.Errorf("fake vendor: no bot %q", name)
	}
	return s.change(s.botName(name), nil, conversations, messages)
}

// Touch sets a conversation's lastActionAt, as another message or a tag would.
func (s *Server) Touch(conversation string, at time.Time) error {
	value := json.RawMessage(at.UTC().Format(`"2006-01-02T15:04:05.000000"`))
	return s.edit(conversation, func(raw []byte) ([]byte, error) {
		return setMember(raw, "lastActionAt", value)
	})
}

// Replace puts raw in the place of the record with the same _id, conversation or message:
// changed tags, masked metadata.
func (s *Server) Replace(raw json.RawMessage) error {
	rec, err := newRecord(raw, 0)
	if err != nil {
		return fmt.Errorf("fake vendor: the record: %w", err)
	}
	return s.edit(rec.id, func([]byte) ([]byte, error) { return raw, nil })
}

// Delete removes the conversations and messages with these ids, and the messages of such
// conversations. An id nobody has is an error, after the others are gone.
func (s *Server) Delete(ids ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	hit := map[string]bool{}
	drop := func(rec *record) bool {
		gone := slices.Contains(ids, rec.id)
		if gone {
			hit[rec.id] = true
		}
		return gone || slices.Contains(ids, rec.conv)
	}
	for name := range s.bots {
		if err := s.change(name, drop, nil, nil); err != nil {
			return err
		}
	}
	for _, id := range ids {
		if !hit[id] {
			return fmt.Errorf("fake vendor: no record %q to delete", id)
		}
	}
	return nil
}

// edit replaces the record with this _id by what make makes of it, in its place in arrival
// order.
func (s *Server) edit(id string, make func([]byte) ([]byte, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, b := range s.bots {
		for _, endpoint := range []string{Conversations, Messages} {
			h, ok := b.list(endpoint).(*held)
			if !ok {
				continue
			}
			i := slices.IndexFunc(h.asc, func(rec *record) bool { return rec.id == id })
			if i < 0 {
				continue
			}
			old := h.asc[i]
			raw, err := make(old.raw)
			if err != nil {
				return fmt.Errorf("fake vendor: change a record: %w", err)
			}
			rec, err := newRecord(raw, old.seq)
			if err != nil {
				return fmt.Errorf("fake vendor: change a record: %w", err)
			}
			s.put(name, endpoint, h.change(func(r *record) bool { return r == old }, rec))
			return nil
		}
	}
	return fmt.Errorf("fake vendor: no record %q to change", id)
}

// change drops and adds records of one bot.
func (s *Server) change(name string, drop func(*record) bool, conversations, messages []json.RawMessage) error {
	changed := map[string]*held{}
	for endpoint, add := range map[string][]json.RawMessage{Conversations: conversations, Messages: messages} {
		h, ok := s.bots[name].list(endpoint).(*held)
		if !ok {
			return errGenerated
		}
		next, records := h.nextSeq(), make([]*record, len(add))
		for i, raw := range add {
			rec, err := newRecord(raw, next+int64(i))
			if err != nil {
				return fmt.Errorf("fake vendor: %s %d: %w", endpoint, i+1, err)
			}
			records[i] = rec
		}
		changed[endpoint] = h.change(drop, records...)
	}
	for endpoint, h := range changed {
		s.put(name, endpoint, h)
	}
	return nil
}

func (b *bot) list(endpoint string) list {
	if endpoint == Messages {
		return b.data.messages
	}
	return b.data.conversations
}

// put gives the bot a new list; pages being cut from the old one are not disturbed.
func (s *Server) put(name, endpoint string, h *held) {
	d := *s.bots[name].data
	if endpoint == Messages {
		d.messages = h
	} else {
		d.conversations = h
	}
	s.bots[name] = s.newBot(&d)
}
