package archive_test

import (
	"context"
	"fmt"
	"iter"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
)

// many yields any number of records without holding them.
type many struct{ conversations, messagesEach int }

func (many) Attachments(context.Context, string) iter.Seq2[dsr.Attachment, error] {
	return each[dsr.Attachment](nil)
}

func (many) Withheld(context.Context) ([]dsr.Withheld, error) { return nil, nil }

func (many) AttachmentPaths(context.Context, string) ([]string, error) { return nil, nil }

func (m many) Conversations(context.Context, string) iter.Seq2[dsr.Record, error] {
	return func(yield func(dsr.Record, error) bool) {
		for c := range m.conversations {
			id := fmt.Sprintf("%032x", c)
			raw := fmt.Sprintf(`{"_id":%q,"startTime":%d,"locale":"en_us","metadata":{"email":"ana@example.com","draft":false},"userMessageCount":6}`, id, 1735703772+c)
			if !yield(dsr.Record{Source: "bot", ID: id, ConversationID: id, Start: time.Unix(int64(1735703772+c), 0), Raw: []byte(raw)}, nil) {
				return
			}
		}
	}
}

func (m many) Messages(_ context.Context, _, conversation string) iter.Seq2[dsr.Record, error] {
	return func(yield func(dsr.Record, error) bool) {
		for i := range m.messagesEach {
			id := fmt.Sprintf("%032x", i)
			raw := fmt.Sprintf(`{"_id":%q,"time":%d.25,"type":"BotMessage","outMsg":{"steps":[{"text":"You could take %d different buses. There's one that leaves at 7:30 am and has 0 transfers, costing $45."}],"options":[{"txt":"Yes"},{"txt":"No"}]},"conversationId":%q}`, id, 1735703772+i, i, conversation)
			if i%2 == 0 {
				raw = fmt.Sprintf(`{"_id":%q,"time":%d,"type":"UserInput","userActionType":"text","userInput":"I would like to take bus %d, please","conversationId":%q}`, id, 1735703772+i, i, conversation)
			}
			if !yield(dsr.Record{Source: "bot", ID: id, ConversationID: conversation, Time: time.Unix(int64(1735703772+i), 0), Raw: []byte(raw)}, nil) {
				return
			}
		}
	}
}

// heapPeak is a writer that notes the most memory that the last collection left.
type heapPeak struct{ bytes, heap uint64 }

func (h *heapPeak) Write(b []byte) (int, error) {
	if (h.bytes+uint64(len(b)))>>16 != h.bytes>>16 {
		sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(sample)
		h.heap = max(h.heap, sample[0].Value.Uint64())
	}
	h.bytes += uint64(len(b))
	return len(b), nil
}

func bulk(t testing.TB, m many) archive.Input {
	return archive.Input{Request: request("bot"), Coverage: complete("bot"), Software: "dsr-server", Contents: m, Signer: signer(t), Speech: speech}
}

func TestMemoryDoesNotGrowWithTheMessages(t *testing.T) { // not parallel: it measures the process's heap
	defer debug.SetGCPercent(debug.SetGCPercent(10)) // look often
	var peaks []uint64
	for _, each := range []int{100, 1500} {
		var h heapPeak
		if _, err := archive.Write(t.Context(), &h, bulk(t, many{20, each})); err != nil {
			t.Fatal(err)
		}
		peaks = append(peaks, h.heap)
	}
	if peaks[1] > peaks[0]+4<<20 {
		t.Errorf("live heap of 2,000 messages %d bytes, of 30,000 messages %d", peaks[0], peaks[1])
	}
}

// BenchmarkWrite reports, beside the time, the most live heap of one packaging.
func BenchmarkWrite(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	for _, m := range []many{{10, 1000}, {1000, 10}} {
		b.Run(fmt.Sprintf("conversations=%d/messages=%d", m.conversations, m.conversations*m.messagesEach), func(b *testing.B) {
			in := bulk(b, m)
			for b.Loop() {
				var h heapPeak
				if _, err := archive.Write(b.Context(), &h, in); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(h.heap)/1e6, "peak-live-heap-MB")
				b.ReportMetric(float64(h.bytes)/1e6, "zip-MB")
			}
		})
	}
}
