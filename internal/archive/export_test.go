package archive

import (
	"archive/zip"
	stdflate "compress/flate"
	"context"
	"io"

	"github.com/klauspost/compress/flate"
)

// What benchmarks compare.

// NewDeflate is the compressor of archives.
func NewDeflate(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, compressionLevel) }

// NewStandardDeflate is the standard library's, at its default level.
func NewStandardDeflate(w io.Writer) (io.WriteCloser, error) { return stdflate.NewWriter(w, 6) }

// WriteStandard is Write with the standard library's compressor, one for all entries.
func WriteStandard(ctx context.Context, w io.Writer, in Input) (Summary, error) {
	p, err := newPacker(w, in)
	if err != nil {
		return Summary{}, err
	}
	var deflate *stdflate.Writer
	p.zip.zip.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		if deflate != nil {
			deflate.Reset(out)
			return deflate, nil
		}
		deflate, err = stdflate.NewWriter(out, 6)
		return deflate, err
	})
	return p.write(ctx)
}

// OpenDirectory reads a ZIP's directory of so many bytes and entries at most.
func OpenDirectory(file io.ReaderAt, size, bytes, entries int64) error {
	_, err := openDirectory(file, size, directoryLimits{bytes, entries})
	return err
}
