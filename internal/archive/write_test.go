package archive_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestEntriesAreTheLayoutInItsOrder(t *testing.T) {
	t.Parallel()
	names, _ := unpack(t, write(t, sample(t)))
	got := strings.Join(names, "\n") + "\n"
	path := filepath.Join("testdata", "listing.golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestSameInputGivesSameBytes(t *testing.T) { // not parallel: it sets the process's zone
	in := sample(t)
	first := write(t, in)
	defer func(zone *time.Location) { time.Local = zone }(time.Local)
	for _, zone := range []*time.Location{time.FixedZone("east", 14*3600), time.FixedZone("west", -11*3600)} {
		time.Local = zone
		other := in
		other.Request.Window.Start = in.Request.Window.Start.In(zone)
		other.Request.ReceivedAt = in.Request.ReceivedAt.In(zone)
		other.Request.AsOf = in.Request.AsOf.Local()
		other.Coverage.AsOf = in.Coverage.AsOf.Local()
		other.Coverage.Sources = slices.Clone(in.Coverage.Sources)
		other.Coverage.Sources[0].Asked.Start = in.Coverage.Sources[0].Asked.Start.In(zone)
		if !bytes.Equal(first, write(t, other)) {
			t.Errorf("in the zone %s the archive has other bytes", zone)
		}
	}
}

func TestOtherSearchOfTheSameRecordsChangesNoTranscriptAndNoData(t *testing.T) {
	t.Parallel()
	in := sample(t)
	_, before := unpack(t, write(t, in))
	in.Request.ID, in.Request.Reference = "0198a1b2-0000-7000-8000-000000000002", ""
	in.Request.ReceivedAt, in.Request.AsOf, in.Software = at(8, 1, 0, 0), at(8, 2, 0, 0), "dsr-server 9"
	in.Coverage = incomplete(in.Coverage, "it-desk")
	names, after := unpack(t, write(t, in))
	mayDiffer := []string{"coverage.json", "index.html", "statement.html", "README.txt", "manifest.json", "manifest.json.sig"}
	for _, name := range names {
		if same := bytes.Equal(before[name], after[name]); same == slices.Contains(mayDiffer, name) {
			t.Errorf("%s: same is %t", name, same)
		}
	}
}

func TestEntriesCarryTheZIPEpochAndNothingOfTheHost(t *testing.T) {
	t.Parallel()
	b := write(t, sample(t))
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		if got := f.Modified.Format(time.DateTime); got != "1980-01-01 00:00:00" || len(f.Extra) > 0 || f.ExternalAttrs != 0 || f.CreatorVersion>>8 != 0 {
			t.Errorf("%s: modified %s, extra %x, attributes %x, creator %x", f.Name, got, f.Extra, f.ExternalAttrs, f.CreatorVersion)
		}
	}
}

func TestRecordsSurviveToTheByte(t *testing.T) {
	t.Parallel()
	in := sample(t)
	in.Contents.(*found).message("support-bot", `{"_id":"m2","time":1744651778.652,"STARTTIME":1.0e0,"type":"X","a":"\u0041\/\ud800","a":2,"n":123456789012345678901234567890,"m":"<>&`+"\u2028\xff"+`","conversationId":"783bf7c2ea392cc6942a356056073c00"}`)
	_, content := unpack(t, write(t, in))
	f := in.Contents.(*found)
	want := map[string][]byte{}
	for _, c := range f.conversations["support-bot"] {
		want["data/support-bot/conversations.ndjson"] = append(append(want["data/support-bot/conversations.ndjson"], c.Raw...), '\n')
		for _, m := range f.messages["support-bot"][c.ID] {
			want["data/support-bot/messages.ndjson"] = append(append(want["data/support-bot/messages.ndjson"], m.Raw...), '\n')
		}
	}
	for name, lines := range want {
		if !bytes.Equal(content[name], lines) {
			t.Errorf("%s:\n got %s\nwant %s", name, content[name], lines)
		}
	}
	if !bytes.Contains(content["data/support-bot/messages.ndjson"], []byte("\"time\":1744651778.652,\"STARTTIME\":1.0e0")) {
		t.Error("the numbers were written anew")
	}
}

func TestManifestSaysWhatWasAskedAndCounts(t *testing.T) {
	t.Parallel()
	in := sample(t)
	in.Request.Window.End, in.Request.Reference = time.Time{}, ""
	names, content := unpack(t, write(t, in))
	var m struct {
		Version  int
		Request  map[string]json.RawMessage
		Software string
		Counts   map[string]int
		Files    []struct {
			Name   string
			Size   int
			SHA256 string
		}
	}
	if err := json.Unmarshal(content["manifest.json"], &m); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"id": `"0198a1b2-0000-7000-8000-000000000001"`, "reference": `null`, "sources": `["it-desk","support-bot"]`,
		"selectors": `[{"conversation_id":"783bf7c2ea392cc6942a356056073c00"},{"metadata":{"key":"*","value":"ana@example.com","match":"normalized"}}]`,
		"window":    `{"start":"2025-01-01T00:00:00Z","end":null}`, "received_at": `"2025-06-30T09:00:00Z"`, "as_of": `"2025-06-30T09:05:00Z"`,
	} {
		if got := string(m.Request[key]); got != want {
			t.Errorf("request.%s: got %s, want %s", key, got, want)
		}
	}
	if m.Version != 1 || m.Software != in.Software || m.Counts["conversations"] != 3 || m.Counts["messages"] != 6 {
		t.Errorf("got %+v", m)
	}
	var listed []string
	for _, f := range m.Files {
		listed = append(listed, f.Name)
		if f.Size != len(content[f.Name]) {
			t.Errorf("%s: size %d, want %d", f.Name, f.Size, len(content[f.Name]))
		}
	}
	want := slices.DeleteFunc(slices.Sorted(slices.Values(names)), func(n string) bool { return strings.HasPrefix(n, "manifest.json") })
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("files -want +got\n%s", diff)
	}
}

func TestCoverageIsWrittenAsGivenWithEmptyListsAndUTC(t *testing.T) {
	t.Parallel()
	in := sample(t)
	in.Coverage.Sources[0].Asked.Start = at(1, 1, 0, 0).In(time.FixedZone("x", 3600))
	_, content := unpack(t, write(t, in))
	text := string(content["coverage.json"])
	var got dsr.Coverage
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if !got.Complete || len(got.Sources) != 2 || got.Sources[1].Read[0].Records != 41873 {
		t.Errorf("got %+v", got)
	}
	for _, want := range []string{`"reasons": []`, `"retries": {}`, `"start": "2025-01-01T00:00:00Z"`} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "null") || strings.Contains(text, "+01:00") {
		t.Errorf("null or another zone in\n%s", text)
	}
}

func TestNothingFoundIsAWholeSignedAnswer(t *testing.T) {
	t.Parallel()
	in := sample(t)
	in.Contents = newFound()
	b := write(t, in)
	report, err := archive.Verify(save(t, b), []byte(in.Signer.AllowedSigner()), export.Named)
	if err != nil || !report.Complete || !report.SignerChecked {
		t.Fatalf("got %+v, %v", report, err)
	}
	_, content := unpack(t, b)
	for _, file := range []string{"conversations.ndjson", "messages.ndjson"} {
		for _, source := range in.Request.Sources {
			if text, ok := content["data/"+source+"/"+file]; !ok || len(text) > 0 {
				t.Errorf("%s of %s: there is %t, with %d bytes", file, source, ok, len(text))
			}
		}
	}
	if page := textOf(tree(t, content["index.html"])); !strings.Contains(page, "No conversation was found.") || strings.Contains(page, "Incomplete") {
		t.Errorf("the start page says\n%s", page)
	}
}

func TestIncompleteIsSaidInWordsWithItsReasons(t *testing.T) {
	t.Parallel()
	for language, words := range map[string][]string{
		"en": {"Incomplete: not everything could be searched", "The chatbot’s provider denied access to the data.", "Not searched completely"},
		"de": {"Unvollständig: Nicht alles konnte durchsucht werden", "Der Anbieter des Chatbots hat den Zugang zu den Daten verweigert.", "Nicht vollständig durchsucht"},
	} {
		for _, contents := range []archive.Contents{newFound(), sample(t).Contents} {
			in := sample(t)
			in.Request.Language, in.Contents = language, contents
			in.Coverage = incomplete(in.Coverage, "support-bot")
			_, content := unpack(t, write(t, in))
			page, readme := textOf(tree(t, content["index.html"])), string(content["README.txt"])
			for i, word := range words {
				if !strings.Contains(page, word) {
					t.Errorf("%s: the start page does not say %q", language, word)
				}
				if i < 2 && !strings.Contains(strings.ToLower(readme), strings.ToLower(word)) {
					t.Errorf("%s: README.txt does not say %q", language, word)
				}
			}
			if inside := "the vendor answered 401"; strings.Contains(page+readme, inside) || !strings.Contains(string(content["coverage.json"]), inside) {
				t.Errorf("%s: the detail for operators must be in coverage.json and nowhere else", language)
			}
			if strings.Contains(page, "The search is complete") || strings.Contains(page, "Die Suche ist vollständig") {
				t.Errorf("%s: the start page says complete as well", language)
			}
		}
	}
}

func TestCoverageThatContradictsItselfIsRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*archive.Input){
		"complete on half a search":   func(in *archive.Input) { in.Coverage = incomplete(in.Coverage, "it-desk"); in.Coverage.Complete = true },
		"incomplete without a source": func(in *archive.Input) { in.Coverage.Complete = false },
		"a source left out":           func(in *archive.Input) { in.Coverage.Sources = in.Coverage.Sources[:1] },
		"a source nobody asked":       func(in *archive.Input) { in.Request.Sources = in.Request.Sources[:1] },
		"no source":                   func(in *archive.Input) { in.Request.Sources, in.Coverage.Sources = nil, nil },
		"complete with a reason": func(in *archive.Input) {
			in.Coverage.Sources[0].Reasons = []dsr.Reason{{Code: dsr.ReasonGaveUp}}
		},
		"no key":      func(in *archive.Input) { in.Signer = nil },
		"no contents": func(in *archive.Input) { in.Contents = nil },
	} {
		in := sample(t)
		change(&in)
		if _, err := archive.Write(t.Context(), &bytes.Buffer{}, in); err == nil {
			t.Errorf("%s: was packaged", name)
		}
	}
}

func TestContentsOutOfOrderAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*found){
		"conversations": func(f *found) { slices.Reverse(f.conversations["support-bot"]) },
		"messages": func(f *found) {
			slices.Reverse(f.messages["support-bot"]["5c80416892d94e40a64cea7dc6406e25"])
		},
		"a conversation twice": func(f *found) {
			f.conversations["support-bot"] = append(f.conversations["support-bot"], f.conversations["support-bot"][2])
		},
		"two lines": func(f *found) { f.conversations["support-bot"][0].Raw = []byte("{\n}") },
	} {
		in := sample(t)
		change(in.Contents.(*found))
		if _, err := archive.Write(t.Context(), &bytes.Buffer{}, in); err == nil {
			t.Errorf("%s: were packaged", name)
		}
	}
}

var errStore = errors.New("the database is busy")

// failing yields an error in place of the nth record.
type failing struct {
	*found
	left *int
}

func (f failing) Conversations(ctx context.Context, source string) iter.Seq2[dsr.Record, error] {
	return f.cut(f.found.Conversations(ctx, source))
}

func (f failing) Messages(ctx context.Context, source, id string) iter.Seq2[dsr.Record, error] {
	return f.cut(f.found.Messages(ctx, source, id))
}

func (f failing) cut(records iter.Seq2[dsr.Record, error]) iter.Seq2[dsr.Record, error] {
	return func(yield func(dsr.Record, error) bool) {
		for rec, err := range records {
			if *f.left--; *f.left < 0 {
				yield(dsr.Record{}, errStore)
				return
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

func TestErrorOfTheContentsEndsPackagingWhereverItComes(t *testing.T) {
	t.Parallel()
	in := sample(t)
	contents := in.Contents.(*found)
	for n := 0; ; n++ {
		left := n
		in.Contents = failing{contents, &left}
		_, err := archive.Write(t.Context(), &bytes.Buffer{}, in)
		if err == nil {
			if n < 20 {
				t.Fatalf("packaged after %d records", n)
			}
			return
		}
		if !errors.Is(err, errStore) {
			t.Fatalf("after %d records: %v", n, err)
		}
	}
}

func TestCancelledContextEndsPackaging(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := archive.Write(ctx, &bytes.Buffer{}, sample(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// exclusive fails when two of its sequences are open at once.
type exclusive struct {
	*found
	open *int
}

func (e exclusive) Conversations(ctx context.Context, source string) iter.Seq2[dsr.Record, error] {
	return e.guard(e.found.Conversations(ctx, source))
}

func (e exclusive) Messages(ctx context.Context, source, id string) iter.Seq2[dsr.Record, error] {
	return e.guard(e.found.Messages(ctx, source, id))
}

func (e exclusive) guard(records iter.Seq2[dsr.Record, error]) iter.Seq2[dsr.Record, error] {
	return func(yield func(dsr.Record, error) bool) {
		*e.open++
		defer func() { *e.open-- }()
		if *e.open > 1 {
			yield(dsr.Record{}, errors.New("two sequences are open at once"))
			return
		}
		records(yield)
	}
}

func TestOneSequenceIsOpenAtATime(t *testing.T) {
	t.Parallel()
	in := sample(t)
	in.Contents = exclusive{in.Contents.(*found), new(int)}
	write(t, in)
}

func TestManyLargeConversationsAreReadInChunks(t *testing.T) {
	t.Parallel()
	f, pad := newFound(), strings.Repeat("x", 1<<20)
	for i := range 10 {
		f.conversation("support-bot", fmt.Sprintf(`{"_id":"c%d","startTime":%d,"metadata":{"pad":%q}}`, i, 1735703772+i, pad))
	}
	in := sample(t)
	in.Contents = exclusive{f, new(int)}
	names, _ := unpack(t, write(t, in))
	if n := len(slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, "conversations/") })); n != 10 {
		t.Errorf("got %d transcripts, want 10", n)
	}
}
