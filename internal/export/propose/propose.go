// Package propose says where in the records of an unknown dump things are: by what their
// values look like, and where that leaves a choice by what the fields are called. It keeps
// true that what it returns holds names of fields and never a value of a record, and that
// what it proposes can be read as the fields of a source.
package propose

import (
	"slices"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/record"
)

// Proposal is what can be said of the first records of a dump.
type Proposal struct {
	Shipped string           // the declaration whose fields fit; empty: none
	Fields  *declared.Fields // otherwise; nil: nothing that a search could rest on was found
	Doubts  []Doubt          // what is not understood
}

// Doubt is something about a kind of records that is not understood.
type Doubt struct {
	Kind  DoubtKind
	Of    dsr.Endpoint
	Key   string   // of the form of fields, as in start
	Taken string   // the path that is proposed; empty: none
	Paths []string // of the fields that it is about
}

// DoubtKind is what kind of doubt it is.
type DoubtKind string

const (
	Missing  DoubtKind = "missing"  // no field looks like what the key stands for
	Several  DoubtKind = "several"  // other fields would fit as well as the one that was taken
	Unplaced DoubtKind = "unplaced" // fields that no key takes
	Sides    DoubtKind = "sides"    // which values of the sender are whose is not known
	Unlinked DoubtKind = "unlinked" // no message of these names a conversation of these
	Whole    DoubtKind = "whole"    // the whole record is searched
)

// Line is the proposal as it stands behind the key fields; empty: there is none.
func (p Proposal) Line() string {
	if p.Fields != nil {
		return p.Fields.Line()
	}
	return p.Shipped
}

// Of looks at the first records of both kinds. Where there are no messages they are looked
// for in the conversations.
func Of(conversations, messages [][]byte) Proposal {
	if names := shipped(conversations, messages); len(names) > 0 {
		p := Proposal{Shipped: names[0]}
		if len(names) > 1 {
			p.Doubts = []Doubt{{Kind: Several, Of: dsr.Conversations, Key: "fields", Taken: names[0], Paths: names[1:]}}
		}
		return p
	}
	w := &placing{conversations: tableOf(conversations)}
	w.findMessages(messages)
	w.ids()
	w.times()
	w.speech()
	w.metadata()
	w.leftOver()
	return Proposal{Fields: w.whole(), Doubts: w.doubts}
}

// whole are the fields that were placed, if a search can rest on them.
func (w *placing) whole() *declared.Fields {
	c, m := w.fields.Conversation, w.fields.Message
	if c.ID == nil || c.Start == nil || m.Conversation == nil && len(w.fields.Within) == 0 {
		return nil
	}
	if w.fields.Check() != nil { // too many fields to look at one by one
		w.fields.Conversation.Metadata = []record.Path{{}}
		w.doubt(Whole, dsr.Conversations, "metadata", nil, nil)
	}
	if w.fields.Check() != nil {
		return nil
	}
	return &w.fields
}

// placing is the work on one dump.
type placing struct {
	conversations *table
	messages      *table // nil: there are none
	fields        declared.Fields
	doubts        []Doubt
}

func (w *placing) doubt(kind DoubtKind, of dsr.Endpoint, key string, taken record.Path, others []*column) {
	d := Doubt{Kind: kind, Of: of, Key: key}
	if taken != nil {
		d.Taken = taken.String()
	}
	for _, c := range others {
		d.Paths = append(d.Paths, c.path.String())
	}
	w.doubts = append(w.doubts, d)
}

// choose takes the best of some columns by their names, and says where another is no worse.
func (w *placing) choose(of dsr.Endpoint, key string, words []string, from []*column) record.Path {
	if len(from) == 0 {
		w.doubt(Missing, of, key, nil, nil)
		return nil
	}
	best := slices.MinFunc(from, func(a, b *column) int { // of equals the first, which lies highest
		return a.named(words) - b.named(words)
	})
	others := slices.DeleteFunc(slices.Clone(from), func(c *column) bool {
		return c == best || len(c.path) > len(best.path) || c.named(words)/asPart > best.named(words)/asPart
	})
	if len(others) > 0 {
		w.doubt(Several, of, key, best.path, others)
	}
	return best.path
}
