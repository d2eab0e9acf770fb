package archive

import (
	"context"
	"iter"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"dsr-server/internal/attachment"
	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// exit is the one way on which what was found gets into an archive: Contents without what is
// withheld. Of a withheld conversation or message its ids and its place are left, of a
// passage the mark. It notes what it has left out, so that withheld.json can say so.
type exit struct {
	Contents
	at    map[dsr.Place][]*leftOut // by place, without the text
	files map[string]map[addressHash]bool
}

// leftOut is something withheld, and where the archive would have had it.
type leftOut struct {
	dsr.Withheld
	met                   bool // it was left out; what lies within something else is not met
	count                 int64
	conversation, message int64 // the place among its kind, from 1; 0: none
}

func newExit(ctx context.Context, from Contents) (*exit, error) {
	items, err := from.Withheld(ctx)
	e := &exit{Contents: from, at: map[dsr.Place][]*leftOut{}, files: map[string]map[addressHash]bool{}}
	for _, item := range items {
		at := item.Place
		at.Text = ""
		e.at[at] = append(e.at[at], &leftOut{Withheld: item})
	}
	return e, err
}

// Conversations implements Contents.
func (e *exit) Conversations(ctx context.Context, source string) iter.Seq2[dsr.Record, error] {
	if len(e.at) == 0 {
		return e.Contents.Conversations(ctx, source)
	}
	return func(yield func(dsr.Record, error) bool) {
		n := int64(0)
		for rec, err := range e.Contents.Conversations(ctx, source) {
			n++
			if err == nil {
				rec = e.pass(rec, dsr.Place{Source: source, Conversation: rec.Name()}, n, 0)
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

// Messages implements Contents: a withheld conversation has none.
func (e *exit) Messages(ctx context.Context, source, conversation string) iter.Seq2[dsr.Record, error] {
	if len(e.at) == 0 {
		return e.Contents.Messages(ctx, source, conversation)
	}
	return func(yield func(dsr.Record, error) bool) {
		whole, n := e.whole(dsr.Place{Source: source, Conversation: conversation}), int64(0)
		for rec, err := range e.Contents.Messages(ctx, source, conversation) {
			n++
			if err == nil && whole != nil {
				continue
			}
			if err == nil {
				rec = e.pass(rec, dsr.Place{Source: source, Conversation: conversation, Message: rec.Name()}, 0, n)
			}
			if !yield(rec, err) {
				return
			}
		}
		if whole != nil {
			whole.count = n
		}
	}
}

// pass is a record as it gets into the archive.
func (e *exit) pass(rec dsr.Record, at dsr.Place, conversation, message int64) dsr.Record {
	items := e.at[at]
	if len(items) == 0 {
		return rec
	}
	withheld := make([]dsr.Withheld, len(items))
	for i, item := range items {
		withheld[i], item.conversation, item.message = item.Withheld, conversation, message
	}
	rec, counts := Cut(rec, withheld, message > 0)
	for i, item := range items {
		switch whole := item.Text == ""; {
		case rec.Withheld == "":
			item.met, item.count = counts[i] > 0, int64(counts[i])
		case whole && message > 0:
			item.met, item.count = true, 1
		case whole:
			item.met = true // its messages are counted where they would be
		}
	}
	return rec
}

// Cut is a record without what is withheld at its place: all of it, of which a stub is left, or
// passages, which it counts.
func Cut(rec dsr.Record, items []dsr.Withheld, message bool) (dsr.Record, []int) {
	passages := make([]string, len(items))
	for i, item := range items {
		if passages[i] = item.Text; item.Text == "" {
			return stub(rec, item.Reason, message), nil
		}
	}
	raw, counts := record.Without(rec.Raw, passages, rec.Names()...)
	why := slices.Clone(rec.Why)
	for i := range why {
		why[i].Path = record.WithoutIn(why[i].Path, passages)
	}
	rec.Raw, rec.Why = raw, why
	return rec, counts
}

// whole is what withholds all that is at a place, or nil.
func (e *exit) whole(at dsr.Place) *leftOut {
	for _, item := range e.at[at] {
		if item.Text == "" {
			return item
		}
	}
	return nil
}

// stub is what is left of a record that is withheld. Its time stays for its place among the
// others, and is shown nowhere.
func stub(rec dsr.Record, reason dsr.WithholdReason, message bool) dsr.Record {
	raw := []byte(dsr.WithheldMark)
	if message || rec.ID == "" {
		raw = appendField(raw, `"conversation":`, rec.ConversationID)
	}
	if rec.ID != "" {
		raw = appendField(raw, `,"id":`, rec.ID)
	}
	rec.Raw, rec.Why, rec.Withheld = append(raw, '}'), nil, reason
	return rec
}

func appendField(raw []byte, name, value string) []byte {
	if raw[len(raw)-1] == ',' && name[0] == ',' {
		name = name[1:]
	}
	raw, _ = jsontext.AppendQuote(append(raw, name...), value) // only bytes that are no text are an error, and are replaced
	return raw
}

// Attachments implements Contents: only what a message still refers to.
func (e *exit) Attachments(ctx context.Context, source string) iter.Seq2[dsr.Attachment, error] {
	return func(yield func(dsr.Attachment, error) bool) {
		kept, err := e.referred(ctx, source)
		if err != nil {
			yield(dsr.Attachment{}, err)
			return
		}
		for a, err := range e.Contents.Attachments(ctx, source) {
			if err == nil && kept != nil && !kept[hashAddress(a.Address)] {
				continue
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

// referred are the addresses of files that messages refer to which are not withheld; nil
// where nothing of the source is.
func (e *exit) referred(ctx context.Context, source string) (map[addressHash]bool, error) {
	if kept, known := e.files[source]; known || !e.concerns(source) {
		return kept, nil
	}
	paths, err := e.AttachmentPaths(ctx, source)
	if err != nil {
		return nil, err
	}
	finder, kept := attachment.NewFinder(paths), map[addressHash]bool{}
	var conversations []string
	for rec, err := range e.Contents.Conversations(ctx, source) {
		if err != nil {
			return nil, err
		}
		if rec.ID != "" {
			conversations = append(conversations, rec.ID)
		}
	}
	for _, id := range conversations {
		for rec, err := range e.Messages(ctx, source, id) {
			if err != nil {
				return nil, err
			}
			for _, address := range finder.In(rec.Raw) {
				kept[hashAddress(address)] = true
			}
		}
	}
	e.files[source] = kept
	return kept, ctx.Err()
}

func (e *exit) concerns(source string) bool {
	for at := range e.at {
		if at.Source == source {
			return true
		}
	}
	return false
}
