package archive

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"time"

	"dsr-server/internal/dsr"
)

// manifestVersion changes when a reader of an older one would misread it.
const manifestVersion = 1

// manifest is manifest.json; its files are written and read one by one.
type manifest struct {
	Version  int             `json:"version"`
	Request  manifestRequest `json:"request"`
	Software string          `json:"software"`
	Counts   manifestCounts  `json:"counts"`
	Files    []manifestFile  `json:"files,omitempty"`
}

type manifestRequest struct {
	ID         string         `json:"id"`
	Reference  *string        `json:"reference"` // null when there is none, as in the API
	Selectors  []dsr.Selector `json:"selectors"`
	Sources    []string       `json:"sources"`
	Window     manifestWindow `json:"window"`
	ReceivedAt time.Time      `json:"received_at"`
	AsOf       time.Time      `json:"as_of"`
}

// manifestWindow has null for a bound that was not asked for, as the API has.
type manifestWindow struct {
	Start *time.Time `json:"start"`
	End   *time.Time `json:"end"`
}

type manifestCounts struct {
	Conversations int64 `json:"conversations"`
	Messages      int64 `json:"messages"`
	// Withheld is how much is left out; absent when nothing is.
	Withheld *dsr.WithheldCount `json:"withheld,omitempty"`
}

type manifestFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// writeManifest writes the list of all entries before it, and its signature. The
// text is made twice, once for each, rather than held.
func (p *packer) writeManifest(context.Context) error {
	head, err := p.manifestHead()
	if err != nil {
		return err
	}
	files := p.zip.entries
	p.zip.entries = nil
	slices.SortFunc(files, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	text := func(w io.Writer) error { return writeManifestText(w, head, files) }
	if err := p.zip.add(manifestName, text); err != nil {
		return err
	}
	signature, err := p.sign(text)
	if err != nil {
		return err
	}
	return p.zip.add(signatureName, func(w io.Writer) error {
		_, err := w.Write(signature)
		return err
	})
}

func (p *packer) manifestHead() ([]byte, error) {
	r := p.in.Request
	m := manifest{Version: manifestVersion, Software: p.in.Software}
	m.Counts.Conversations, m.Counts.Messages = p.counts()
	m.Counts.Withheld = p.withheld
	m.Request = manifestRequest{
		ID: r.ID, Reference: orNull(r.Reference),
		Selectors:  append([]dsr.Selector{}, r.Selectors...),
		Sources:    append([]string{}, r.Sources...),
		Window:     manifestWindow{Start: bound(r.Window.Start), End: bound(r.Window.End)},
		ReceivedAt: r.ReceivedAt.UTC(), AsOf: r.AsOf.UTC(),
	}
	return plainJSON(m)
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func bound(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return utc(&t)
}

// plainJSON is json.Marshal without the rewriting of <, > and &.
func plainJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}

// writeManifestText puts the files after head's other fields, one on each line.
func writeManifestText(w io.Writer, head []byte, files []entry) error {
	b := bufio.NewWriter(w)
	_, _ = b.Write(bytes.TrimSuffix(head, []byte("}")))
	_, _ = b.WriteString(`,"files":[`)
	for i, f := range files {
		line, err := plainJSON(manifestFile{Name: f.name, Size: f.size, SHA256: hex.EncodeToString(f.sum[:])})
		if err != nil {
			return err
		}
		if i > 0 {
			_ = b.WriteByte(',')
		}
		_ = b.WriteByte('\n')
		_, _ = b.Write(line)
	}
	_, _ = b.WriteString("\n]}\n")
	return b.Flush() // the first error of all writes
}

func (p *packer) sign(text func(io.Writer) error) ([]byte, error) {
	r, w := io.Pipe()
	go func() { w.CloseWithError(text(w)) }()
	signature, err := p.in.Signer.Sign(r)
	_ = r.Close() // ends the writer if Sign stopped early
	return signature, err
}
