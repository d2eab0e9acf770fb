package archive_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/sign"
)

// found is a Contents in memory, in the order that Contents promises.
type found struct {
	conversations map[string][]dsr.Record            // by source
	messages      map[string]map[string][]dsr.Record // by source and conversation
	attachments   map[string][]dsr.Attachment        // by source
	paths         []string                           // of files
	content       map[string]string                  // of files, by SHA-256
	withheld      []dsr.Withheld
}

func newFound() *found {
	return &found{map[string][]dsr.Record{}, map[string]map[string][]dsr.Record{}, map[string][]dsr.Attachment{}, nil, map[string]string{}, nil}
}

func (f *found) Conversations(_ context.Context, source string) iter.Seq2[dsr.Record, error] {
	return each(f.conversations[source])
}

func (f *found) Messages(_ context.Context, source, id string) iter.Seq2[dsr.Record, error] {
	return each(f.messages[source][id])
}

func (f *found) Attachments(_ context.Context, source string) iter.Seq2[dsr.Attachment, error] {
	return each(f.attachments[source])
}

func (f *found) Withheld(context.Context) ([]dsr.Withheld, error) { return f.withheld, nil }

func (f *found) AttachmentPaths(context.Context, string) ([]string, error) { return f.paths, nil }

// noFiles are the files of messages that refer to none.
type noFiles struct{}

func (noFiles) Attachments(context.Context, string) iter.Seq2[dsr.Attachment, error] {
	return each[dsr.Attachment](nil)
}

func (noFiles) Withheld(context.Context) ([]dsr.Withheld, error) { return nil, nil }

func (noFiles) AttachmentPaths(context.Context, string) ([]string, error) { return nil, nil }

func each[T any](records []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// conversation adds a conversation as the vendor's JSON has it.
func (f *found) conversation(source, raw string, why ...dsr.Why) {
	v := fields(raw)
	id, _ := v["_id"].(string)
	f.conversations[source] = append(f.conversations[source], dsr.Record{Source: source, Kind: dsr.Conversation, ID: id, ConversationID: id,
		Start: seconds(v["startTime"]), LastAction: naive(v["lastActionAt"]), Raw: compact(raw), Why: why})
	slices.SortStableFunc(f.conversations[source], byPlace)
}

// message adds a message to the conversation that it names.
func (f *found) message(source, raw string) {
	v := fields(raw)
	id, _ := v["_id"].(string)
	conversation, _ := v["conversationId"].(string)
	f.add(dsr.Record{Source: source, Kind: dsr.Message, ID: id, ConversationID: conversation, Time: seconds(v["time"]), Raw: compact(raw)})
}

func (f *found) add(rec dsr.Record) {
	if f.messages[rec.Source] == nil {
		f.messages[rec.Source] = map[string][]dsr.Record{}
	}
	list := append(f.messages[rec.Source][rec.ConversationID], rec)
	slices.SortStableFunc(list, byPlace)
	f.messages[rec.Source][rec.ConversationID] = list
}

func byPlace(a, b dsr.Record) int {
	at, bt := cmp.Or(a.Start, a.Time), cmp.Or(b.Start, b.Time)
	if at.IsZero() != bt.IsZero() {
		if at.IsZero() {
			return 1
		}
		return -1
	}
	return cmp.Or(at.Compare(bt), cmp.Compare(a.ID, b.ID))
}

func fields(raw string) map[string]any {
	dec := json.NewDecoder(strings.NewReader(raw))
	dec.UseNumber()
	v := map[string]any{}
	if err := dec.Decode(&v); err != nil {
		panic(err)
	}
	return v
}

func compact(raw string) json.RawMessage {
	var buf bytes.Buffer
	if err := json.Compact(&buf, []byte(raw)); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

func seconds(v any) time.Time {
	n, ok := v.(json.Number)
	if !ok {
		return time.Time{}
	}
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil || f > 1e11 {
		return time.Time{}
	}
	return time.UnixMilli(int64(f*1000 + .5)).UTC()
}

func naive(v any) time.Time {
	s, _ := v.(string)
	t, _ := time.Parse("2006-01-02T15:04:05", s)
	return t
}

// at is a time in 2025.
func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2025, month, day, hour, minute, 0, 0, time.UTC)
}

// sample is a request whose records show each shape once.
func sample(t testing.TB) archive.Input {
	t.Helper()
	f := newFound()
	f.conversation("support-bot", `{"_id":"5c80416892d94e40a64cea7dc6406e25","startTime":1744651778,"locale":"en_us","metadata":{"email":"Ana@Example.com ","draft":false,"browser_localTime":1744651778285,"exact":12345678901234567890,"customer":{"contact":{"emails":["ana@example.com","a2@example.com"],"phone":null}},"html":"<b>&amp;</b>","transcript":"User:\tmy camera\nBot:\tHello"},"tags":["guideInteraction"],"userMessageCount":6,"lastActionAt":"2025-04-14T20:58:15.384884"}`,
		dsr.Why{Selector: 1, Path: "email"}, dsr.Why{Selector: 1, Path: "customer.contact.emails"})
	for _, raw := range []string{
		`{"_id":"aee4189e000000000000000000000001","time":1744651778.652,"type":"Question","outMsg":{"steps":[{"text":"Hello 👋 How can I help you?"}],"options":[{"txt":"Camera"},{"txt":"Lock","id":7}]},"conversationId":"5c80416892d94e40a64cea7dc6406e25"}`,
		`{"_id":"33f34335-bd8a-41a7-8ce1-73542fcc2b9c","time":1744651783,"type":"UserInput","userActionType":"quickReply","userInput":"My camera is <offline> & sad","conversationId":"5c80416892d94e40a64cea7dc6406e25"}`,
		`{"_id":"aee4189e000000000000000000000002","time":1744651790.5,"type":"UserInput","userActionType":"form","userInput":{"name":"Ana Kovač","email":"ana@example.com","order":{"id":12345678901234567890,"items":["cam",2]}},"conversationId":"5c80416892d94e40a64cea7dc6406e25"}`,
		`{"_id":"aee4189e000000000000000000000003","time":1744751890,"type":"AgentJoined","agent":{"desk":"second line","queue":null},"conversationId":"5c80416892d94e40a64cea7dc6406e25"}`,
		`{"_id":"aee4189e000000000000000000000004","time":"soon","type":"BotMessage","outMsg":{"steps":[{"text":"Bye"}],"card":{"title":"T"}},"conversationId":"5c80416892d94e40a64cea7dc6406e25"}`,
	} {
		f.message("support-bot", raw)
	}
	f.conversation("support-bot", `{"_id":"783bf7c2ea392cc6942a356056073c00","startTime":1735703772,"metadata":null}`, dsr.Why{Selector: 0})
	f.message("support-bot", `{"_id":"m1","time":1735703772.1,"type":"UserInput","userInput":"=HYPERLINK(\"http://x\")","conversationId":"783bf7c2ea392cc6942a356056073c00"}`)
	f.conversation("support-bot", `{"_id":"Ünï/../code","startTime":"?","metadata":{"email":"ana@example.com"}}`, dsr.Why{Selector: 1, Path: "email"})
	return archive.Input{Speech: speech, Describe: export.RecordSchema, Request: request("it-desk", "support-bot"), Coverage: complete("it-desk", "support-bot"),
		Software: "dsr-server 0.0.0-test", Contents: f, Signer: signer(t)}
}

// speech is the sources' own.
func speech(sourceType string, d *dsr.Declared) archive.Speech { return export.SpeechOf(sourceType, d) }

func request(sources ...string) dsr.Request {
	return dsr.Request{
		ID: "0198a1b2-0000-7000-8000-000000000001", Reference: "PRIV-1042",
		Selectors: []dsr.Selector{{ConversationID: "783bf7c2ea392cc6942a356056073c00"},
			{Metadata: &dsr.Metadata{Key: "*", Value: "ana@example.com", Match: dsr.Normalized}}},
		Sources: sources, Window: dsr.Window{Start: at(1, 1, 0, 0), End: at(7, 1, 0, 0)},
		ReceivedAt: at(6, 30, 9, 0), AsOf: at(6, 30, 9, 5), Language: "en",
	}
}

func complete(sources ...string) dsr.Coverage {
	c := dsr.Coverage{AsOf: at(6, 30, 9, 5), Complete: true}
	for _, name := range sources {
		first, last := at(1, 1, 3, 0), at(6, 30, 8, 0)
		c.Sources = append(c.Sources, dsr.SourceCoverage{
			Name: name, Type: "converse", Complete: true,
			Assumes: []dsr.Assumption{dsr.Assume(dsr.AssumesMargin, "168", "96")},
			Asked:   dsr.Span{Start: at(1, 1, 0, 0), End: at(6, 30, 9, 5)},
			Read: []dsr.RangeRead{{Start: at(1, 1, 0, 0), End: at(6, 30, 9, 5), Pages: 42, Records: 41873,
				First: &first, Last: &last, Digest: strings.Repeat("ab", 32)}},
			Calls: map[string]int64{"conversations": 42}, Anomalies: []dsr.Anomaly{{Rule: "Q6", Count: 2}},
		})
	}
	return c
}

// ofType says of what type the sources are.
func ofType(c dsr.Coverage, sourceType string) dsr.Coverage {
	for i := range c.Sources {
		c.Sources[i].Type = sourceType
	}
	return c
}

// incomplete makes one source of a coverage incomplete.
func incomplete(c dsr.Coverage, source string) dsr.Coverage {
	c.Complete = false
	for i := range c.Sources {
		if c.Sources[i].Name == source {
			c.Sources[i].Complete = false
			c.Sources[i].Reasons = []dsr.Reason{{Code: dsr.ReasonKeyRefused, Detail: "the vendor answered 401 on 2025-06-30"}}
		}
	}
	return c
}

func signer(t testing.TB) *sign.Signer {
	t.Helper()
	s, err := sign.LoadOrCreate(filepath.Join(t.TempDir(), "signing.key"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// write packages in and returns the ZIP's bytes.
func write(t testing.TB, in archive.Input) []byte {
	t.Helper()
	var buf bytes.Buffer
	sum, err := archive.Write(context.Background(), &buf, in)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Size != int64(buf.Len()) {
		t.Fatalf("summary says %d bytes, written were %d", sum.Size, buf.Len())
	}
	return buf.Bytes()
}

// save puts bytes into a file.
func save(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "archive.zip")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
