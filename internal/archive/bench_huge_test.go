package archive_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// huge is an archive beyond what a plain ZIP can hold: more entries than 16 bits count,
// entries and places in the file beyond 32 bits. Half of each long message does not
// compress.
type huge struct {
	noFiles
	conversations int // of which the first few have messages
	messages      int // of a mebibyte
	noise         []byte
}

const (
	hugeMessage = 1 << 20
	hugeEach    = 450 // messages in one conversation
)

func newHuge(conversations, messages int) huge {
	noise := make([]byte, 48<<20)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(noise)
	return huge{noFiles{}, conversations, messages, []byte(base64.StdEncoding.EncodeToString(noise))}
}

func (h huge) Conversations(context.Context, string) iter.Seq2[dsr.Record, error] {
	return func(yield func(dsr.Record, error) bool) {
		for i := range h.conversations {
			id := fmt.Sprintf("%08d", i)
			raw := fmt.Sprintf(`{"_id":%q}`, id)
			if !yield(dsr.Record{Source: "bot", ID: id, ConversationID: id, Start: stamp(i), Raw: []byte(raw)}, nil) {
				return
			}
		}
	}
}

func (h huge) Messages(_ context.Context, _, conversation string) iter.Seq2[dsr.Record, error] {
	return func(yield func(dsr.Record, error) bool) {
		var c int
		if _, err := fmt.Sscanf(conversation, "%d", &c); err != nil {
			yield(dsr.Record{}, err)
			return
		}
		for i := c * hugeEach; i < min((c+1)*hugeEach, h.messages); i++ {
			id := fmt.Sprintf("%08d", i)
			if !yield(dsr.Record{Source: "bot", ID: id, ConversationID: conversation, Time: stamp(i), Raw: h.message(i, id, conversation)}, nil) {
				return
			}
		}
	}
}

func (h huge) message(i int, id, conversation string) []byte {
	raw := fmt.Appendf(make([]byte, 0, hugeMessage+256), `{"_id":%q,"conversationId":%q,"type":"UserInput","userInput":"`, id, conversation)
	from := i * 999_983 % (len(h.noise) - hugeMessage/2)
	raw = append(raw, h.noise[from:from+hugeMessage/2]...)
	return append(append(raw, bytes.Repeat([]byte("word "), hugeMessage/10)...), `"}`...)
}

// BenchmarkHuge writes such an archive and has other programs open it, and Verify.
func BenchmarkHuge(b *testing.B) {
	h := newHuge(500, 3)
	if benchFull {
		h = newHuge(65_600, 4_400)
	}
	in := bulk(b, many{})
	in.Contents = h
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "huge.zip")
		s := writeFile(b, path, in)
		b.ReportMetric(float64(s.Size)/(1<<30), "zip-GiB")
		b.ReportMetric(float64(h.messages)*hugeMessage/(1<<30), "largest-entry-GiB")
		if benchFull && (s.Size < 1<<32 || h.messages*hugeMessage < 1<<32) {
			b.Error("the archive is not beyond 4 GiB")
		}
		for _, command := range [][]string{{"unzip", "-tq"}, {"7z", "t", "-bd"}, {"python3", "-m", "zipfile", "-t"}} {
			out, err := exec.CommandContext(b.Context(), tool(b, command[0]), append(command[1:], path)...).CombinedOutput()
			if err != nil || bytes.Contains(bytes.ToLower(out), []byte("warning")) {
				b.Errorf("%s: %v\n%.2000s", command[0], err, out)
			}
			b.Logf("%s opens %d conversations and %d messages in %.2f GiB", command[0], s.Conversations, s.Messages, float64(s.Size)/(1<<30))
		}
		report, err := archive.Verify(path, []byte(in.Signer.AllowedSigner()), export.Named)
		if err != nil || report.Messages != int64(h.messages) {
			b.Errorf("verify: %v", err)
		}
		b.ReportMetric(float64(report.Entries), "entries")
	}
}

func writeFile(b testing.TB, path string, in archive.Input) archive.Summary {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	s, err := archive.Write(b.Context(), f, in)
	if err != nil {
		b.Fatal(err)
	}
	return s
}
