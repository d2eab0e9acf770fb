package export

import (
	"encoding/json"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/record"
)

// A declared path at which no record has anything is a sign that the vendor changed the shape
// of its records. Each batch marks what was looked at, and at which of the paths something
// stood. Marks are committed with their batch, so that they outlive a restart.

// shapePart is a kind of thing that records show, by the mark that it was looked at.
type shapePart string

const (
	shapeListed   shapePart = "conversations were read" // and searched
	shapeHolding  shapePart = dsr.MarkHolders           // for the messages in them
	shapeMessages shapePart = "messages were read"
)

// shapePath is a declared path, by the mark that something stood there.
type shapePath struct {
	part  shapePart
	mark  string
	path  record.Path
	is    func(raw []byte, path record.Path) bool // whether something stands there
	both  bool                                    // it may as well stand in the other record of a conversation
	holds bool                                    // it is a place of messages
}

const somethingAt = "there is " // the path's key in the declaration, and the path

// shapePaths are the declared paths whose absence would go unnoticed.
func shapePaths(f declared.Fields) (all []shapePath) {
	add := func(like shapePath, key string, paths ...record.Path) {
		for _, p := range paths {
			if len(p) > 0 {
				like.mark, like.path = somethingAt+key+" "+p.String(), p
				all = append(all, like)
			}
		}
	}
	add(shapePath{part: shapeListed, is: searchedAt}, "conversations.metadata", f.Conversation.Metadata...)
	add(shapePath{part: shapeListed, is: saidAt, both: true}, "conversations.partial", f.Conversation.Partial)
	add(shapePath{part: shapeHolding, is: messagesAt, holds: true}, "messages.within", f.Within...)
	add(shapePath{part: shapeHolding, is: saidAt, both: true}, "messages.count", f.Count)
	add(shapePath{part: shapeMessages, is: saidAt}, "messages.text", f.Message.Text...)
	add(shapePath{part: shapeMessages, is: saidAt}, "messages.sender.member", f.Message.Sender.Member)
	return all
}

// shape takes in the shape of a batch's records. Of those that follow one with everything
// hardly anything is read.
type shape struct {
	within  []record.Path
	missing []shapePath // nothing has stood there yet
	marks   map[string]int64
}

func newShape(f declared.Fields) *shape { return &shape{within: f.Within, missing: shapePaths(f)} }

// conversation takes in one that is searched, but not what it holds.
func (s *shape) conversation(raw []byte) { s.look(shapeListed, raw) }

// message takes in a message.
func (s *shape) message(raw []byte) { s.look(shapeMessages, raw) }

// holding takes in a conversation with its messages inside.
func (s *shape) holding(raw []byte) {
	if len(s.within) == 0 {
		return
	}
	s.look(shapeHolding, raw)
	if s.marks[string(shapeMessages)] > 0 && !s.lacks(shapeMessages) {
		return
	}
	for _, message := range messagesIn(raw, s.within) {
		s.message(message)
	}
}

func (s *shape) lacks(part shapePart) bool {
	return slices.ContainsFunc(s.missing, func(p shapePath) bool { return p.part == part })
}

func (s *shape) look(part shapePart, raw []byte) {
	s.mark(string(part))
	s.missing = slices.DeleteFunc(s.missing, func(p shapePath) bool {
		found := (p.part == part || p.both && part != shapeMessages) && p.is(raw, p.path)
		if found {
			s.mark(p.mark)
		}
		if found && p.holds {
			s.mark(dsr.MarkHolds)
		}
		return found
	})
}

// saidAt reports whether anything stands at a path.
func saidAt(raw []byte, path record.Path) bool {
	return slices.ContainsFunc(rawsAt(raw, path), func(value []byte) bool { return !blankValue(value) })
}

// searchedAt is saidAt for what is searched, with names in any case, as the search reads them.
func searchedAt(raw []byte, path record.Path) bool {
	return anyAt(raw, path, func(value []byte) bool { return !blankValue(value) })
}

// messagesAt reports whether messages can be taken from a path; an empty list holds none.
func messagesAt(raw []byte, path record.Path) bool {
	return anyAt(raw, path, func(value []byte) bool { return value[0] == '[' || value[0] == '{' })
}

func (s *shape) mark(name string) {
	if s.marks[name] == 0 {
		dsr.Count(&s.marks, name, 1)
	}
}

// messagesIn are the objects at some paths of a record, or in the lists there.
func messagesIn(raw []byte, paths []record.Path) (all []json.RawMessage) {
	take := func(_ string, value []byte) bool {
		if value[0] == '{' {
			all = append(all, value)
		}
		return false
	}
	for _, path := range paths {
		anyAt(raw, path, func(value []byte) bool {
			if value[0] == '[' {
				return anyField(value, take)
			}
			return take("", value)
		})
	}
	return all
}

// lostPaths names the declared paths at which nothing stood in any record, of those that were
// looked at.
func lostPaths(f declared.Fields, t dsr.Tally) []dsr.Assumption {
	var names []string
	for _, p := range shapePaths(f) {
		if t.Marks[string(p.part)] > 0 && t.Marks[p.mark] == 0 {
			names = append(names, strings.TrimPrefix(p.mark, somethingAt))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []dsr.Assumption{dsr.Assume(dsr.AssumesLostPaths, strings.Join(names, ", "))}
}
