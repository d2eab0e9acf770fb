//go:build !race

// These tests are about memory and time, which the race detector multiplies: `make test` runs
// them without it.

package archive_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"dsr-server/internal/archive"
	"dsr-server/internal/export"
)

// rawEntry is an entry with whatever its writer wants to say of it.
type rawEntry struct {
	name         string
	packed       []byte
	size, packs  uint64 // as claimed
	crc          uint32
	at           int // of its local header; -1: it has one of its own
	uncompressed bool
}

// rawZip writes a ZIP whose directory says what the entries claim.
func rawZip(entries []rawEntry, claims int) []byte {
	var out, directory bytes.Buffer
	header := func(w *bytes.Buffer, e rawEntry, signature uint32, middle []byte) {
		method := uint16(zip.Deflate)
		if e.uncompressed {
			method = zip.Store
		}
		_ = binary.Write(w, binary.LittleEndian, signature)
		if len(middle) > 0 {
			_ = binary.Write(w, binary.LittleEndian, uint16(20))
		}
		for _, v := range []uint16{20, 0, method, 0, 33} {
			_ = binary.Write(w, binary.LittleEndian, v)
		}
		for _, v := range []uint32{e.crc, uint32(min(e.packs, 1<<32-1)), uint32(min(e.size, 1<<32-1))} {
			_ = binary.Write(w, binary.LittleEndian, v)
		}
		_ = binary.Write(w, binary.LittleEndian, uint16(len(e.name)))
		_ = binary.Write(w, binary.LittleEndian, uint16(0))
		w.Write(middle)
		w.WriteString(e.name)
	}
	for _, e := range entries {
		at := e.at
		if at < 0 {
			at = out.Len()
			header(&out, e, 0x04034b50, nil)
			out.Write(e.packed)
		}
		middle := make([]byte, 14)
		binary.LittleEndian.PutUint32(middle[10:], uint32(at))
		header(&directory, e, 0x02014b50, middle)
	}
	start := out.Len()
	out.Write(directory.Bytes())
	_ = binary.Write(&out, binary.LittleEndian, uint32(0x06054b50))
	for _, v := range []uint16{0, 0, uint16(claims), uint16(claims)} {
		_ = binary.Write(&out, binary.LittleEndian, v)
	}
	_ = binary.Write(&out, binary.LittleEndian, uint32(directory.Len()))
	_ = binary.Write(&out, binary.LittleEndian, uint32(start))
	_ = binary.Write(&out, binary.LittleEndian, uint16(0))
	return out.Bytes()
}

func deflated(t *testing.T, part string, times int) (packed []byte, size uint64, crc uint32) {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	sum := crc32.NewIEEE()
	for range times {
		if _, err := io.WriteString(io.MultiWriter(w, sum), part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), uint64(len(part) * times), sum.Sum32()
}

// TestAHostileZIPTakesNoMoreThanItIsWorth: whatever it claims, verify ends, says what is
// wrong, and allocates in proportion to the file.
func TestAHostileZIPTakesNoMoreThanItIsWorth(t *testing.T) {
	in := sample(t)
	good := write(t, in)
	_, content := unpack(t, good)
	bomb, size, crc := deflated(t, strings.Repeat(" ", 1<<20), 256)
	named := func(name string) rawEntry {
		return rawEntry{name: name, packed: bomb, packs: uint64(len(bomb)), size: size, crc: crc, at: -1}
	}
	stored := func(name, text string) rawEntry {
		return rawEntry{name: name, packed: []byte(text), packs: uint64(len(text)), size: uint64(len(text)), crc: crc32.ChecksumIEEE([]byte(text)), at: -1, uncompressed: true}
	}
	signed := []rawEntry{stored("manifest.json", string(content["manifest.json"])), stored("manifest.json.sig", string(content["manifest.json.sig"]))}
	overlapping := []rawEntry{named("data/bot/messages.ndjson")}
	for i := range 5000 {
		e := named(fmt.Sprintf("files/bot/%d.bin", i))
		e.at = 0
		overlapping = append(overlapping, e)
	}
	lying := named("data/support-bot/messages.ndjson")
	lying.size = 10
	huge := named("coverage.json")
	huge.size, huge.packs = 1<<32-2, 1<<32-2
	var many []rawEntry
	for i := range 5000 {
		many = append(many, stored(fmt.Sprintf("\x1b[2J%s-%d", strings.Repeat("n", 3000), i), ""))
	}
	objects, objectsSize, objectsCRC := deflated(t, `{},`, 600_000)
	coverage := rawEntry{name: "coverage.json", packed: objects, packs: uint64(len(objects)), size: objectsSize, crc: objectsCRC, at: -1}
	for name, c := range map[string]struct {
		zip  []byte
		says string
	}{
		"a manifest that is a bomb":         {rawZip([]rawEntry{named("manifest.json"), named("manifest.json.sig")}, 2), "is larger than"},
		"entries in the same place":         {rawZip(overlapping, len(overlapping)), "they overlap"},
		"an entry larger than the file":     {rawZip(append(signed, huge), 3), "they overlap, or their sizes are wrong"},
		"an entry that lies about its size": {rawZip(append(signed, lying), 3), "has 10 bytes, the manifest says"},
		"thousands of long names":           {rawZip(many, len(many)), "and 4"},
		"a coverage of nothing but braces":  {rawZip(append(signed, coverage), 3), "objects and lists"},
		"cut in its middle":                 {good[:len(good)/2], "not a valid zip file"},
	} {
		path := save(t, c.zip)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		report, err := archive.Verify(path, nil, export.Named)
		runtime.ReadMemStats(&after)
		said := fmt.Sprint(err, report.Problems)
		if !errors.Is(err, archive.ErrAltered) && !errors.Is(err, archive.ErrUnreadable) || !strings.Contains(said, c.says) {
			t.Errorf("%s: it does not say %q: %.400s", name, c.says, said)
		}
		if strings.Contains(said, "\x1b") || len(said) > 2<<20 {
			t.Errorf("%s: what it says has %d bytes, or steers a terminal", name, len(said))
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20+20*uint64(len(c.zip)) {
			t.Errorf("%s: %d MB were allocated for %d KB", name, used>>20, len(c.zip)>>10)
		}
	}
}

// endless is a ZIP's directory that goes on for as long as somebody reads it.
type endless struct{ size int64 }

func (e endless) ReadAt(p []byte, at int64) (int, error) {
	const end = 22
	record := make([]byte, 46)
	binary.LittleEndian.PutUint32(record, 0x02014b50)
	last := make([]byte, end)
	binary.LittleEndian.PutUint32(last, 0x06054b50)
	for i := range p {
		switch place := at + int64(i); {
		case place >= e.size:
			return i, io.EOF
		case place >= e.size-end:
			p[i] = last[place-(e.size-end)]
		default:
			p[i] = record[place%46]
		}
	}
	return len(p), nil
}

func TestADirectoryIsReadWithinLimits(t *testing.T) {
	t.Parallel()
	file := endless{46*100_000 + 22}
	if err := archive.OpenDirectory(file, file.size, 1<<40, 1000); err == nil || !strings.Contains(err.Error(), "more than 1000 entries") {
		t.Errorf("entries: %v", err)
	}
	if err := archive.OpenDirectory(file, file.size, 1<<20, 1<<40); err == nil || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Errorf("bytes: %v", err)
	}
}

func TestVerifyReadsArchivesOfManyEntries(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := range 70_000 { // past 65,535 the directory is of ZIP64
		if _, err := w.Create(strings.Repeat("a", i%5) + string(rune('a'+i%26)) + ".txt"); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	report, err := archive.Verify(save(t, out.Bytes()), nil, export.Named)
	if !errors.Is(err, archive.ErrAltered) || slices.ContainsFunc(report.Problems, func(p archive.Problem) bool { return p.Kind == archive.Container }) {
		t.Errorf("got %v", err)
	}
}
