package export

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
)

// TestGlanceSaysWhatFactsSay: the short way over usual forms decides as the long one.
func TestGlanceSaysWhatFactsSay(t *testing.T) {
	t.Parallel()
	times := []string{
		`1735703772`, `173570377`, `1735703772.5`, `"1735703772"`, `17357037720`, `-173570377`, `1e9`, `null`, `""`, `{}`, `true`,
		`"2025-01-01T04:00:17"`, `"2025-01-01T04:00:17.517000"`, `"2025-01-01T04:00:17Z"`, `"2025-13-01T04:00:17"`, `"2025-02-31T04:00:17"`,
		`"2025-01-01T24:00:17"`, `"2025-01-01T04:60:17"`, `"2025-01-01T04:00:60"`, `"2025-01-01T04:00:17."`, `"2025-01-01T04:00:17.1234567891"`,
		`"2025-01-01T04:00:17,5"`, `"2025-01-01 04:00:17"`, `" 2025-01-01T04:00:17"`, `"2025-00-01T04:00:17"`, `"2025-01-00T04:00:17"`, `"2025-01-01T04:00:17.5x"`, `"0000-01-01T04:00:17"`,
	}
	ids := []string{`"a"`, `""`, `null`, `7`, `"\u0061"`, `"Jörg"`}
	for _, id := range ids {
		for _, start := range times {
			for _, last := range times {
				record := fmt.Sprintf(`{"_id":%s,"startTime":%s,"lastActionAt":%s}`, id, start, last)
				want := conversationFacts(json.RawMessage(record))
				began, anomalies := Glance([]byte(id), []byte(start), []byte(last))
				if !began.Equal(want.Start) || !slices.Equal(slices.Sorted(slices.Values(anomalies)), slices.Sorted(slices.Values(want.Anomalies))) {
					t.Errorf("%s: began %v with %v, want %v with %v", record, began, anomalies, want.Start, want.Anomalies)
				}
			}
		}
	}
	if _, anomalies := Glance(nil, nil, nil); len(anomalies) != 3 {
		t.Errorf("a record without members has anomalies %v", anomalies)
	}
}

// TestMayBelongNeverMissesAMessage spells messages in every way that JSON allows.
func TestMayBelongNeverMissesAMessage(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	known := func(id []byte) bool { return string(id) == "wanted" || string(id) == "wänted" }
	missed, sieved := 0, 0
	for range 20000 {
		record := randomMessage(random)
		id := messageFacts(record).ConversationID
		switch may := MayBelong(record, known); {
		case known([]byte(id)) && !may:
			missed++
			t.Errorf("missed %s", record)
		case !may:
			sieved++
		}
	}
	if sieved < 500 {
		t.Errorf("only %d of 20000 messages are held back: the sieve does nothing", sieved)
	}
}

func randomMessage(r *rand.Rand) json.RawMessage {
	var members []string
	for range 1 + r.IntN(4) {
		key := []string{"conversationId", "conversationId", "_id", "text", "conversationid"}[r.IntN(5)]
		value := []string{`wanted`, `wänted`, `other`, `\"conversationId\":\"wanted\"`, `conversationId`}[r.IntN(5)]
		space := []string{"", " ", "\n\t"}[r.IntN(3)]
		member := space + `"` + randomEscapes(r, key) + `"` + space + `:` + space
		switch r.IntN(6) {
		case 0:
			member += `{"conversationId":"` + value + `"}`
		case 1:
			member += []string{"7", "null", "[]", `["wanted"]`}[r.IntN(4)]
		default:
			member += `"` + randomEscapes(r, value) + `"`
		}
		members = append(members, member)
	}
	return json.RawMessage("{" + strings.Join(members, ",") + "}")
}

func randomEscapes(r *rand.Rand, text string) string {
	if r.IntN(3) > 0 || strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for _, c := range text {
		if r.IntN(4) == 0 {
			fmt.Fprintf(&b, []string{`\u%04x`, `\u%04X`}[r.IntN(2)], c)
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

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
	files, refused, err := d.List()
	if err != nil || len(files) != 1 || len(refused) != 0 {
		t.Fatalf("got %v, %v, %v", files, refused, err)
	}
	blocks := readBlocks(t, d, files[0], text.Bytes())
	if len(blocks) < 50 {
		t.Errorf("only %d blocks", len(blocks))
	}
	for _, b := range blocks {
		f := files[0]
		f.At, f.Hash = b.End, b.Hash
		readBlocks(t, d, f, text.Bytes())
	}
}

func readBlocks(t *testing.T, d *Dump, f dsr.DumpFile, text []byte) (blocks []Block) {
	t.Helper()
	r, err := d.Open(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	at, lines, buf := f.At, r.Lines(), make([]byte, 4096)
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
	sum, err := r.Finish()
	if err != nil || sum != sha256.Sum256(text) || at != int64(len(text)) {
		t.Fatalf("read to %d of %d, digest right: %v, %v", at, len(text), sum == sha256.Sum256(text), err)
	}
	return blocks
}
