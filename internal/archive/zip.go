package archive

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/flate"
)

// zipDate is 1980-01-01 in MS-DOS form, the earliest date a ZIP can hold. The plain
// field is used because the extended timestamp of FileHeader.Modified is shown in
// the reader's zone, west of Greenwich as 1979.
const zipDate = 1<<5 | 1

// compressionLevel 5 takes less than half the time of the standard library's
// default and gives archives about 4 % larger.
const compressionLevel = 5

// zipWriter writes entries one after the other and keeps the manifest's line for each.
type zipWriter struct {
	zip     *zip.Writer
	out     *meter
	buf     *bufio.Writer
	entries []entry
	large   []largeEntry
}

// entry is one file as the manifest names it.
type entry struct {
	name string
	size int64
	sum  [32]byte
}

func newZipWriter(w *meter) *zipWriter {
	z := &zipWriter{zip: zip.NewWriter(w), out: w, buf: bufio.NewWriterSize(nil, 64<<10)}
	var deflate *flate.Writer
	// Entries follow each other, so one compressor of about a megabyte serves all.
	z.zip.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		if deflate != nil {
			deflate.Reset(out)
			return deflate, nil
		}
		var err error
		deflate, err = flate.NewWriter(out, compressionLevel)
		return deflate, err
	})
	return z
}

// add writes one entry with what fill writes.
func (z *zipWriter) add(name string, fill func(io.Writer) error) error {
	header := &zip.FileHeader{Name: name, Method: zip.Deflate}
	header.ModifiedDate = zipDate //nolint:staticcheck // Modified would add a second, zoned timestamp
	out, err := z.zip.CreateHeader(header)
	if err != nil {
		return err
	}
	if err := z.zip.Flush(); err != nil {
		return err
	}
	begin := z.out.size - int64(localHeader+len(name))
	m := newMeter(out)
	z.buf.Reset(m)
	if err := fill(z.buf); err != nil {
		return err
	}
	if err := z.buf.Flush(); err != nil {
		return err
	}
	z.entries = append(z.entries, entry{name: name, size: m.size, sum: m.sum()})
	if m.size > 1<<31 {
		z.large = append(z.large, largeEntry{header, begin})
	}
	return nil
}

// Close writes the directory. The last entry must not be a large one.
func (z *zipWriter) Close() error {
	settle(z.large)
	return z.zip.Close()
}

const (
	localHeader = 30 // bytes before an entry's name
	max32       = 1<<32 - 1
)

// largeEntry is one whose sizes may be beyond 32 bits.
type largeEntry struct {
	header *zip.FileHeader
	begin  int64 // where its local header is in the file
}

// settle gives each entry of more than 4 GiB that begins within the first 4 GiB the
// directory record that it should have: the standard library's repeats the place in the
// block for huge entries without saying so in the record, which 7-Zip takes for a
// damaged header. The entries must have been written to their end.
func settle(entries []largeEntry) {
	for _, e := range entries {
		h := e.header
		if h.CompressedSize64 < max32 && h.UncompressedSize64 < max32 || e.begin >= max32 {
			continue
		}
		h.Extra = binary.LittleEndian.AppendUint64([]byte{1, 0, 16, 0}, h.UncompressedSize64)
		h.Extra = binary.LittleEndian.AppendUint64(h.Extra, h.CompressedSize64)
		// The writer takes the entry for a small one and writes these, with h.Extra.
		h.CompressedSize, h.UncompressedSize = max32, max32 //nolint:staticcheck // SA1019: the 32-bit fields are what a raw header writes
		h.CompressedSize64, h.UncompressedSize64 = 0, 0
	}
}
