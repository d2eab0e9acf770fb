package archive

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"path"
	"strings"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// checkFile compares one entry with the manifest's line for it. It reads no more
// than the manifest's size, so a small entry cannot unpack to a huge one.
func (v *verifier) checkFile(f *zip.File, want manifestFile) {
	if f.UncompressedSize64 != uint64(want.Size) { //nolint:gosec // a negative size equals none
		v.problem(Altered, f.Name, "has %d bytes, the manifest says %d", f.UncompressedSize64, want.Size)
		return
	}
	r, err := f.Open()
	if err != nil {
		v.problem(Altered, f.Name, "cannot be unpacked: %v", err)
		return
	}
	defer func() { _ = r.Close() }()
	if name := path.Base(f.Name); strings.HasPrefix(f.Name, filesFolder) && !strings.HasPrefix(name, want.SHA256+".") {
		v.problem(Altered, f.Name, "is not named after its SHA-256")
	}
	m := newMeter(io.Discard)
	if _, err := io.Copy(m, io.LimitReader(r, want.Size+1)); err != nil {
		v.problem(Altered, f.Name, "cannot be unpacked: %v", err)
		return
	}
	if sum := m.sum(); hex.EncodeToString(sum[:]) != want.SHA256 {
		v.problem(Altered, f.Name, "its SHA-256 is not the manifest's")
	}
}

// countConversations counts a source's conversations and keeps their ids.
func (v *verifier) countConversations(dir string, d *dsr.Declared) int64 {
	ids, named := map[string]bool{}, v.named(d)
	v.conversations[dir] = ids
	name := dataPath(dir, "conversations.ndjson")
	return v.eachLine(name, func(rec *record.Value) {
		if len(ids) > 4*v.report.Entries { // each has a page of its own
			return
		}
		own := named(dsr.Conversation, rec)
		if isStub(rec) {
			id, _ := rec.Get("id").Str()
			own = []string{id}
			v.stubs.Conversations++
		}
		if len(own) == 0 {
			own = []string{""}
		}
		for _, id := range own {
			ids[id] = true
		}
	})
}

// countMessages counts a source's messages and looks for the conversation of each.
// A message that names none, as with some vendors, belongs where it stands; so may
// any if there is a conversation without an id.
func (v *verifier) countMessages(dir string, d *dsr.Declared) int64 {
	name := dataPath(dir, "messages.ndjson")
	ids, named := v.conversations[dir], v.named(d)
	orphans := 0
	n := v.eachLine(name, func(rec *record.Value) {
		if isStub(rec) {
			v.stubs.Messages++
			return
		}
		if of := named(dsr.Message, rec); len(of) > 0 && !ids[of[0]] && !ids[""] {
			orphans++
		}
	})
	if orphans > 0 {
		v.problem(Counts, name, "%d messages have no conversation in this archive", orphans)
	}
	return n
}

// eachLine calls fn with each record of a file and returns how many there are. An
// entry that cannot be read has been reported by checkFile.
func (v *verifier) eachLine(name string, fn func(*record.Value)) (n int64) {
	r, err := v.entries[name].Open()
	if err != nil {
		return 0
	}
	defer func() { _ = r.Close() }()
	// Not beyond the size that checkFile has compared, whatever it unpacks to.
	lines := bufio.NewScanner(io.LimitReader(r, int64(v.entries[name].UncompressedSize64))) //nolint:gosec // checkSizes bounds it
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		n++
		if tooManyValues(lines.Bytes()) {
			v.problem(Counts, name, "line %d has more than %d values", n, maxValues)
			return n
		}
		rec := record.Parse(lines.Bytes())
		if !rec.IsObject() {
			v.problem(Counts, name, "line %d is not a record", n)
			return n
		}
		fn(rec)
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		v.problem(Counts, name, "line %d is longer than %d bytes", n+1, maxLine)
	}
	return n
}

// maxLine bounds one record, so that a file which unpacks to one endless line does
// not fill the memory.
const maxLine = 256 << 20

// checkContainer writes the ZIP again from its directory and compares it byte for
// byte with the file. So nothing stands before, between or after the entries, no
// entry has another name or content for readers that do not use the directory, and
// no byte outside the entries was changed.
func (v *verifier) checkContainer(file io.ReaderAt, size int64) {
	if v.zip.Comment != "" {
		v.problem(Container, "", "the ZIP has a comment")
	}
	same := &comparer{file: bufio.NewReaderSize(io.NewSectionReader(file, 0, size), 64<<10)}
	if err := v.rewrite(same); err != nil {
		v.problem(Container, "", "the ZIP is not as it was written, or holds something beside its entries (near byte %d)", same.offset)
		return
	}
	if same.offset != size {
		v.problem(Container, "", "%d bytes follow the archive", size-same.offset)
	}
	for _, f := range v.zip.File[:min(1, len(v.zip.File))] {
		for _, other := range v.zip.File {
			if other.CreatorVersion != f.CreatorVersion || other.ExternalAttrs != f.ExternalAttrs || other.Comment != "" {
				v.problem(Container, other.Name, "its attributes differ from the other entries'")
				return
			}
		}
	}
}

func (v *verifier) rewrite(to io.Writer) error {
	w := zip.NewWriter(to)
	if err := w.SetComment(v.zip.Comment); err != nil {
		return err
	}
	var large []largeEntry
	for _, f := range v.zip.File {
		header, err := rewriteEntry(w, f)
		if err != nil {
			return err
		}
		if len(header.Extra) != len(f.Extra) {
			data, err := f.DataOffset()
			if err != nil {
				return err
			}
			large = append(large, largeEntry{header, data - int64(localHeader+len(f.Name))})
		}
	}
	settle(large)
	return w.Close()
}

// rewriteEntry is zip.Writer.Copy, except that the writer makes the fields for huge
// entries itself.
func rewriteEntry(w *zip.Writer, f *zip.File) (*zip.FileHeader, error) {
	r, err := f.OpenRaw()
	if err != nil {
		return nil, err
	}
	header := f.FileHeader
	header.Extra = withoutZip64(header.Extra)
	needs := header.ReaderVersion
	if len(header.Extra) != len(f.Extra) {
		header.ReaderVersion = 20 // what its local header says: it is written before the size is known
	}
	out, err := w.CreateRaw(&header)
	if err != nil {
		return nil, err
	}
	header.ReaderVersion = needs
	_, err = io.Copy(out, r)
	return &header, err
}

// withoutZip64 takes the block for huge entries (id 1) out of an extra field.
func withoutZip64(extra []byte) []byte {
	var left []byte
	for len(extra) >= 4 {
		end := min(4+int(extra[2])+int(extra[3])<<8, len(extra))
		if extra[0] != 1 || extra[1] != 0 {
			left = append(left, extra[:end]...)
		}
		extra = extra[end:]
	}
	return append(left, extra...)
}

var errDiffers = errors.New("differs")

// comparer is a writer that accepts what is in a file.
type comparer struct {
	file   *bufio.Reader
	offset int64
	buf    []byte
}

func (c *comparer) Write(b []byte) (int, error) {
	if cap(c.buf) < len(b) {
		c.buf = make([]byte, len(b))
	}
	got := c.buf[:len(b)]
	n, err := io.ReadFull(c.file, got)
	if !bytes.Equal(got[:n], b) || err != nil {
		return 0, errDiffers
	}
	c.offset += int64(n)
	return n, nil
}
