package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"dsr-server/internal/dsr"
)

// writeData writes the folders data/<source>: the raw records and the tables.
func (p *packer) writeData(ctx context.Context) error {
	for _, s := range p.sources {
		writers := map[string]func(io.Writer) recordWriter{
			"conversations.ndjson": newLines, "messages.ndjson": newLines,
			"conversations.csv": func(w io.Writer) recordWriter { return newConversationTable(w, s.speech, s.columns.names()) },
			"messages.csv":      func(w io.Writer) recordWriter { return newMessageTable(w, s.speech) },
		}
		for _, file := range dataFiles {
			each, want := p.conversationsOf, int64(len(s.conversations))
			if file[0] == 'm' {
				each, want = p.allMessages, s.messages
			}
			err := p.zip.add(dataPath(s.dir, file), func(w io.Writer) error {
				return writeRecords(writers[file](w), want, func(fn func(dsr.Record) error) error { return each(ctx, s, fn) })
			})
			if err != nil {
				return fmt.Errorf("%s of %s: %w", file, s.name, err)
			}
		}
	}
	return nil
}

// recordWriter writes records into one file of the folder data.
type recordWriter interface {
	begin() error
	record(dsr.Record) error
}

func writeRecords(w recordWriter, want int64, each func(func(dsr.Record) error) error) error {
	if err := w.begin(); err != nil {
		return err
	}
	var n int64
	err := each(func(rec dsr.Record) error {
		n++
		return w.record(rec)
	})
	if err != nil {
		return err
	}
	if n != want {
		return errChanged
	}
	return nil
}

func (p *packer) conversationsOf(ctx context.Context, s *sourcePart, fn func(dsr.Record) error) error {
	for rec, err := range p.in.Contents.Conversations(ctx, s.name) {
		if err != nil {
			return err
		}
		if err := fn(rec); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (p *packer) allMessages(ctx context.Context, s *sourcePart, fn func(dsr.Record) error) error {
	for i := range s.conversations {
		for rec, err := range p.messagesOf(ctx, s, &s.conversations[i]) {
			if err != nil {
				return err
			}
			if err := fn(rec); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// lines writes raw records, one on each line, byte for byte.
type lines struct{ w io.Writer }

func newLines(w io.Writer) recordWriter { return lines{w} }

func (l lines) begin() error { return nil }

func (l lines) record(rec dsr.Record) error {
	if bytes.IndexByte(rec.Raw, '\n') >= 0 || len(rec.Raw) == 0 {
		return errors.New("a record is not one line of JSON")
	}
	if _, err := l.w.Write(rec.Raw); err != nil {
		return err
	}
	_, err := l.w.Write([]byte{'\n'})
	return err
}
