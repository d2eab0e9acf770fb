package export

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/match"
	"dsr-server/internal/record"
)

// This file takes the messages out of records of conversations in which they stand.

// Within is what was taken out of a record of a conversation.
type Within struct {
	// Messages are as they stand in the record, byte for byte, in the order of the paths. One
	// without an id that can be used is called by its place, as parts[3]; one without a time
	// has the conversation's start.
	Messages []dsr.Record
	// Rest is the record without them: their lists are empty, single objects are null.
	Rest []byte
	// Stated is how many messages the record says it has at the last path; 0: it does not say.
	Stated int64
	// Lacks are the codes of what of the messages is not there, or could not be taken.
	Lacks     []string
	Anomalies []string // rules, of the messages
}

// TakeWithin takes the messages out of a record. The id and the start are the conversation's.
func TakeWithin(f declared.Fields, raw []byte, id string, start match.Facts) (w Within) {
	t := taking{fields: f, schema: f.Schema().Message, conversation: id, facts: start, raw: raw, out: &w}
	for _, path := range f.Within {
		t.path, t.taken = path, 0
		t.at(0, raw, path)
	}
	w.Rest = without(raw, t.cuts)
	t.compareCount()
	return w
}

// taking is the work on one record.
type taking struct {
	fields       declared.Fields
	schema       match.Fields
	conversation string
	facts        match.Facts // of the conversation
	raw          []byte
	out          *Within
	path         record.Path // of the messages that are being taken
	taken        int64       // there
	cuts         []cut
}

// cut is a part of the record that a text takes the place of.
type cut struct {
	from, to int
	text     string
}

// at goes on to what stands at a path below a value that begins at an offset.
func (t *taking) at(offset int, value []byte, path record.Path) {
	if len(path) == 0 {
		t.take(offset, value)
		return
	}
	anyFieldAt(value, func(at int, name string, v []byte) bool {
		if path[0].Each || value[0] == '{' && strings.EqualFold(name, path[0].Name) {
			t.at(offset+at, v, path[1:])
		}
		return false
	})
}

// take takes a list of messages, or a single one.
func (t *taking) take(offset int, value []byte) {
	switch value[0] {
	case '[':
		t.cuts = append(t.cuts, cut{offset, offset + len(value), "[" + t.list(value) + "]"})
	case '{':
		t.message(value)
		t.cuts = append(t.cuts, cut{offset, offset + len(value), "null"})
	case 'n': // there is none
	default:
		t.lack(dsr.ReasonNotUnderstood) // it is neither a list of messages nor one
	}
}

// list takes the messages of a list, and returns what is left of it: what is none.
func (t *taking) list(value []byte) string {
	var left []string
	anyField(value, func(_ string, v []byte) bool {
		if v[0] == '{' {
			t.message(v)
			return false
		}
		t.taken++
		t.lack(dsr.ReasonNotUnderstood)
		left = append(left, string(v))
		return false
	})
	return strings.Join(left, ",")
}

func (t *taking) message(raw []byte) {
	place := fmt.Sprintf("%s[%d]", t.path, t.taken)
	t.taken++
	facts := t.schema.Facts(raw)
	m := dsr.Record{
		Kind: dsr.Message, ID: facts.ID, ConversationID: t.conversation, Scope: t.conversation, Time: facts.Time, Raw: bytes.Clone(raw),
		Order: dsr.SourceOrder{Unit: dsr.InRecord, Number: int64(len(t.out.Messages))},
	}
	if m.ID == "" {
		m.ID = place
	}
	if m.Time.IsZero() {
		m.Time = t.facts.When()
	}
	m.Own = declaredSpeech{t.fields}.own(m)
	t.out.Messages = append(t.out.Messages, m)
	t.out.Anomalies = append(t.out.Anomalies, t.anomalies(facts)...)
}

// anomalies are those of a message; it need not have what was not declared.
func (t *taking) anomalies(facts match.Facts) []string {
	return slices.DeleteFunc(facts.Anomalies, func(rule string) bool { return rule == "Q12" && len(t.schema.ID) == 0 })
}

// compareCount compares what the record says it has with what was taken at the last path.
func (t *taking) compareCount() {
	if len(t.fields.Count) == 0 {
		return
	}
	for _, v := range t.fields.Count.Of(record.Parse(t.raw)) {
		if n, is := counted(v); is {
			t.out.Stated = max(t.out.Stated, n)
		}
	}
	if t.out.Stated > t.taken {
		t.lack(dsr.ReasonFewer)
	}
}

func (t *taking) lack(code string) {
	if !slices.Contains(t.out.Lacks, code) {
		t.out.Lacks = append(t.out.Lacks, code)
	}
}

// without is a text with what was cut out replaced.
func without(raw []byte, cuts []cut) []byte {
	if len(cuts) == 0 {
		return raw
	}
	slices.SortFunc(cuts, func(a, b cut) int { return a.from - b.from })
	var out []byte
	at := 0
	for _, c := range cuts {
		if c.from < at {
			continue // within another
		}
		out = append(append(out, raw[at:c.from]...), c.text...)
		at = c.to
	}
	return append(out, raw[at:]...)
}
