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
	// without an id that can be used, or with that of another one before it, is called by its
	// place, as parts[3]; one without a time has the conversation's start.
	Messages []dsr.Record
	// Rest is the record without them: their lists are empty, single objects are null.
	Rest []byte
	// There is set where a list or an object stands at one of the paths.
	There bool
	// Taken is how many different messages stand at the last path.
	Taken int64
	// Lacks are the codes of what of the messages is not there, or could not be taken.
	Lacks     []string
	Anomalies []string // rules, of the messages
}

// TakeWithin takes the messages out of a record. The id and the start are the conversation's.
func TakeWithin(f declared.Fields, raw []byte, id string, start match.Facts) (w Within) {
	t := taking{fields: f, schema: f.Schema().Message, conversation: id, facts: start, called: map[string][]byte{}, out: &w}
	for _, path := range f.Within {
		t.path, t.place, t.different = path, 0, map[string]bool{}
		t.at(0, raw, path)
	}
	w.Rest, w.Taken = without(raw, t.cuts), int64(len(t.different))
	if stated(f, raw) > w.Taken {
		t.lack(dsr.ReasonFewer)
	}
	return w
}

// taking is the work on one record.
type taking struct {
	fields       declared.Fields
	schema       match.Fields
	conversation string
	facts        match.Facts       // of the conversation
	called       map[string][]byte // the messages taken, by what they are called
	out          *Within
	path         record.Path     // of the messages that are being taken
	place        int             // there
	different    map[string]bool // what those there are called
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
		t.out.There = true
		t.cuts = append(t.cuts, cut{offset, offset + len(value), "[" + t.list(value) + "]"})
	case '{':
		t.out.There = true
		if t.message(value) {
			t.cuts = append(t.cuts, cut{offset, offset + len(value), "null"})
		}
	case 'n': // there is none
	default:
		t.lack(dsr.ReasonNotUnderstood) // it is neither a list of messages nor one
	}
}

// list takes the messages of a list, and returns what is left of it: what is none.
func (t *taking) list(value []byte) string {
	var left []string
	anyField(value, func(_ string, v []byte) bool {
		if !t.message(v) {
			left = append(left, string(v))
		}
		return false
	})
	return strings.Join(left, ",")
}

// message takes a message, if it is one.
func (t *taking) message(raw []byte) bool {
	place := fmt.Sprintf("%s[%d]", t.path, t.place)
	t.place++
	if !isMessage(t.fields.Message, raw) {
		t.lack(dsr.ReasonNotUnderstood)
		return false
	}
	facts := t.schema.Facts(raw)
	m := dsr.Record{
		Kind: dsr.Message, ID: t.call(facts.ID, place, raw), ConversationID: t.conversation, Scope: t.conversation, Time: facts.Time, Raw: bytes.Clone(raw),
		Order: dsr.SourceOrder{Unit: dsr.InRecord, Number: int64(len(t.out.Messages))},
	}
	if m.Time.IsZero() {
		m.Time = t.facts.When()
	}
	m.Own = declaredSpeech{t.fields}.own(m)
	t.different[m.ID] = true
	t.out.Messages = append(t.out.Messages, m)
	t.out.Anomalies = append(t.out.Anomalies, t.anomalies(facts)...)
	return true
}

// isMessage reports whether a value has anything that a message is told by.
func isMessage(f declared.MessageFields, raw []byte) bool {
	told := slices.Concat([]record.Path{f.ID, f.Time, f.Sender.Member}, f.Text, f.Files)
	return raw[0] == '{' && slices.ContainsFunc(told, func(p record.Path) bool { return shownAt(raw, p) != nil })
}

// call is what a message is called: its id. One without an id is called by its place, and so is
// another of the same id, because one record does not hold two versions of a message.
func (t *taking) call(id, place string, raw []byte) string {
	if other, taken := t.called[id]; id == "" || taken && !bytes.Equal(other, raw) {
		id = place
	}
	t.called[id] = raw
	return id
}

// anomalies are those of a message; it need not have what was not declared.
func (t *taking) anomalies(facts match.Facts) []string {
	return slices.DeleteFunc(facts.Anomalies, func(rule string) bool { return rule == "Q12" && len(t.schema.ID) == 0 })
}

// stated is how many messages a record says it has at the last path; 0: it does not say.
func stated(f declared.Fields, raw []byte) (most int64) {
	if len(f.Count) == 0 {
		return 0
	}
	for _, v := range f.Count.Of(record.Parse(raw)) {
		n, _ := counted(v)
		most = max(most, n)
	}
	return most
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
