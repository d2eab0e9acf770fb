package export

import (
	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/record"
)

// Named returns what says how a packaged record of a source names conversations: of a
// conversation every id that is its own, of a message the conversation that it says it belongs
// to, or nothing. An auditor's program compares them without knowing what kind of source they
// are from, but for the declaration by which it was searched, if it was by one.
func Named(d *dsr.Declared) func(kind dsr.RecordKind, rec *record.Value) []string {
	fields, is := fieldsOf(d)
	if !is {
		return namedByHand
	}
	return func(kind dsr.RecordKind, rec *record.Value) []string { return namedBy(fields, kind, rec) }
}

func namedBy(f declared.Fields, kind dsr.RecordKind, rec *record.Value) (ids []string) {
	path := f.Message.Conversation
	if kind == dsr.Conversation {
		path = f.Conversation.ID
	}
	if id, _ := first(rec, path); id != "" {
		ids = append(ids, id)
	}
	return ids
}

// namedByHand is of the sources that are no declaration's.
func namedByHand(kind dsr.RecordKind, rec *record.Value) (ids []string) {
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
