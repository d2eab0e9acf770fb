package archive_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
	"dsr-server/internal/fake/vendor"
)

// dialogues yields the shipped sample's dialogues any number of times, or, where the
// limits are measured and it is there, a folder of more of them. Between two copies
// lies more than a compressor looks back.
type dialogues struct {
	noFiles
	times         int
	conversations []dialogue
}

type dialogue struct {
	record   json.RawMessage
	messages []json.RawMessage
}

func loadDialogues(tb testing.TB, times int) dialogues {
	tb.Helper()
	data := vendor.Sample()
	if more, err := vendor.Load(os.DirFS(filepath.Join("..", "..", "..", "shared", "data"))); benchFull && err == nil {
		data = more
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		tb.Fatal(err)
	}
	d := dialogues{times: times}
	for _, record := range data.Conversations() {
		var named struct {
			ID string `json:"_id"`
		}
		if json.Unmarshal(record, &named) == nil && named.ID != "" {
			d.conversations = append(d.conversations, dialogue{record, data.MessagesOf(named.ID)})
		}
	}
	return d
}

// stamp is a made-up time that puts the records in the order they are yielded in.
func stamp(i int) time.Time { return at(1, 1, 0, 0).Add(time.Duration(i) * time.Second) }

func (d dialogues) Conversations(context.Context, string) iter.Seq2[dsr.Record, error] {
	return func(yield func(dsr.Record, error) bool) {
		for i := range d.times * len(d.conversations) {
			id := fmt.Sprintf("%08d", i)
			raw := compact(string(d.conversations[i%len(d.conversations)].record))
			if !yield(dsr.Record{Source: "bot", ID: id, ConversationID: id, Start: stamp(i), Raw: raw}, nil) {
				return
			}
		}
	}
}

func (d dialogues) Messages(_ context.Context, _, conversation string) iter.Seq2[dsr.Record, error] {
	return func(yield func(dsr.Record, error) bool) {
		var i int
		if _, err := fmt.Sscanf(conversation, "%d", &i); err != nil {
			yield(dsr.Record{}, err)
			return
		}
		for n, raw := range d.conversations[i%len(d.conversations)].messages {
			if !yield(dsr.Record{Source: "bot", ID: fmt.Sprintf("%04d", n), ConversationID: conversation, Time: stamp(n), Raw: raw}, nil) {
				return
			}
		}
	}
}

// cpu is the processor time this process has used. It is compared instead of the
// time gone by, which depends on what else the machine does.
func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkAgainstStandard packages real dialogues with the archive's compressor and
// with the standard library's level 6, in turn, and reports what the first takes of
// the second: for a whole archive, and for compressing its entries alone.
func BenchmarkAgainstStandard(b *testing.B) {
	times, rounds := 1, 1
	if benchFull {
		times, rounds = 3, 3
	}
	in := bulk(b, many{})
	in.Contents = loadDialogues(b, times)
	entries := contentsOf(b, in)
	for b.Loop() {
		var whole, alone [2]time.Duration
		var size [2]int64
		for range rounds {
			for i, write := range []func(context.Context, io.Writer, archive.Input) (archive.Summary, error){archive.Write, archive.WriteStandard} {
				before := cpu(b)
				s, err := write(b.Context(), io.Discard, in)
				if err != nil {
					b.Fatal(err)
				}
				whole[i], size[i] = whole[i]+cpu(b)-before, s.Size
			}
			for i, deflate := range []func(io.Writer) (io.WriteCloser, error){archive.NewDeflate, archive.NewStandardDeflate} {
				before := cpu(b)
				compress(b, deflate, entries)
				alone[i] += cpu(b) - before
			}
		}
		ratios := []float64{float64(alone[0]) / float64(alone[1]), float64(whole[0]) / float64(whole[1]), float64(size[0]) / float64(size[1])}
		b.ReportMetric(ratios[0], "compression-alone")
		b.ReportMetric(ratios[1], "whole-archive")
		b.ReportMetric(ratios[2], "size")
		b.ReportMetric(float64(size[0])/1e6, "zip-MB")
		b.ReportMetric(float64(len(entries))/1e6, "unpacked-MB")
		if benchFull && (ratios[0] > 0.6 || ratios[1] > 0.85 || ratios[2] > 1.08) {
			b.Errorf("limits: 0.6, 0.85 and 1.08 of the standard library's level 6")
		}
	}
}

// contentsOf is the content of all entries, one after the other.
func contentsOf(b *testing.B, in archive.Input) []byte {
	b.Helper()
	var packed, content bytes.Buffer
	if _, err := archive.Write(b.Context(), &packed, in); err != nil {
		b.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(&content, r); err != nil {
			b.Fatal(err)
		}
	}
	return content.Bytes()
}

func compress(b *testing.B, deflate func(io.Writer) (io.WriteCloser, error), text []byte) {
	b.Helper()
	w, err := deflate(io.Discard)
	if err == nil {
		_, err = w.Write(text)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		b.Fatal(err)
	}
}
