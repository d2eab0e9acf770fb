// Package archive turns what was found for one request into one ZIP that a person
// can read, a machine can parse and an auditor can check, and keeps finished
// archives encrypted at rest.
//
// It keeps true: packaging is a pure function of its Input (no clock, host name,
// random number or map order enters); records are written as the vendor sent them;
// nothing from a record, or from a file that it refers to, becomes a path, markup or a
// formula; what is withheld leaves nothing behind but its ids and its place (exit.go);
// data/ depends on the found records and on what is withheld alone,
// conversations/ also on the files that were fetched; memory grows with the number of entries, not of messages.
package archive

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"

	"dsr-server/internal/dsr"
	"dsr-server/internal/sign"
)

// Contents yields what was found, source by source. It may be asked for the same
// records several times and must yield the same ones in the same order; Write never
// holds two of its sequences open at once. An error ends a sequence.
type Contents interface {
	// Conversations yields in (Start, ID) order, those without a readable Start last.
	Conversations(ctx context.Context, source string) iter.Seq2[dsr.Record, error]
	// Messages yields one conversation's messages in (Time, ID) order, those without
	// a usable Time last.
	Messages(ctx context.Context, source, conversationID string) iter.Seq2[dsr.Record, error]
	// Attachments yields the files that a source's messages refer to, each address once.
	Attachments(ctx context.Context, source string) iter.Seq2[dsr.Attachment, error]
	// Withheld yields what must not get into the archive.
	Withheld(ctx context.Context) ([]dsr.Withheld, error)
	// AttachmentPaths are where those were looked for, beside what shows by itself.
	AttachmentPaths(ctx context.Context, source string) ([]string, error)
}

// Input is everything an archive follows from.
type Input struct {
	Request  dsr.Request
	Coverage dsr.Coverage // has exactly the request's sources
	Software string       // name and version, for the manifest
	Contents Contents
	Signer   *sign.Signer
	// Speech says how to read the records of a type of source (SourceCoverage.Type), or of
	// the declaration by which it was searched (SourceCoverage.Declaration), which may be nil.
	Speech func(sourceType string, d *dsr.Declared) Speech
	// Describe is the JSON Schema of the records of a type of source, in a language; nil
	// where they are not known. Without it no records are described.
	Describe func(sourceType, language string) []byte
	// Information is told beside the data, by source; what is absent is left out.
	Information map[string]dsr.Information
	// OpenFile reads a file that was fetched; without it there must be none.
	OpenFile func(dsr.Attachment) (io.ReadCloser, error)
}

// Summary describes a written archive.
type Summary struct {
	Size          int64
	SHA256        [32]byte
	Conversations int64
	Messages      int64
}

// Write streams the archive of in to w. After an error what w got is not an archive.
func Write(ctx context.Context, w io.Writer, in Input) (Summary, error) {
	p, err := newPacker(w, in)
	if err != nil {
		return Summary{}, fmt.Errorf("package request %s: %w", in.Request.ID, err)
	}
	return p.write(ctx)
}

func (p *packer) write(ctx context.Context) (Summary, error) {
	steps := []func(context.Context) error{
		p.closeExit, p.survey, p.writeReadme, p.writeIndex, p.writeTranscripts, p.writeData, p.writeFiles, p.writeWithheld, p.writeSchemas, p.writeStatement, p.writeCoverage, p.writeManifest, p.close,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return Summary{}, fmt.Errorf("package request %s: %w", p.in.Request.ID, err)
		}
	}
	return p.summary(), nil
}

// packer holds one Write.
type packer struct {
	in      Input
	out     *meter
	zip     *zipWriter
	texts   *texts
	sources []*sourcePart // as in Request.Sources
	exit    *exit         // Input.Contents without what is withheld
	// withheld is how much was left out, as of the survey; nil: nothing.
	withheld *dsr.WithheldCount
}

func newPacker(w io.Writer, in Input) (*packer, error) {
	if in.Signer == nil {
		return nil, errors.New("no signing key")
	}
	if in.Contents == nil {
		return nil, errors.New("no contents")
	}
	if in.OpenFile == nil {
		in.OpenFile = func(dsr.Attachment) (io.ReadCloser, error) { return nil, errors.New("nobody opens files") }
	}
	if in.Describe == nil {
		in.Describe = func(string, string) []byte { return nil }
	}
	if in.Speech == nil {
		return nil, errors.New("nobody reads the records")
	}
	in.Coverage = tidyCoverage(in.Coverage)
	if err := checkCoverage(in.Coverage, in.Request.Sources); err != nil {
		return nil, err
	}
	if in.Request.AsOf.IsZero() {
		in.Request.AsOf = in.Coverage.AsOf
	}
	p := &packer{in: in, out: newMeter(w), texts: textsFor(in.Request.Language, in.Request.Presentation.Location())}
	p.zip = newZipWriter(p.out)
	dirs := newNames()
	for _, name := range in.Request.Sources {
		part := &sourcePart{name: name, title: in.Request.Presentation.Title(name, p.texts.Lang), dir: dirs.claim(name)}
		for i := range in.Coverage.Sources {
			if in.Coverage.Sources[i].Name == name {
				part.coverage = in.Coverage.Sources[i]
				part.speech = in.Speech(part.coverage.Type, part.coverage.Declaration)
			}
		}
		p.sources = append(p.sources, part)
	}
	return p, nil
}

func (p *packer) close(context.Context) error { return p.zip.Close() }

func (p *packer) summary() Summary {
	s := Summary{Size: p.out.size, SHA256: p.out.sum()}
	s.Conversations, s.Messages = p.counts()
	return s
}

func (p *packer) counts() (conversations, messages int64) {
	for _, s := range p.sources {
		conversations += int64(len(s.conversations))
		messages += s.messages
	}
	return conversations, messages
}

// meter counts and hashes what passes through it.
type meter struct {
	w    io.Writer
	hash hash.Hash
	size int64
}

func newMeter(w io.Writer) *meter { return &meter{w: w, hash: sha256.New()} }

func (m *meter) Write(b []byte) (int, error) {
	n, err := m.w.Write(b)
	m.hash.Write(b[:n])
	m.size += int64(n)
	return n, err
}

func (m *meter) sum() (sum [32]byte) {
	m.hash.Sum(sum[:0])
	return sum
}
