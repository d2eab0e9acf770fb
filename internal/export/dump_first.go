package export

import (
	"bufio"
	"bytes"
	"context"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

// First are the first records of a kind in a dump.
type First struct {
	Records    [][]byte
	Understood int // how many of them a search with the dump's fields would understand
	Files      int // there are
}

// firstMost is how many records are looked at.
const firstMost = 200

// First reads the first records of a kind, file by file; of a file no more than what it has
// of the budget. The error is about a file, or ctx's.
func (d *Dump) First(ctx context.Context, kind dsr.Endpoint) (first First, err error) {
	l, err := d.List()
	if err != nil {
		return first, err
	}
	for _, u := range l.Files {
		if u.Endpoint != kind {
			continue
		}
		first.Files++
		if len(first.Records) == firstMost {
			continue
		}
		if err := d.firstOf(ctx, u, &first); err != nil {
			return first, fileError(u.File.Name, err)
		}
	}
	for _, raw := range first.Records {
		if d.understands(kind, raw) {
			first.Understood++
		}
	}
	return first, nil
}

// firstOf takes the first records of a file. It ends, without an error, at the first that is
// no JSON: a search names it.
func (d *Dump) firstOf(ctx context.Context, u dsr.Unit, first *First) error {
	in, err := d.openFile(ctx, u)
	if err != nil {
		return err
	}
	defer in.Close()
	text := bufio.NewReaderSize(io.LimitReader(in, 2*DumpBlock), headSize)
	head, _ := text.Peek(headSize)
	end, _ := marksEnd(head, 0)
	if _, err := text.Discard(end); err != nil {
		return err
	}
	dec := jsontext.NewDecoder(text, lenient...)
	if in.layout != inLines && !toRecords(dec) {
		return nil
	}
	for len(first.Records) < firstMost && dec.PeekKind() == '{' {
		raw, err := dec.ReadValue()
		if err != nil {
			break
		}
		first.Records = append(first.Records, bytes.Clone(raw))
	}
	return nil
}

// toRecords goes to the first record of a list, or of a page.
func toRecords(dec *jsontext.Decoder) bool {
	open, err := dec.ReadToken()
	if err != nil || open.Kind() == '[' {
		return err == nil
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return false
		}
		if name.String() == "data" && dec.PeekKind() == '[' {
			_, err := dec.ReadToken()
			return err == nil
		}
		if dec.SkipValue() != nil {
			return false
		}
	}
	return false
}

// understands reports whether a record is one of its kind by the dump's fields, and has
// messages inside where they are to stand there.
func (d *Dump) understands(kind dsr.Endpoint, raw []byte) bool {
	if kind == dsr.Messages {
		return d.schema.Message.Facts(raw).Understood()
	}
	facts := d.schema.Conversation.Facts(raw)
	return facts.Understood() && (!d.HoldsMessages() || d.hasMessages(raw, facts))
}

func (d *Dump) hasMessages(raw []byte, facts match.Facts) bool {
	return len(TakeWithin(*d.form.Fields, raw, facts.ID, facts).Messages) > 0
}

// HoldsMessages reports whether messages stand in records of their conversations, so that
// there are no files of messages.
func (d *Dump) HoldsMessages() bool {
	return d.form.Fields != nil && len(d.form.Fields.Within) > 0
}
