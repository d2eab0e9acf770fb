package export

import (
	"encoding/json"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/record"
)

// A declared path that no record has is a sign that the vendor changed the shape of its
// records. Each page marks which of the paths some of its records have.

// shapePath is a declared path, by the name of its key.
type shapePath struct {
	key  string
	path record.Path
}

// shapeOf are the paths whose absence would go unnoticed, of conversations or of messages.
func shapeOf(f declared.Fields, messages bool) (all []shapePath) {
	add := func(key string, paths ...record.Path) {
		for _, p := range paths {
			if len(p) > 0 {
				all = append(all, shapePath{key + " " + p.String(), p})
			}
		}
	}
	if messages {
		add("messages.text", f.Message.Text...)
		add("messages.sender.member", f.Message.Sender.Member)
		return all
	}
	add("conversations.metadata", f.Conversation.Metadata...)
	add("messages.count", f.Count)
	return all
}

const marksPath = "has " // a declared path that some records have

// marksRead counts the records that were looked at, of messages or not.
var marksRead = map[bool]string{false: "conversations were read", true: "messages were read"}

// marks says which of the declared paths records have.
func marks(f declared.Fields, records []json.RawMessage, messages bool) (found map[string]int64) {
	for _, s := range shapeOf(f, messages) {
		if slices.ContainsFunc(records, func(raw json.RawMessage) bool { return raw[0] == '{' && len(rawsAt(raw, s.path)) > 0 }) {
			dsr.Count(&found, marksPath+s.key, 1)
		}
	}
	dsr.Count(&found, marksRead[messages], int64(len(records)))
	return found
}

// marks are those of the page's records, and of the messages in them.
func (c restChain) marks(records []json.RawMessage) map[string]int64 {
	f := c.r.d.Fields
	if c.q.endpoint == dsr.Messages && !c.single {
		return marks(f, records, true)
	}
	found := marks(f, records, false)
	if c.q.endpoint == dsr.Conversations && c.r.d.Detail {
		return found // they stand here without their messages
	}
	for _, raw := range records {
		for name, n := range marks(f, messagesIn(raw, f.Within), true) {
			dsr.Count(&found, name, n)
		}
	}
	return found
}

// messagesIn are the objects at some paths of a record, or in the lists there.
func messagesIn(raw []byte, paths []record.Path) (all []json.RawMessage) {
	for _, path := range paths {
		for _, value := range rawsAt(raw, path) {
			if value[0] == '{' {
				all = append(all, value)
				continue
			}
			anyField(value, func(_ string, v []byte) bool {
				all = append(all, v)
				return false
			})
		}
	}
	return all
}

// lost names the declared paths that no record had, of those that were read.
func (r *Rest) lost(s Searched) []dsr.Assumption {
	var names []string
	for _, messages := range []bool{false, true} {
		if s.Tally.Marks[marksRead[messages]] == 0 {
			continue
		}
		for _, p := range shapeOf(r.d.Fields, messages) {
			if s.Tally.Marks[marksPath+p.key] == 0 {
				names = append(names, p.key)
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []dsr.Assumption{dsr.Assume(dsr.AssumesLostPaths, strings.Join(names, ", "))}
}
