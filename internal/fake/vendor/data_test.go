package vendor

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

func TestInstants(t *testing.T) {
	t.Parallel()
	const us = 1744651778652000
	for text, want := range map[string]int64{
		"1744651778.652": us, "1744651778652": us, "1744651778652000": us, "1.744651778652e9": us, " 1744651778.652 ": us,
		"2025-04-14T17:29:38.652": us, "2025-04-14T17:29:38.652000Z": us, "2025-04-14T19:29:38.652+02:00": us,
		"2025-04-14T17:29:38": us - 652000, "1744651778": us - 652000, "1744651778.0": us - 652000, "0": 0, "-1": -1e6,
		"": unplaced, "soon": unplaced, "NaN": unplaced, "Infinity": unplaced, "1e30": unplaced, "2025-04-14": unplaced, "-": unplaced,
	} {
		if got := instantOf(text); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}

func TestLoadReadsAFolder(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(`{"_id":"m1","time":2}` + "\n" + `{"_id":"m0","time":1}`))
	must(t, errors.Join(err, w.Close()))
	d, err := Load(memory{
		"conversations.ndjson": `{"_id":"a","startTime":5}` + "\n", "conversations-2.ndjson": `{"_id":"b","startTime":4}`,
		"messages.2025.ndjson.gz": packed.String(), "README.md": "text", "messages.json": "{}", "other.ndjson": "{}",
	})
	must(t, err)
	wantIDs(t, ids(t, d.Conversations()), []string{"b", "a"})
	wantIDs(t, ids(t, d.Messages()), []string{"m0", "m1"})
	raw, ok := d.Conversation("a")
	if _, none := d.Conversation("c"); !ok || none || string(raw) != `{"_id":"a","startTime":5}` {
		t.Errorf("got %s", raw)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, folder := range map[string]memory{
		"nothing to read": {"README.md": "text"},
		"not JSON":        {"messages.ndjson": `{"_id":"secret",`},
		"no object":       {"messages.ndjson": `["secret"]`},
		"two in a line":   {"messages.ndjson": `{"_id":"secret"} {}`},
		"not gzip":        {"messages.ndjson.gz": `{"_id":"secret"}`},
	} {
		_, err := Load(folder)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got error %v", name, err)
		}
	}
	if _, err := Load(memory{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("empty folder: got %v", err)
	}
}

func TestOnlyTopLevelMembersPlaceARecord(t *testing.T) {
	t.Parallel()
	rec, err := newRecord([]byte(`{"metadata":{"_id":"x","startTime":1},"STARTTIME":2,"_id":"y","startTime":3,"startTime":4}`), 0)
	must(t, err)
	if rec.id != "y" || rec.key != 4e6 {
		t.Errorf("got id %q, start %d", rec.id, rec.key)
	}
}

func TestSetMember(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{}`: `{"a":1}`, `{"b":{"a":2}}`: `{"b":{"a":2},"a":1}`, `{"a": "x" , "b":2}`: `{"a": 1 , "b":2}`,
		`{"a":0,"a":[3]}`: `{"a":0,"a":1}`,
	} {
		got, err := setMember([]byte(raw), "a", json.RawMessage("1"))
		if must(t, err); string(got) != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
}

func TestSyntheticDataIsServedLikeAnyOther(t *testing.T) {
	t.Parallel()
	const n = 250
	for name, choices := range map[string]Choices{
		"default": {}, "newest first": {Order: NewestFirst}, "shuffled": {Order: Shuffled},
		"last action": {WindowField: LastAction}, "overlap, newest first": {WindowField: Overlap, Order: NewestFirst},
	} {
		_, c := serve(t, Synthetic(n), Options{Choices: choices})
		got, sizes := c.scan(Conversations, ask("per_page", "100"))
		if slices.Sort(got); len(slices.Compact(got)) != n || !slices.Equal(sizes, []int{100, 100, 50}) {
			t.Errorf("%s: got %d records in pages of %v", name, len(got), sizes)
		}
	}
}

func TestSyntheticRecordsFitTogether(t *testing.T) {
	t.Parallel()
	d := Synthetic(120)
	if nc, nm := d.Size(); nc != 120 || nm != 1200 {
		t.Fatalf("got %d and %d records", nc, nm)
	}
	held, err := NewData(d.Conversations(), d.Messages())
	must(t, err)
	for _, l := range []struct{ made, read list }{{d.conversations, held.conversations}, {d.messages, held.messages}} {
		for i := range l.made.len() {
			if l.made.id(i) != l.read.id(i) || l.made.key(i)/1000 != l.read.key(i)/1000 || l.made.last(i)/1000 != l.read.last(i)/1000 {
				t.Fatalf("record %d is placed by other times than it tells", i)
			}
		}
	}
	id := SyntheticID(107)
	of := d.MessagesOf(id)
	if len(of) != 10 || !slices.EqualFunc(of, held.MessagesOf(id), func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
		t.Errorf("got %d messages of one conversation", len(of))
	}
	raw, _ := Synthetic(1100).Conversation(SyntheticID(1007))
	if !bytes.Contains(raw, []byte(`"email":"`+SyntheticEmail(7)+`"`)) {
		t.Errorf("got %s", raw)
	}
	for _, unknown := range []string{"", "x", SyntheticID(120), strings.Repeat("f", 32)} {
		if got := len(d.MessagesOf(unknown)); got != 0 {
			t.Errorf("%q: got %d messages", unknown, got)
		}
	}
}

func TestLongConversation(t *testing.T) {
	t.Parallel()
	conversation, messages := LongConversation("long", time.Unix(1700000000, 0), 2500, json.RawMessage(`{"email":"x@example.org"}`))
	d, err := NewData([]json.RawMessage{conversation}, messages)
	must(t, err)
	_, c := serve(t, d, Options{})
	got, sizes := c.scan(Messages, ask("conversation_id", "long", "per_page", "1000"))
	if !slices.Equal(sizes, []int{1000, 1000, 500}) || len(slices.Compact(slices.Sorted(slices.Values(got)))) != 2500 {
		t.Errorf("got pages of %v", sizes)
	}
	if last := d.messages.key(2499); d.conversations.last(0) != last {
		t.Errorf("last action at %d, last message at %d", d.conversations.last(0), last)
	}
}
