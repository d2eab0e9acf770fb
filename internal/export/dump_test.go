package export

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
)

// TestBlocksAreTheFile: whatever the lengths of lines, blocks put together are the
// text, each ends with a line, and a resume behind any of them has the whole digest.
func TestBlocksAreTheFile(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	var text bytes.Buffer
	for range 400 {
		text.WriteString(strings.Repeat("x", random.IntN(40)*random.IntN(400)))
		text.WriteByte('\n')
	}
	text.WriteString("no end")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "messages.ndjson"), text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	d := NewDump(dir)
	l, err := d.List()
	files := l.Files
	if err != nil || len(files) != 1 || len(l.Refused) != 0 {
		t.Fatalf("got %v, %v", l, err)
	}
	blocks := readBlocks(t, d, files[0], text.Bytes())
	if len(blocks) < 50 {
		t.Errorf("only %d blocks", len(blocks))
	}
	for _, b := range blocks {
		f := files[0]
		f.Position.Offset, f.Position.Hash = b.End, b.Hash
		readBlocks(t, d, f, text.Bytes())
	}
}

func readBlocks(t *testing.T, d *Dump, f dsr.Unit, text []byte) (blocks []Block) {
	t.Helper()
	r, err := d.openFile(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	at, lines, buf := f.Position.Offset, r.Lines(), make([]byte, 4096)
	for {
		var b Block
		b, buf, err = lines.Next(buf)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Text, text[at:b.End]) || b.Text[len(b.Text)-1] != '\n' && b.End != int64(len(text)) {
			t.Fatalf("the block up to %d is not the file's text from %d on", b.End, at)
		}
		at = b.End
		b.Text = nil
		blocks = append(blocks, b)
	}
	sum, err := r.finish()
	want := sha256.Sum256(text)
	if err != nil || !bytes.Equal(sum, want[:]) || at != int64(len(text)) {
		t.Fatalf("read to %d of %d, digest right: %v, %v", at, len(text), bytes.Equal(sum, want[:]), err)
	}
	return blocks
}
