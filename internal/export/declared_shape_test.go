package export

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/match"
	"dsr-server/internal/record"
)

// apartFields name messages in records of their own.
func apartFields() declared.Fields {
	f := talkFields
	f.Within, f.Count, f.Message.Conversation, f.Conversation.Partial = nil, nil, at("talk"), nil
	return f
}

// insideFields name messages at one place in their conversation.
func insideFields() declared.Fields {
	f := talkFields
	f.Within, f.Conversation.Partial = ways("parts.list"), nil
	return f
}

// lostIn are the paths that a folder's search names, reading each file from where the last
// batch of it ended, as after a restart.
func lostIn(t *testing.T, f declared.Fields, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := NewDumpOf(dir, DumpForm{Fields: &f})
	list, err := d.List()
	if err != nil {
		t.Fatal(err)
	}
	var total dsr.Tally
	for _, u := range list.Files {
		for end := false; !end; {
			b := oneBatch(t, d, u)
			total.Add(dsr.Tally{Marks: b.Marks})
			u.Position, u.Records, end = b.Position, u.Records+b.Others.Count+int64(len(b.Records)), b.End
		}
	}
	return lostNames(d.Assumes(Searched{Read: 1, Tally: total}))
}

func oneBatch(t *testing.T, d *Dump, u dsr.Unit) Batch {
	t.Helper()
	m, err := match.Compile([]match.Query{{Selectors: []dsr.Selector{{ConversationID: "wanted"}}}}, d.schema.Conversation)
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Open(t.Context(), u, Wanted{Matcher: m, Conversation: func(string) bool { return false }})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.Release()
	return b
}

func lostNames(all []dsr.Assumption) string {
	for _, a := range all {
		if a.Code == dsr.AssumesLostPaths {
			return strings.Join(a.Args, "; ")
		}
	}
	return ""
}

// TestAFolderNamesTheDeclaredPathsThatLeadNowhere: those at which nothing stands in any record
// that was read, and no others.
func TestAFolderNamesTheDeclaredPathsThatLeadNowhere(t *testing.T) {
	t.Parallel()
	const (
		whole = `{"id":"1","created":1744750665,"Attributes":{"a":"b"},"statistics":{"count":1},"parts":{"list":[{"body":"hi","author":{"type":"bot"}}]}}` + "\n"
		empty = `{"id":"2","created":1744750665,"attributes":null,"statistics":{},"parts":{"list":[{"body":"","author":{}}]}}` + "\n"
		other = `{"id":"3","created":1744750665,"traits":{"a":"b"},"numbers":{"count":1},"parts":{"list":[{"text":"hi","from":"bot"}]}}` + "\n"
		said  = `{"id":"m","talk":"1","created":1744750665,"body":"hi","author":{"type":"bot"}}` + "\n"
		moved = `{"id":"m","talk":"1","created":1744750665,"Body":"hi","author":{"kind":"bot"}}` + "\n"

		all = "conversations.metadata attributes, messages.count statistics.count, messages.text body, messages.sender.member author.type"
	)
	many := insideFields()
	many.Conversation.Metadata, many.Message.Text = ways("attributes", "custom.*.values"), ways("body", "summary")
	wholeRecord := insideFields()
	wholeRecord.Conversation.Metadata = []record.Path{{}}
	for name, c := range map[string]struct {
		fields declared.Fields
		files  map[string]string
		want   string
	}{
		"everything is there":            {insideFields(), map[string]string{"conversations.ndjson": whole}, ""},
		"one record of many has it":      {insideFields(), map[string]string{"conversations.ndjson": empty + other + whole}, ""},
		"one file of several has it":     {insideFields(), map[string]string{"conversations-1.ndjson": empty, "conversations-2.json": `{"data":[` + whole + `]}`, "conversations-3.ndjson": other}, ""},
		"before a restart":               {insideFields(), map[string]string{"conversations.ndjson": whole + strings.Repeat(other, 200_000)}, ""},
		"null and empty are nothing":     {insideFields(), map[string]string{"conversations.ndjson": empty}, all},
		"another shape":                  {insideFields(), map[string]string{"conversations.ndjson": other}, all},
		"another shape, in a page":       {insideFields(), map[string]string{"conversations.json": `{"data":[` + strings.TrimSpace(other) + `]}`}, all},
		"one of two paths":               {many, map[string]string{"conversations.ndjson": whole}, "conversations.metadata custom.*.values, messages.text summary"},
		"the whole record":               {wholeRecord, map[string]string{"conversations.ndjson": whole}, ""},
		"no conversation holds messages": {insideFields(), map[string]string{"conversations.ndjson": `{"id":"1","created":1744750665,"attributes":{"a":"b"}}` + "\n"}, "messages.within parts.list, messages.count statistics.count"},
		"a text for messages":            {insideFields(), map[string]string{"conversations.ndjson": strings.Replace(whole, `[{"body":"hi","author":{"type":"bot"}}]`, `"[]"`, 1)}, "messages.within parts.list"},
		"no messages in the list":        {insideFields(), map[string]string{"conversations.ndjson": strings.Replace(whole, `[{"body":"hi","author":{"type":"bot"}}]`, `[]`, 1)}, ""},
		"one of two places":              {talkFields, map[string]string{"conversations.ndjson": strings.Replace(whole, "{", `{"part":false,`, 1)}, "messages.within source"},
		"nothing says what is a part":    {talkFields, map[string]string{"conversations.ndjson": strings.Replace(whole, "{", `{"source":{},`, 1)}, "conversations.partial part"},
		"no record at all":               {insideFields(), map[string]string{"conversations.ndjson": ""}, ""},
		"messages apart":                 {apartFields(), map[string]string{"conversations.ndjson": whole, "messages.ndjson": said}, ""},
		"messages apart, moved":          {apartFields(), map[string]string{"conversations.ndjson": whole, "messages.ndjson": moved}, "messages.text body, messages.sender.member author.type"},
		"no messages were read":          {apartFields(), map[string]string{"conversations.ndjson": whole}, ""},
	} {
		if got := lostIn(t, c.fields, c.files); got != c.want {
			t.Errorf("%s: named are %q, want %q", name, got, c.want)
		}
	}
}

// TestAFolderWithoutDeclarationMarksNothing.
func TestAFolderWithoutDeclarationMarksNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "conversations.ndjson"), []byte(`{"_id":"1","metadata":{}}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := NewDump(dir)
	list, err := d.List()
	if err != nil {
		t.Fatal(err)
	}
	if b := oneBatch(t, d, list.Files[0]); b.Marks != nil {
		t.Errorf("marks: %v", b.Marks)
	}
}

func rawRecords(text string) []json.RawMessage {
	if text == "" {
		return nil
	}
	return []json.RawMessage{json.RawMessage(text)}
}

// TestAVendorsPagesMarkWhatTheyShow, each kind of call what its records are read for.
func TestAVendorsPagesMarkWhatTheyShow(t *testing.T) {
	t.Parallel()
	const (
		list   = `{"id":"1","attributes":{"a":"b"}}`
		detail = `{"id":"1","statistics":{"count":1},"parts":{"list":[{"body":"hi","author":{"type":"bot"}}]}}`
	)
	inDetail := &Rest{d: &declared.Declaration{Fields: insideFields(), Detail: true}}
	inList := &Rest{d: &declared.Declaration{Fields: insideFields()}}
	apart := &Rest{d: &declared.Declaration{Fields: apartFields()}}
	conversations, messages := query{endpoint: dsr.Conversations}, query{endpoint: dsr.Messages}
	for name, c := range map[string]struct {
		vendor *Rest
		chains []restChain
		record []string
		want   string
	}{
		"a list of conversations alone":     {inDetail, []restChain{{q: conversations}}, []string{list}, ""},
		"with the whole record of one":      {inDetail, []restChain{{q: conversations}, {q: messages, single: true}}, []string{list, detail}, ""},
		"whose shape has changed":           {inDetail, []restChain{{q: conversations}, {q: messages, single: true}}, []string{list, `{"parts":{"list":[{"text":"hi"}]}}`}, "messages.count statistics.count, messages.text body, messages.sender.member author.type"},
		"counted in the list only":          {inDetail, []restChain{{q: conversations}, {q: messages, single: true}}, []string{strings.Replace(detail, "{", `{"attributes":{"a":"b"},`, 1), `{"parts":{"list":[{"body":"hi","author":{"type":"bot"}}]}}`}, ""},
		"metadata in the whole record only": {inDetail, []restChain{{q: conversations}, {q: messages, single: true}}, []string{`{"id":"1"}`, strings.Replace(detail, "{", `{"attributes":{"a":"b"},`, 1)}, "conversations.metadata attributes"},
		"no messages in the list":           {inList, []restChain{{q: conversations}}, []string{list}, "messages.within parts.list, messages.count statistics.count"},
		"messages of their own":             {apart, []restChain{{q: conversations}, {q: messages}}, []string{list, `{"talk":"1","text":"hi","author":{"type":""}}`}, "messages.text body, messages.sender.member author.type"},
		"an empty list of messages":         {apart, []restChain{{q: conversations}, {q: messages}}, []string{list, ``}, ""},
	} {
		var total dsr.Tally
		for i, chain := range c.chains {
			chain.r = c.vendor
			total.Add(dsr.Tally{Marks: chain.marks(rawRecords(c.record[i]))})
		}
		if got := lostNames(c.vendor.Assumes(Searched{Tally: total})); got != c.want {
			t.Errorf("%s: named are %q, want %q", name, got, c.want)
		}
	}
}
