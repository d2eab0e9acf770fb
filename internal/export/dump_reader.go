package export

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"regexp"
	"sync/atomic"
	"syscall"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"dsr-server/internal/dsr"
)

// ErrChanged says that a file is not the one that reading began with.
var ErrChanged = errors.New("changed while it was being read")

// DumpReader reads the text of one file of a dump and computes the SHA-256 of the
// file's bytes on the way. finish says whether it was the same file from beginning to
// end. Close it.
type DumpReader struct {
	ctx    context.Context // of the one who reads, who may have to stop in mid-file
	root   *os.Root
	file   *os.File
	first  dsr.Unit // as it was at the first look
	hash   hash.Hash
	raw    io.Reader // what the file's bytes go through when they are unpacked or cut by records
	rawN   atomic.Int64
	text   io.Reader // decompressed
	unpack func()
	taken  int64 // of a file whose lines are hashed as they are taken
	packed packing
	layout layout
	head   []byte // of the text: was read ahead
	failed error  // why no more than head could be read
	share  *Share
	window int64  // the largest of a .zst file that the decoder takes
	given  int64  // of the text, to whoever reads it
	idName string // the first key of a conversation's id
}

// pagedName is how a file is called that holds pages and not lines.
var pagedName = regexp.MustCompile(`(?i)\.json(\.gz|\.zst)?$`)

// Paged reports whether the file holds pages and not lines.
func Paged(f dsr.FileInfo) bool { return pagedName.MatchString(f.Name) }

// openFile opens a file as it was listed, to go on after the unit's position. A plain file
// of lines goes on at that offset. The beginning of any other is read again, without
// searching it, because what is left of a compressed stream cannot be read alone.
// The reader fails once ctx has ended, and waits where the budget is used up.
func (d *Dump) openFile(ctx context.Context, u dsr.Unit) (*DumpReader, error) {
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return nil, fmt.Errorf("the folder cannot be opened: %w", withoutPath(err))
	}
	r := &DumpReader{ctx: ctx, root: root, first: u, hash: sha256.New(), unpack: func() {}, share: d.budget.Share(), idName: idNameOf(d.schema.Conversation)}
	if err := r.share.Take(ctx, 2*DumpBlock); err != nil {
		r.Close()
		return nil, err
	}
	if err := r.open(); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (r *DumpReader) open() (err error) {
	// A pipe put in the file's place must not hold the search up.
	if r.file, err = r.root.OpenFile(r.first.File.Name, os.O_RDONLY|syscall.O_NONBLOCK, 0); err != nil {
		return linkError(r.root, r.first.File.Name, err)
	}
	if err := r.same(); err != nil {
		return err
	}
	r.raw = &hashing{r}
	head, err := readHead(r.file)
	if err != nil {
		return err
	}
	r.packed = packingOf(packingNamed(r.first.File.Name), head)
	if r.packed != plain {
		if head, err = r.unpacked(len(head)); err != nil {
			return err
		}
	}
	if err := wideText(head); err != nil {
		return err
	}
	r.layout = layoutOf(layoutNamed(r.first.File.Name), head, r.idName)
	switch {
	case r.packed == plain && r.layout == inLines:
		r.text = r.file
		return r.resumeLines()
	case r.packed == plain:
		r.text = r.raw
	}
	if _, err := io.CopyN(io.Discard, r, r.first.Position.Offset); err != nil {
		return r.textError(err)
	}
	return nil
}

// unpacked begins to unpack, and returns how the text begins.
func (r *DumpReader) unpacked(size int) (head []byte, err error) {
	switch {
	case size == 0:
		return nil, errors.New("is cut short: it is empty, as no compressed file is")
	case r.packed == gzipped:
		err = r.gunzip()
	default:
		err = r.unzstd()
	}
	if err != nil {
		return nil, err
	}
	head = make([]byte, headSize)
	n := 0
	for n < len(head) && r.failed == nil {
		var more int
		more, r.failed = r.Read(head[n:])
		n += more
	}
	r.head = head[:n]
	return r.head, nil
}

// resumeLines goes on at the offset with the digest of what lies before it.
func (r *DumpReader) resumeLines() error {
	if r.first.Position.Offset == 0 {
		return nil
	}
	if err := r.hash.(encoding.BinaryUnmarshaler).UnmarshalBinary(r.first.Position.Hash); err != nil {
		return fmt.Errorf("the digest of the part already read is damaged: %w", err)
	}
	r.taken = r.first.Position.Offset
	_, err := r.file.Seek(r.first.Position.Offset, io.SeekStart)
	return withoutPath(err)
}

func (r *DumpReader) gunzip() error {
	in := bufio.NewReaderSize(r.raw, 256<<10)
	z, err := gzip.NewReader(in)
	if err != nil {
		return r.textError(err)
	}
	z.Multistream(false)
	r.text, r.unpack = &members{in: in, z: z}, func() { _ = z.Close() }
	return nil
}

// Read reads text. The error at its end is io.EOF; any other is in words and names no path.
func (r *DumpReader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	if len(r.head) > 0 {
		n := copy(p, r.head)
		r.head = r.head[n:]
		return n, nil
	}
	if r.failed != nil {
		return 0, r.failed
	}
	n, err := r.text.Read(p)
	r.given += int64(n)
	if n == 0 && errors.Is(err, zstd.ErrWindowSizeExceeded) && r.window < maxZstdWindow {
		if err := r.widen(); err != nil {
			return 0, err
		}
		return r.Read(p)
	}
	if err != nil && err != io.EOF {
		err = r.textError(err)
	}
	return n, err
}

func (r *DumpReader) textError(err error) error {
	switch {
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return fmt.Errorf("needs a zstd window of more than %d MiB, which is the limit: it was compressed with --long or --ultra", maxZstdWindow>>20)
	case errors.Is(err, io.ErrUnexpectedEOF), r.packed != plain && errors.Is(err, io.EOF):
		return errors.New("is cut short, or has something after its end that is not compressed")
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch):
		return errors.New("is damaged: its checksum is wrong")
	case r.packed != plain && !isSystem(err):
		return fmt.Errorf("is damaged or has something after its end: %w", err)
	}
	return withoutPath(err)
}

func isSystem(err error) bool {
	_, ok := errors.AsType[syscall.Errno](err)
	return ok
}

// hashes reports whether the digest is computed of the lines as they are taken, so
// that it stands at the end of a block and not somewhere after it.
func (r *DumpReader) hashes() bool { return r.text == io.Reader(r.file) }

// take adds text that has been cut off to the digest, and returns the digest's state
// for a resume there; nil where there is none.
func (r *DumpReader) take(text []byte) []byte {
	if !r.hashes() {
		return nil
	}
	r.hash.Write(text)
	r.taken += int64(len(text))
	state, err := r.hash.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		panic("SHA-256 cannot tell its state") // crypto/sha256 has no such error
	}
	return state
}

// Taken is how many bytes of the file have been read; it may be called while it is read.
func (r *DumpReader) Taken() int64 {
	if r.hashes() {
		return r.taken
	}
	return r.rawN.Load()
}

// finish is called at the end of the text. It returns the SHA-256 of the file's
// bytes, or ErrChanged if the file is not what it was.
func (r *DumpReader) finish() ([]byte, error) {
	if err := r.same(); err != nil {
		return nil, err
	}
	if now, err := inspect(r.root, r.first.File.Name); err != nil || !now.SameAs(r.first.File) {
		return nil, ErrChanged // another file has taken its place
	}
	if r.Taken() != r.first.File.Size {
		return nil, ErrChanged
	}
	return r.hash.Sum(nil), nil
}

// same checks that the open file is the one that was listed.
func (r *DumpReader) same() error {
	info, err := r.file.Stat()
	if err != nil {
		return withoutPath(err)
	}
	if !info.Mode().IsRegular() || !identify(r.first.File.Name, info).SameAs(r.first.File) {
		return ErrChanged
	}
	return nil
}

// Close may be called at any time, once.
func (r *DumpReader) Close() {
	r.unpack()
	if r.file != nil {
		_ = r.file.Close() // it was only read
	}
	_ = r.root.Close()
	r.share.Close()
}

// hashing hashes and counts the file's bytes that are read through it.
type hashing struct{ r *DumpReader }

func (h *hashing) Read(p []byte) (int, error) {
	n, err := h.r.file.Read(p)
	h.r.hash.Write(p[:n])
	h.r.rawN.Add(int64(n))
	return n, err
}
