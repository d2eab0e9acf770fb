package export

import (
	"slices"

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
	if q.Asks() {
		return wholeConversation(f, q, r)
	}
	x = keepConversation(r)
	if len(f.Count) > 0 {
		x.Keep[0].Counted = stated(f, r.Raw)
	}
	if isPartial(f, r) {
		x.Lacks = []string{dsr.ReasonPartial}
	}
	if len(f.Within) == 0 {
		return x
	}
	w := TakeWithin(f, r.Raw, r.Facts.ID, r.Facts)
	x.Next, x.Keep[0].Raw = nil, w.Rest
	x.Keep, x.Lacks, x.Anomalies = append(x.Keep, w.Messages...), lacks(x.Lacks, w.Lacks...), w.Anomalies
	if saysMoreWithin(record.Parse(r.Raw), f.Within, false) {
		x.Lacks = lacks(x.Lacks, dsr.ReasonPartial)
	}
	return x
}

// wholeConversation takes the messages out of the record of a conversation that was asked for
// by its id. An answer that has neither the id nor a place of messages is not that record.
func wholeConversation(f declared.Fields, q dsr.MessageQuery, r Record) (x Expansion) {
	w := TakeWithin(f, r.Raw, q.ID, r.Facts)
	x.Keep, x.Lacks, x.Anomalies = w.Messages, w.Lacks, w.Anomalies
	if len(f.Count) > 0 {
		x.Taken = &w.Taken
	}
	if r.Facts.ID == "" && !w.There {
		x.Lacks = lacks(x.Lacks, dsr.ReasonNotUnderstood)
	}
	if isPartial(f, r) || saysMoreWithin(record.Parse(r.Raw), f.Within, true) {
		x.Lacks = lacks(x.Lacks, dsr.ReasonPartial)
	}
	return x
}

// lacks are codes, each once.
func lacks(codes []string, more ...string) []string {
	for _, code := range more {
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes
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

// isPartial reports whether a record says that it is only a part: anything but no and nothing.
func isPartial(f declared.Fields, r Record) bool {
	if len(f.Conversation.Partial) == 0 {
		return false
	}
	return slices.ContainsFunc(f.Conversation.Partial.Of(record.Parse(r.Raw)), func(v *record.Value) bool {
		return saysSomething(v) && !saysNo(v)
	})
}
