package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"dsr-server/internal/attachment"
	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// attachedFiles are the files that the messages of one source refer to, small enough for a
// hundred thousand: their addresses are not held.
type attachedFiles struct {
	finder attachment.Finder
	known  map[addressHash]attached
}

// addressHash is the hash of an address.
type addressHash [16]byte

func hashAddress(address string) (h addressHash) {
	sum := sha256.Sum256([]byte(address))
	copy(h[:], sum[:])
	return h
}

// attached is one file: in the archive, or missing for a reason.
type attached struct {
	sum    [sha256.Size]byte
	size   int64
	kind   attachment.Kind
	reason string
}

// surveyFiles reads which files there are before the messages are read that refer to them.
func (p *packer) surveyFiles(ctx context.Context, s *sourcePart) error {
	paths, err := p.in.Contents.AttachmentPaths(ctx, s.name)
	if err != nil {
		return err
	}
	s.files = attachedFiles{attachment.NewFinder(paths), map[addressHash]attached{}}
	for a, err := range p.in.Contents.Attachments(ctx, s.name) {
		if err != nil {
			return err
		}
		f, err := readAttached(a)
		if err != nil {
			return err
		}
		s.files.known[hashAddress(a.Address)] = f
		if f.reason == "" {
			s.fetched++
		}
	}
	return ctx.Err()
}

func readAttached(a dsr.Attachment) (f attached, err error) {
	switch a.State {
	case dsr.AttachmentMissing:
		i := slices.Index(dsr.MissingReasons, a.Reason)
		if i < 0 {
			return f, fmt.Errorf("a file is missing for an unknown reason (%q)", a.Reason)
		}
		f.reason = dsr.MissingReasons[i] // the same text for all
		return f, nil
	case dsr.AttachmentFetched:
		f.size, f.kind = a.Content.Size, attachment.KindOf(a.Content.Extension)
		if n, err := hex.Decode(f.sum[:], []byte(a.Content.SHA256)); err != nil || n != len(f.sum) {
			return f, fmt.Errorf("a file has no SHA-256")
		}
		return f, nil
	}
	return f, fmt.Errorf("a file is %s: it must be fetched or missing", a.State)
}

// filesFolder is above the folders of the sources' files.
const filesFolder = "files/"

func filePath(dir string, f attached) string {
	return filesFolder + dir + "/" + hex.EncodeToString(f.sum[:]) + f.kind.Extension
}

// writeFiles writes the files of each source, each content once.
func (p *packer) writeFiles(ctx context.Context) error {
	for _, s := range p.sources {
		written := map[[sha256.Size]byte]bool{}
		for a, err := range p.in.Contents.Attachments(ctx, s.name) {
			if err != nil {
				return fmt.Errorf("files of %s: %w", s.name, err)
			}
			f, err := readAttached(a)
			if err == nil && f.reason == "" && !written[f.sum] {
				err = p.writeFile(s, a, f)
				written[f.sum] = true
			}
			if err != nil {
				return fmt.Errorf("files of %s: %w", s.name, err)
			}
		}
	}
	return ctx.Err()
}

func (p *packer) writeFile(s *sourcePart, a dsr.Attachment, f attached) error {
	content, err := p.in.OpenFile(a)
	if err != nil {
		return fmt.Errorf("open a fetched file: %w", err)
	}
	defer func() { _ = content.Close() }()
	err = p.zip.add(filePath(s.dir, f), func(w io.Writer) error {
		_, err := io.Copy(w, content)
		return err
	})
	if err != nil {
		return err
	}
	if last := p.zip.entries[len(p.zip.entries)-1]; last.sum != f.sum || last.size != f.size {
		return fmt.Errorf("a fetched file is not what it was")
	}
	return nil
}

// fileView is one file as pages show it.
type fileView struct {
	T       *texts
	Href    string // empty: it is not in the archive
	Inline  bool   // a picture that the page shows
	Name    string
	Kind    string
	Size    string
	Address string
	Why     string // it is not here
	Said    string // what the server called it, if that is something else
}

// filesOf are the files that a message refers to. up leads from the page to the archive's
// top.
func (p *packer) filesOf(s *sourcePart, up string, rec dsr.Record) (views []fileView) {
	if len(s.files.known) == 0 { // of most sources, whose messages need not be read once more
		return nil
	}
	for _, address := range s.files.finder.In(rec.Raw) {
		if f, known := s.files.known[hashAddress(address)]; known {
			views = append(views, p.fileView(s, up, address, f))
		}
	}
	return views
}

func (p *packer) fileView(s *sourcePart, up, address string, f attached) fileView {
	v := fileView{T: p.texts, Address: record.Visible(address)}
	if f.reason != "" {
		v.Why = p.texts.MissingFiles[f.reason]
		return v
	}
	v.Href, v.Inline, v.Kind, v.Size = up+filePath(s.dir, f), f.kind.Inline, f.kind.Type, p.texts.Bytes(f.size)
	v.Name = shorten(oneLine(attachment.Name(address)), firstWordsLength)
	return v
}

// Alt is the text in place of a picture.
func (v fileView) Alt() string { return fill(v.T.PictureAlt, v.Name) }

// filesHead is the start page's list of files without its lines.
type filesHead struct {
	T     *texts
	Title string
	Words string
}

// writeFileList lists the files of each source on the start page.
func (p *packer) writeFileList(ctx context.Context, w io.Writer) error {
	if !slices.ContainsFunc(p.sources, func(s *sourcePart) bool { return len(s.files.known) > 0 }) {
		return nil
	}
	if err := render(w, "attached-begin", page{T: p.texts}); err != nil {
		return err
	}
	for _, s := range p.sources {
		if len(s.files.known) == 0 {
			continue
		}
		if err := p.writeFilesOf(ctx, w, s); err != nil {
			return err
		}
	}
	return render(w, "attached-end", nil)
}

func (p *packer) writeFilesOf(ctx context.Context, w io.Writer, s *sourcePart) error {
	if err := render(w, "attached-source", filesHead{p.texts, s.title, p.fileWords(s)}); err != nil {
		return err
	}
	for a, err := range p.in.Contents.Attachments(ctx, s.name) {
		if err != nil {
			return err
		}
		f, err := readAttached(a)
		if err != nil {
			return err
		}
		view := p.fileView(s, "", a.Address, f)
		if a.Content.Declared != f.kind.Type {
			view.Said = a.Content.Declared
		}
		if err := render(w, "attached-row", view); err != nil {
			return err
		}
	}
	return render(w, "attached-source-end", nil)
}

// fileWords say how many files there are, and why how many are not.
func (p *packer) fileWords(s *sourcePart) string {
	t := p.texts
	if len(s.files.known) == 0 {
		return t.FilesNone
	}
	words := fill(t.FilesSome, t.count(int64(len(s.files.known)), t.FileOne, t.FileMany), t.Number(s.fetched))
	missing := map[string]int64{}
	for _, f := range s.files.known {
		missing[f.reason]++
	}
	for _, reason := range dsr.MissingReasons {
		if n := missing[reason]; n > 0 {
			words += " " + fill(t.FilesMissing, t.Number(n), t.MissingFiles[reason])
		}
	}
	return words
}
