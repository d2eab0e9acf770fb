package archive

import (
	"context"
	"errors"
	"io"
	"iter"

	"dsr-server/internal/dsr"
)

// errChanged means that Contents yielded something else than before.
var errChanged = errors.New("the records changed while they were being packaged")

// chunkBytes bounds the conversation records held at once; see eachConversation.
const chunkBytes = 4 << 20

// recordBytes is about what a record takes beside its text.
const recordBytes = 256

// messagesOf yields a conversation's messages. Messages of a conversation without
// an id cannot be asked for; its coverage says so (dsr.ReasonRecordWithoutID).
func (p *packer) messagesOf(ctx context.Context, s *sourcePart, c *conversation) iter.Seq2[dsr.Record, error] {
	if c.id == "" {
		return func(func(dsr.Record, error) bool) {}
	}
	return p.in.Contents.Messages(ctx, s.name, c.id)
}

// eachConversation calls fn for every conversation with its number and record. It reads the
// records ahead in chunks and closes the sequence before calling fn, which asks for
// messages: two open sequences at once would let packagers that share a small pool
// of database connections wait for each other forever.
func (p *packer) eachConversation(ctx context.Context, s *sourcePart, fn func(i int, rec dsr.Record) error) error {
	for done := 0; done < len(s.conversations); {
		chunk, err := p.readChunk(ctx, s, done)
		if err != nil {
			return err
		}
		if len(chunk) == 0 {
			return errChanged
		}
		for _, rec := range chunk {
			if rec.ID != s.conversations[done].id {
				return errChanged
			}
			if err := fn(done, rec); err != nil {
				return err
			}
			done++
		}
	}
	return nil
}

func (p *packer) readChunk(ctx context.Context, s *sourcePart, skip int) ([]dsr.Record, error) {
	var chunk []dsr.Record
	at, size := 0, 0
	for rec, err := range p.in.Contents.Conversations(ctx, s.name) {
		if err != nil {
			return nil, err
		}
		if at++; at <= skip {
			continue
		}
		chunk = append(chunk, rec)
		size += len(rec.Raw) + recordBytes
		if size >= chunkBytes || skip+len(chunk) == len(s.conversations) {
			break
		}
	}
	return chunk, ctx.Err()
}

// pull turns a sequence into a function that returns io.EOF after the last record.
func pull(records iter.Seq2[dsr.Record, error]) (next func() (dsr.Record, error), stop func()) {
	nextPair, stop := iter.Pull2(records)
	return func() (dsr.Record, error) {
		rec, err, ok := nextPair()
		if !ok {
			return dsr.Record{}, io.EOF
		}
		return rec, err
	}, stop
}
