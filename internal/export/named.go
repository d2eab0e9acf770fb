package export

import (
	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// Named returns how a packaged record names conversations: of a conversation every id that
// is its own, of a message the conversation that it says it belongs to, or nothing. An
// auditor's program compares them without knowing what kind of source they are from.
func Named(kind dsr.RecordKind, rec *record.Value) (ids []string) {
	within := rec.Get("conversation").Get("uuid") // of a message of Avaamo, and of a group made for its conversation
	all := []*record.Value{rec.Get("conversationId"), within}
	if kind == dsr.Conversation {
		own := rec.Get("_id")
		if own == nil {
			own = rec.Get("uuid")
		}
		all = []*record.Value{own, within}
	}
	for _, v := range all {
		if id, named := v.Str(); named {
			ids = append(ids, id)
		}
	}
	return ids
}
