package export

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/klauspost/compress/zstd"
)

const (
	// maxZstdWindow is the largest window of a .zst file, as of the zstd program: more
	// memory than that is not given to a file.
	maxZstdWindow = 128 << 20
	// usualWindow is what zstd needs at most unless it is told otherwise (--long, --ultra).
	usualWindow = 8 << 20
)

// Longest is the size of the largest record that can be read.
func (r *DumpReader) Longest() int64 { return r.share.b.LargestRecord() }

// TooLong says of a record that it is longer than that.
func (r *DumpReader) TooLong() string {
	return "is " + r.share.b.recordTooLarge().Error()
}

// Grow returns a larger buffer that begins with buf's bytes, and how much has been taken
// from the budget for it; give that back with GiveBack. *TooLarge: it may grow no more.
func (r *DumpReader) Grow(buf []byte) (grown []byte, taken int64, err error) {
	room := max(r.share.left()/recordCopies, 0) // a large window leaves less
	size := min(4*int64(len(buf)), r.Longest(), int64(len(buf))+room)
	if size <= int64(len(buf)) {
		return buf, 0, r.share.b.recordTooLarge()
	}
	taken = recordCopies * (size - int64(len(buf)))
	if err := r.share.Take(r.ctx, taken); err != nil {
		return buf, 0, err
	}
	grown = make([]byte, size)
	copy(grown, buf)
	return grown, taken, nil
}

// GiveBack gives back what Grow has taken, once the buffer and what was found in it are gone.
func (r *DumpReader) GiveBack(taken int64) { r.share.Give(taken) }

// unzstd unpacks with the window that the file begins with. Few have another later.
func (r *DumpReader) unzstd() error {
	in := bufio.NewReaderSize(r.raw, 64<<10)
	var first zstd.Header
	if start, _ := in.Peek(zstd.HeaderMaxSize); first.Decode(start) != nil {
		first = zstd.Header{} // the decoder will say what is wrong
	}
	window := max(first.WindowSize, usualWindow)
	if first.SingleSegment {
		window = max(first.FrameContentSize, usualWindow)
	}
	return r.unzstdWithin(in, int64(min(window, maxZstdWindow)))
}

func (r *DumpReader) unzstdWithin(in io.Reader, window int64) error {
	if err := r.share.Take(r.ctx, window-r.window); err != nil {
		if _, tooLarge := errors.AsType[*TooLarge](err); tooLarge {
			return fmt.Errorf("needs a zstd window of %s, more than limits.memory allows", inMiB(window))
		}
		return err
	}
	r.window = window
	if window > usualWindow {
		collectWindows()
	}
	z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(uint64(window)), zstd.WithDecoderMaxMemory(uint64(max(window, 1<<20)))) //nolint:gosec // never negative
	if err != nil {
		return r.textError(err)
	}
	r.text, r.unpack = z, z.Close
	return nil
}

// collectWindows has the collector take the window of the file before, which would else lie
// beside the next one. The decoder's package keeps what it has used for as long as one collection.
func collectWindows() {
	runtime.GC()
	debug.FreeOSMemory()
}

// widen begins the file again with the largest window, and skips the text that was given
// already: a part of the file needs more than its beginning.
func (r *DumpReader) widen() error {
	r.unpack()
	if _, err := r.file.Seek(0, io.SeekStart); err != nil {
		return withoutPath(err)
	}
	r.hash.Reset()
	r.rawN.Store(0)
	if err := r.unzstdWithin(r.raw, maxZstdWindow); err != nil {
		return err
	}
	given := r.given
	r.given = 0
	if _, err := io.CopyN(io.Discard, r, given); err != nil {
		return r.textError(err)
	}
	return nil
}
