package archive

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// A ZIP may come from anybody. What is held of it in memory is in proportion to its own
// size, whatever it claims and unpacks to, and nothing in it is unpacked more often than
// it is there. No archive of ours comes near these limits.
const (
	maxDirectory = 192 << 20 // bytes of the ZIP's directory
	maxEntries   = 1_500_000
	maxUnpacked  = 256 << 30 // bytes of all entries together
	maxProblems  = 1000      // told one by one
	maxSources   = 10_000
	maxObjects   = 500_000   // objects and lists in coverage.json
	maxValues    = 1_000_000 // parts of one record
	maxDetail    = 2000      // bytes of one problem's text
)

// directoryLimits bound what is read of a ZIP's directory. Entries are counted by their
// signature as they are read, because the directory's own count is not believed by anybody.
type directoryLimits struct{ bytes, entries int64 }

type limitedDirectory struct {
	file  io.ReaderAt
	limit directoryLimits
	left  directoryLimits
	over  bool // the directory has been read
}

func (d *limitedDirectory) ReadAt(p []byte, at int64) (int, error) {
	n, err := d.file.ReadAt(p, at)
	if d.over {
		return n, err
	}
	d.left.bytes -= int64(n)
	d.left.entries -= int64(bytes.Count(p[:n], []byte("PK\x01\x02")))
	switch {
	case d.left.bytes < 0:
		return 0, fmt.Errorf("the directory of the ZIP has more than %d bytes", d.limit.bytes)
	case d.left.entries < 0:
		return 0, fmt.Errorf("the ZIP has more than %d entries", d.limit.entries)
	}
	return n, err
}

// openDirectory reads the directory of a ZIP within limits.
func openDirectory(file io.ReaderAt, size int64, limit directoryLimits) (*zip.Reader, error) {
	limited := &limitedDirectory{file: file, limit: limit, left: limit}
	z, err := zip.NewReader(limited, size)
	if err != nil {
		return nil, err
	}
	limited.over = true
	return z, nil
}

// checkSizes reports entries that cannot all be in a file of this size, or unpack to more
// than any archive; ok is false when nothing should be unpacked.
func (v *verifier) checkSizes(size int64) (ok bool) {
	left, unpacked := uint64(size), uint64(maxUnpacked) //nolint:gosec // a file's size
	for _, f := range v.zip.File {
		packed := f.CompressedSize64 + localHeader + uint64(len(f.Name))
		if f.CompressedSize64 > left || packed > left {
			v.problem(Container, f.Name, "the entries are larger than the file: they overlap, or their sizes are wrong")
			return false
		}
		left -= packed
		if f.UncompressedSize64 > unpacked {
			v.problem(Container, f.Name, "the entries unpack to more than %d bytes", int64(maxUnpacked))
			return false
		}
		unpacked -= f.UncompressedSize64
	}
	return true
}

// manifestLimit is how large a manifest of these entries can be: a line for each, and the
// request.
func (v *verifier) manifestLimit() int64 {
	limit := int64(4 << 20)
	for name := range v.entries {
		limit += int64(len(name)) + 200
	}
	return min(limit, maxManifest)
}

// countsObjects reports whether JSON has more objects and lists than a limit. Braces in
// texts count as well.
func countsObjects(text []byte) int {
	return bytes.Count(text, []byte("{")) + bytes.Count(text, []byte("["))
}

// tooManyValues reports whether a record has more parts than can be shown, without
// building any.
func tooManyValues(line []byte) bool {
	if len(line) < maxValues {
		return false
	}
	dec := jsontext.NewDecoder(bytes.NewReader(line), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for n := 0; n <= maxValues; n++ {
		if _, err := dec.ReadToken(); err != nil {
			return false // its end, or not JSON, which record.Parse says
		}
	}
	return true
}
