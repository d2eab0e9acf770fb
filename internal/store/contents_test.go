package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

// TestContentsAreInTheSameOrderWhateverCameFirst: by time, then by id, then by content.
func TestContentsAreInTheSameOrderWhateverCameFirst(t *testing.T) {
	t.Parallel()
	start := time.Unix(1735703772, 0).UTC()
	records := []dsr.Record{
		{ID: "", Start: start, Raw: []byte(`{"n":1}`)}, {ID: "", Start: start, Raw: []byte(`{"n":2}`)}, {ID: "a", Start: start, Raw: []byte(`{"n":0}`)},
		{ID: "b", Start: start, Raw: []byte(`{}`)}, {ID: "0", Start: start.Add(time.Nanosecond), Raw: []byte(`{}`)},
		{ID: "", Raw: []byte(`{"n":8}`)}, {ID: "", Raw: []byte(`{"n":9}`)}, {ID: "c", Raw: []byte(`{}`)},
	}
	const want = `{"n":1} {"n":2} a:{"n":0} b:{} 0:{} {"n":8} {"n":9} c:{}`
	for range 2 {
		f := newFollowing(t)
		var finds []dsr.Find
		for _, r := range records {
			r.Source, r.Kind = "bot", dsr.Conversation
			finds = append(finds, dsr.Find{RequestID: f.id, Record: r})
		}
		f.commit(f.scan, dsr.Commit{Finds: finds})
		var got []string
		for r, err := range f.s.Contents(f.id).Conversations(t.Context(), "bot") {
			f.must(err)
			got = append(got, strings.TrimPrefix(r.ID+":"+string(r.Raw), ":"))
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("got  %s\nwant %s", text, want)
		}
		slices.Reverse(records)
	}
}

// TestTimesBeyondTheTablesAreNone: what nanoseconds in 64 bits do not hold (1678 to 2262)
// must not come back as another time.
func TestTimesBeyondTheTablesAreNone(t *testing.T) {
	t.Parallel()
	for _, far := range []time.Time{time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Unix(9_999_999_999, 0).UTC(), time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC)} {
		near := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
		open := dsr.Record{Source: "bot", Kind: dsr.Conversation, ID: "a", Start: far, LastAction: far, Raw: []byte(`{"n":1}`)}
		closed := dsr.Record{Source: "bot", Kind: dsr.Conversation, ID: "a", Start: near, LastAction: near, Raw: []byte(`{"n":2}`)}
		for _, versions := range [][]dsr.Record{{open}, {open, closed}, {closed, open}} {
			f := newFollowing(t)
			for _, r := range versions {
				f.commit(f.scan, dsr.Commit{Finds: []dsr.Find{{RequestID: f.id, Record: r}}})
			}
			want := near
			if len(versions) == 1 {
				want = time.Time{}
			}
			for r, err := range f.s.Contents(f.id).Conversations(t.Context(), "bot") {
				f.must(err)
				if !r.Start.Equal(want) || !r.LastAction.Equal(want) {
					t.Errorf("%s, %d versions: got %s and %s, want %s", far, len(versions), r.Start, r.LastAction, want)
				}
			}
		}
	}
}

// TestMessagesWithoutATimeKeepTheSourcesOrder, whichever was read first and though one came
// twice.
func TestMessagesWithoutATimeKeepTheSourcesOrder(t *testing.T) {
	t.Parallel()
	timed := time.Unix(1735703772, 0).UTC()
	message := func(id string, at time.Time, unit string, n int64) dsr.Record {
		return dsr.Record{Source: "bot", Kind: dsr.Message, ID: id, ConversationID: "c", Scope: "c", Time: at, Raw: []byte(`{"id":"` + id + `"}`), Order: dsr.SourceOrder{Unit: unit, Number: n}}
	}
	records := []dsr.Record{
		message("z", time.Time{}, "messages-1", 3), message("a", time.Time{}, "messages-1", 12), message("m", time.Time{}, "messages-2", 1),
		message("late", timed, "messages-2", 9), message("m", time.Time{}, "messages-1", 11),
	}
	for range 2 {
		f := newFollowing(t)
		var finds []dsr.Find
		for _, r := range records {
			finds = append(finds, dsr.Find{RequestID: f.id, Record: r})
		}
		f.commit(f.scan, dsr.Commit{Finds: finds})
		var got []string
		for r, err := range f.s.Contents(f.id).Messages(t.Context(), "bot", "c") {
			f.must(err)
			got = append(got, r.ID)
		}
		if want := []string{"late", "z", "m", "a"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		slices.Reverse(records)
	}
}

// TestMessagesAreToldApartWithinTheirConversation: an id alone may be that of another.
func TestMessagesAreToldApartWithinTheirConversation(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	for _, conversation := range []string{"c1", "c2", "c1", "1 c"} {
		for _, id := range []string{"1", "1 c1", ""} {
			r := dsr.Record{Source: "bot", Kind: dsr.Message, ID: id, ConversationID: conversation, Scope: conversation, Raw: []byte(`{"same":true}`)}
			f.commit(f.scan, dsr.Commit{Finds: []dsr.Find{{RequestID: f.id, Record: r}}})
		}
	}
	for _, conversation := range []string{"c1", "c2", "1 c"} {
		n := 0
		for _, err := range f.s.Contents(f.id).Messages(t.Context(), "bot", conversation) {
			f.must(err)
			n++
		}
		if n != 3 {
			t.Errorf("%d messages of %s, want 3", n, conversation)
		}
	}
}
