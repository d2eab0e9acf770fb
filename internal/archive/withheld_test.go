package archive_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

const (
	talk   = "5c80416892d94e40a64cea7dc6406e25"
	camera = "33f34335-bd8a-41a7-8ce1-73542fcc2b9c"
	form   = "aee4189e000000000000000000000002"
	other  = "783bf7c2ea392cc6942a356056073c00"
)

// someWithheld is one thing of each kind, of the sample.
func someWithheld() (items []dsr.Withheld) {
	for i, p := range []dsr.Place{
		{Conversation: talk, Message: camera, Text: "<offline> & sad"},
		{Conversation: talk, Text: "my camera"},
		{Conversation: talk, Message: form},
		{Conversation: talk, Message: form, Text: "Kovač"}, // within a message that is withheld
		{Conversation: other},
		{Conversation: talk, Text: "said before it was read anew"},
	} {
		p.Source = "support-bot"
		items = append(items, dsr.Withheld{ID: "w" + string(rune('1'+i)), Place: p, Reason: dsr.WithholdReasons[i]})
	}
	return items
}

func withholding(t *testing.T, items ...dsr.Withheld) archive.Input {
	t.Helper()
	in := sample(t)
	in.Contents.(*found).withheld = items
	return in
}

// said reports whether a transcript of an archive has some markup.
func said(content map[string][]byte, markup string) bool {
	for name, text := range content {
		if strings.HasPrefix(name, "conversations/") && bytes.Contains(text, []byte(markup)) {
			return true
		}
	}
	return false
}

func TestWhatIsWithheldLeavesItsPlace(t *testing.T) {
	t.Parallel()
	for language, words := range map[string]struct{ index, message string }{
		"en": {"Left out of this archive: 1 conversation, 1 message, 2 passages.", "<b>Withheld</b>"},
		"de": {"In diesem Archiv weggelassen: 1 Unterhaltung, 1 Nachricht, 2 Textstellen.", "<b>Zurückgehalten</b>"},
	} {
		in := withholding(t, someWithheld()...)
		in.Request.Language = language
		raw := write(t, in)
		_, content := unpack(t, raw)
		for name, text := range content {
			for _, secret := range []string{"offline", "my camera", "Kovač", "HYPERLINK", "said before"} {
				if bytes.Contains(text, []byte(secret)) {
					t.Errorf("%s says %q", name, secret)
				}
			}
		}
		messages := string(content["data/support-bot/messages.ndjson"])
		for _, want := range []string{`"userInput":"My camera is █████",`, `{"withheld":true,"conversation":"` + talk + `","id":"` + form + `"}`} {
			if !strings.Contains(messages, want) {
				t.Errorf("the messages have no %s:\n%s", want, messages)
			}
		}
		if conversations := string(content["data/support-bot/conversations.ndjson"]); !strings.Contains(conversations, `{"withheld":true,"id":"`+other+`"}`) || !strings.Contains(conversations, `12345678901234567890`) {
			t.Errorf("the conversations are\n%s", conversations)
		}
		if index := string(content["index.html"]); !strings.Contains(index, words.index) {
			t.Errorf("%s: the start page does not say %q", language, words.index)
		}
		if !said(content, words.message) {
			t.Errorf("%s: no transcript says %q", language, words.message)
		}
		report, err := archive.Verify(save(t, raw), nil, export.Named)
		if err != nil || report.Conversations != 3 || report.Messages != 5 {
			t.Errorf("verify: %+v, %v", report, err)
		}
	}
}

func TestTheListSaysWhatWasLeftOutAndNotWhatItSays(t *testing.T) {
	t.Parallel()
	_, content := unpack(t, write(t, withholding(t, someWithheld()...)))
	var list struct {
		Counts dsr.WithheldCount
		Items  []map[string]any
	}
	if err := json.Unmarshal(content["withheld.json"], &list); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{
		{"kind": "conversation", "reason": "legal_privilege", "count": 1.0, "source": "support-bot", "conversation": other, "conversation_number": 1.0},
		{"kind": "passage", "reason": "wrong_person", "count": 1.0, "source": "support-bot", "conversation": talk, "conversation_number": 2.0},
		{"kind": "passage", "reason": "other_person", "count": 1.0, "source": "support-bot", "conversation": talk, "conversation_number": 2.0, "message": camera, "message_number": 2.0},
		{"kind": "message", "reason": "secret", "count": 1.0, "source": "support-bot", "conversation": talk, "conversation_number": 2.0, "message": form, "message_number": 3.0},
	}
	if diff := cmp.Diff(want, list.Items); diff != "" || list.Counts != (dsr.WithheldCount{Conversations: 1, Messages: 1, Passages: 2}) {
		t.Errorf("counted %+v (-want +got):\n%s", list.Counts, diff)
	}
	_, content = unpack(t, write(t, sample(t)))
	if content["withheld.json"] != nil || bytes.Contains(content["manifest.json"], []byte(`"withheld":`)) {
		t.Error("nothing is withheld, and the archive speaks of it")
	}
}

// TestASearchTermThatIsWithheldIsNotShown, in no case of its letters.
func TestASearchTermThatIsWithheldIsNotShown(t *testing.T) {
	t.Parallel()
	in := withholding(t, dsr.Withheld{ID: "w1", Reason: dsr.OtherPerson, Place: dsr.Place{Source: "support-bot", Conversation: talk, Text: "Ana@Example.com"}})
	_, content := unpack(t, write(t, in))
	for _, name := range []string{"manifest.json", "index.html", "statement.html"} {
		if text := string(content[name]); strings.Contains(text, "ana@example.com") || !strings.Contains(text, "█████") {
			t.Errorf("%s shows the search term", name)
		}
	}
	if in.Request.Selectors[1].Metadata.Value != "ana@example.com" {
		t.Error("the request itself was changed")
	}
}

// TestFilesGoWithTheMessagesThatReferToThem, unless another message refers to the same.
func TestFilesGoWithTheMessagesThatReferToThem(t *testing.T) {
	t.Parallel()
	in := attached(t)
	for i, p := range []dsr.Place{{Message: "f1"}, {Message: "f3"}, {Message: "f6"}, {Message: "f4", Text: "run.svg"}} {
		p.Source, p.Conversation = "support-bot", talk
		in.Contents.(*found).withheld = append(in.Contents.(*found).withheld, dsr.Withheld{ID: "w" + string(rune('1'+i)), Place: p, Reason: dsr.Secret})
	}
	raw := write(t, in)
	if !bytes.Equal(raw, write(t, in)) {
		t.Error("a second time the bytes are others")
	}
	names, content := unpack(t, raw)
	files := strings.Join(filesIn(names), " ")
	if len(filesIn(names)) != 2 || strings.Contains(files, ".pdf") || !strings.Contains(files, ".png") {
		t.Errorf("the files are %s", files)
	}
	var coverage dsr.Coverage
	if err := json.Unmarshal(content["coverage.json"], &coverage); err != nil {
		t.Fatal(err)
	}
	want := &dsr.FileCount{Referred: 7, Fetched: 2, Missing: map[string]int64{dsr.MissingWithheld: 4, dsr.MissingHostNotListed: 1}}
	if diff := cmp.Diff(want, coverage.Sources[1].Files); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
	if _, err := archive.Verify(save(t, raw), nil, export.Named); err != nil {
		t.Error(err)
	}
	for name, text := range content {
		if bytes.Contains(text, []byte("rechnung")) || bytes.Contains(text, []byte("run.svg")) {
			t.Errorf("%s names a file that is withheld", name)
		}
	}
}

// TestVerifySeesWhetherTheListIsTrue: a list that says less, or nothing, than was left out,
// also by whoever can sign.
func TestVerifySeesWhetherTheListIsTrue(t *testing.T) {
	t.Parallel()
	in := withholding(t, someWithheld()...)
	put := func(c map[string][]byte, entry, old, new string) {
		if !bytes.Contains(c[entry], []byte(old)) {
			t.Fatalf("%s has no %s", entry, old)
		}
		c[entry] = bytes.Replace(c[entry], []byte(old), []byte(new), 1)
	}
	for name, c := range map[string]struct {
		kind   archive.ProblemKind
		entry  string
		change func(map[string][]byte)
	}{
		"no list":      {archive.Missing, "withheld.json", func(c map[string][]byte) { delete(c, "withheld.json") }},
		"another kind": {archive.Counts, "withheld.json", func(c map[string][]byte) { put(c, "withheld.json", `"kind": "message"`, `"kind": "passage"`) }},
		"other counts": {archive.Counts, "coverage.json", func(c map[string][]byte) { put(c, "coverage.json", `"passages": 2`, `"passages": 3`) }},
		"no mark": {archive.Counts, "withheld.json", func(c map[string][]byte) {
			put(c, "data/support-bot/messages.ndjson", `{"withheld":true,`, `{"withholds":true,`)
		}},
	} {
		if problems := refused(t, in, resigned(t, in, c.change)); !has(problems, c.kind, c.entry) {
			t.Errorf("%s: found were %v", name, problems)
		}
	}
}

// resigned is an archive with other entries, and a manifest of those that is signed.
func resigned(t *testing.T, in archive.Input, change func(map[string][]byte)) []byte {
	t.Helper()
	_, content := unpack(t, write(t, in))
	change(content)
	var manifest map[string]any
	if err := json.Unmarshal(content["manifest.json"], &manifest); err != nil {
		t.Fatal(err)
	}
	delete(content, "manifest.json")
	delete(content, "manifest.json.sig")
	var files []map[string]any
	for _, name := range slices.Sorted(maps.Keys(content)) {
		sum := sha256.Sum256(content[name])
		files = append(files, map[string]any{"name": name, "size": len(content[name]), "sha256": hex.EncodeToString(sum[:])})
	}
	manifest["files"] = files
	text, err := json.Marshal(manifest)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := in.Signer.Sign(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	content["manifest.json"], content["manifest.json.sig"] = text, signature
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(content)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(content[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
