package export

import (
	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/record"
)

// ExpandDeclared says what is kept of a record whose fields are declared, and what it leads
// to. A conversation that was asked for by q is one whose messages stand in it, and which is
// kept already. A record that has another id than was asked for is not looked into.
func ExpandDeclared(f declared.Fields, q dsr.MessageQuery, r Record) (x Expansion) {
	if r.Kind == dsr.Message {
		return declaredMessage(f, q, r)
	}
	if q.Asks() && r.Facts.ID != "" && r.Facts.ID != q.ID {
		return Expansion{Lacks: []string{dsr.ReasonNotUnderstood}, Anomalies: []string{ruleOrphan}}
	}
	x = keepConversation(r)
	if isPartial(f, r) {
		x.Lacks = []string{dsr.ReasonPartial}
	}
	if len(f.Within) == 0 {
		return x
	}
	id := r.Facts.ID
	if q.ID != "" {
		id, x.Keep = q.ID, nil
	}
	w := TakeWithin(f, r.Raw, id, r.Facts)
	if x.Next = nil; len(x.Keep) > 0 {
		x.Keep[0].Raw = w.Rest
	}
	x.Keep, x.Lacks, x.Anomalies = append(x.Keep, w.Messages...), append(x.Lacks, w.Lacks...), w.Anomalies
	return x
}

// declaredMessage keeps a message, but for one of another conversation than was asked for.
func declaredMessage(f declared.Fields, q dsr.MessageQuery, r Record) (x Expansion) {
	id := r.Facts.ConversationID
	if q.ID != "" && id != q.ID {
		x.Anomalies, x.Foreign = []string{ruleOrphan}, id != ""
		if x.Foreign {
			return x
		}
		id = q.ID
	}
	m := dsr.Record{Kind: dsr.Message, ID: r.Facts.ID, ConversationID: id, Scope: id, Time: r.Facts.Time, Raw: r.Raw}
	m.Own = declaredSpeech{f}.own(m)
	x.Keep = []dsr.Record{m}
	return x
}

// isPartial reports whether a record says that it is only a part.
func isPartial(f declared.Fields, r Record) bool {
	if len(f.Conversation.Partial) == 0 {
		return false
	}
	said, _ := first(record.Parse(r.Raw), f.Conversation.Partial)
	return said == "true"
}
