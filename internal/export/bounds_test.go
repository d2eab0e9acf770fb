package export

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"dsr-server/internal/dsr"
)

// TestAnswersBeyondABoundAreNamed: each says which bound it was, and holds nothing afterwards.
func TestAnswersBeyondABoundAreNamed(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"data":[{},{"_id":"` + strings.Repeat("x", 1<<20) + `"}]}`:      "record 2 of the page is larger than 1 MiB, the limit for one record (a sixteenth of limits.memory)",
		`{"data":[` + strings.Repeat("{},", 4000) + `{}],"cursor":null}`:  "more than 4000 records",
		`{"data":[],"cursor":"` + strings.Repeat("c", 64<<10+1) + `"}`:    "the cursor is longer than 64 KiB",
		`{"data":[{"_id":"` + strings.Repeat("x", 2<<20) + `"}]}`:         "larger than 2 MiB, an eighth of limits.memory",
		`{"data":[` + strings.Repeat(" ", 2<<20) + `],"cursor":null}`:     "larger than 2 MiB, an eighth of limits.memory",
		`{"data":[{"_id":` + strings.Repeat("[", 1<<20) + `],"cursor":0}`: "invalid JSON",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		c := converseAt(t, server.URL)
		c.budget = NewBudget(16 << 20)
		_, failure := fetch(t, c, Query{PerPage: 100})
		server.Close()
		if failure == nil || failure.Failure != Unparsable || !strings.Contains(failure.Detail, want) {
			t.Errorf("%.40s…: got %v, want %q", body, failure, want)
		}
		if !c.budget.pool.TryAcquire(4 << 20) {
			t.Errorf("%.40s…: something is still held", body)
		}
	}
}

// TestPageHoldsItsBytesUntilItIsReleased: four times its size, and a smaller page is none the worse.
func TestPageHoldsItsBytesUntilItIsReleased(t *testing.T) {
	t.Parallel()
	body := `{"data":[{"_id":"` + strings.Repeat("x", 1<<20) + `"}],"cursor":null}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
	t.Cleanup(server.Close)
	c := converseAt(t, server.URL)
	c.budget = NewBudget(64 << 20)
	page, failure := fetch(t, c, Query{PerPage: 100})
	if failure != nil || len(page.records) != 1 {
		t.Fatal(failure)
	}
	if held := c.budget.alone() - page.share.left(); held != copies*int64(len(body)) {
		t.Errorf("%d bytes are held for %d", held, len(body))
	}
	page.share.Close()
	page.share.Close()
	if !c.budget.pool.TryAcquire(16 << 20) {
		t.Error("something is still held")
	}
}

func TestParsingStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := parsePage([]byte(`{"data":[{}]}`), NewBudget(DefaultMemory).bounds(ctx, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestLongRetryAfterIsCappedAndNamed(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{"3600": time.Hour, "3601": time.Hour, "31536000": time.Hour, "Fri, 01 Jan 2100 00:00:00 GMT": time.Hour, "60": time.Minute} {
		e := statusError(answer{status: 429, header: http.Header{"Retry-After": {value}}}, false)
		if named := strings.Contains(e.Detail, "Retry-After"); e.RetryAfter != want || named != (len(value) > 4 || value == "3601") {
			t.Errorf("%s: got %v, %q", value, e.RetryAfter, e.Detail)
		}
	}
}

// TestWindowThatGrows reads a file whose later part needs a larger window than its beginning.
func TestWindowThatGrows(t *testing.T) {
	t.Parallel()
	line := []byte(`{"_id":"` + strings.Repeat("x", 1000) + "\"}\n")
	text := bytes.Repeat(line, 12<<10)
	var file bytes.Buffer
	for _, window := range []int{1 << 20, 64 << 20} {
		z, err := zstd.NewWriter(&file, zstd.WithWindowSize(window), zstd.WithEncoderLevel(zstd.SpeedFastest))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := z.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	d := NewDump(t.TempDir())
	if err := os.WriteFile(filepath.Join(d.path, "messages.ndjson.zst"), file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for memory, fits := range map[int64]bool{DefaultMemory: true, 64 << 20: false} {
		r, read, err := readDump(t, d.Within(NewBudget(memory)))
		if fits && (err != nil || !bytes.Equal(read, twice(text)) || r.window != maxZstdWindow) {
			t.Errorf("%d MiB: %d bytes, window %d, %v", memory>>20, len(read), r.window, err)
		}
		if !fits && (err == nil || !strings.Contains(err.Error(), "limits.memory")) {
			t.Errorf("%d MiB: got %v, want the setting named", memory>>20, err)
		}
		if !d.budget.pool.TryAcquire(memory/4) || !d.budget.rest.TryAcquire(1) {
			t.Error("something is still held")
		}
	}
}

func twice(text []byte) []byte { return append(bytes.Clone(text), text...) }

// readDump reads the one file of a dump.
func readDump(t *testing.T, d *Dump) (*DumpReader, []byte, error) {
	t.Helper()
	l, err := d.List()
	files := l.Files
	if err != nil || len(files) != 1 || files[0].Endpoint != dsr.Messages {
		t.Fatal(files, err)
	}
	r, err := d.openFile(t.Context(), files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	read, err := io.ReadAll(r)
	if err == nil {
		_, err = r.finish()
	}
	return r, read, err
}

// TestALongLineLeavesTheNextAlone: what was taken for it is given back with it, and a line
// beyond the limit is named and passed over.
func TestALongLineLeavesTheNextAlone(t *testing.T) {
	t.Parallel()
	d := NewDump(t.TempDir()).Within(NewBudget(64 << 20))
	long, beyond := strings.Repeat("l", 3<<20), strings.Repeat("b", 5<<20)
	if err := os.WriteFile(filepath.Join(d.path, "messages.ndjson"), []byte("a\n"+long+"\nb\n"+beyond+"\nc\n"+long+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := d.List()
	files := l.Files
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.openFile(t.Context(), files[0])
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for lines := r.Lines(); ; {
		b, _, err := lines.Next(make([]byte, DumpBlock))
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(b.Text))
		if b.TooLong && !strings.Contains(b.Reason, "4 MiB, the limit for one record (a sixteenth of limits.memory)") {
			t.Error(b.Reason)
		}
		b.Release()
		if held := d.budget.alone() - r.share.left(); held != 2*DumpBlock {
			t.Errorf("%d bytes are held between two blocks", held)
		}
	}
	r.Close()
	if text := strings.Join(got, ""); text != "a\n"+long+"\nb\n"+"c\n"+long+"\n" {
		t.Errorf("got %d bytes in %d blocks", len(text), len(got))
	}
}
