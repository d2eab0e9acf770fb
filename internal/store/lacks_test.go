package store

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
)

// TestWhatIsMissingOfAConversationIsKnownOfItsLatestVersion, once for each reason.
func TestWhatIsMissingOfAConversationIsKnownOfItsLatestVersion(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	find := func(id, raw string, last time.Time) dsr.Find {
		return dsr.Find{RequestID: f.id, Record: dsr.Record{Source: "bot", Kind: dsr.Conversation, ID: id, ConversationID: id, LastAction: last, Raw: []byte(raw)}}
	}
	at := time.Unix(1735703772, 0).UTC()
	lacks := func(id string, codes ...string) dsr.Lacking {
		return dsr.Lacking{RequestID: f.id, ConversationID: id, Codes: codes}
	}
	want := func(when string, counts map[string]int64) {
		t.Helper()
		got, err := f.s.Lacking(t.Context(), f.id, "bot")
		f.must(err)
		if diff := cmp.Diff(counts, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	f.commit(f.scan, dsr.Commit{Finds: []dsr.Find{find("a", `{"v":1}`, at), find("b", `{}`, at)}, Lacks: []dsr.Lacking{lacks("a", dsr.ReasonFewer, dsr.ReasonPartial), lacks("b", dsr.ReasonFewer), lacks("nobody's", dsr.ReasonFewer)}})
	want("at first", map[string]int64{dsr.ReasonFewer: 2, dsr.ReasonPartial: 1})
	f.commit(f.scan, dsr.Commit{Finds: []dsr.Find{find("a", `{"v":1}`, at)}, Lacks: []dsr.Lacking{lacks("a", dsr.ReasonFewer)}})
	want("read again", map[string]int64{dsr.ReasonFewer: 2, dsr.ReasonPartial: 1})
	f.commit(f.scan, dsr.Commit{Finds: []dsr.Find{find("a", `{"v":2}`, at.Add(time.Hour))}})
	want("in a later version, which is whole", map[string]int64{dsr.ReasonFewer: 1})
}

// TestConversationsThatLackSomethingAreNamed, once a search has ended for that.
func TestConversationsThatLackSomethingAreNamed(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	find := func(id string) dsr.Find {
		return dsr.Find{RequestID: f.id, Record: dsr.Record{Source: "bot", Kind: dsr.Conversation, ID: id, ConversationID: id, Raw: []byte(`{}`)}}
	}
	lacks := func(id string, codes ...string) dsr.Lacking {
		return dsr.Lacking{RequestID: f.id, ConversationID: id, Codes: codes}
	}
	c := dsr.Commit{Finds: []dsr.Find{find("whole"), find("b"), find("a")}, Lacks: []dsr.Lacking{lacks("a", dsr.ReasonPartial, dsr.ReasonFewer), lacks("b", dsr.ReasonPartial)}}
	for i := range dsr.MaxLacking {
		id := fmt.Sprintf("x%d", i)
		c.Finds, c.Lacks = append(c.Finds, find(id)), append(c.Lacks, lacks(id, dsr.ReasonFewer))
	}
	f.commit(f.scan, c)
	snap, err := f.s.Snapshot(t.Context(), f.id)
	f.must(err)
	if snap.Lacking != nil {
		t.Errorf("while the search runs: %v", snap.Lacking)
	}
	_, err = f.w.EndSource(t.Context(), "bot", []dsr.Reason{{Code: dsr.ReasonPartial, Detail: "of some"}})
	f.must(err)
	snap, err = f.s.Snapshot(t.Context(), f.id)
	f.must(err)
	got := snap.Lacking["bot"]
	if len(got) != dsr.MaxLacking {
		t.Fatalf("%d are named", len(got))
	}
	want := []dsr.Lacking{lacks("b", dsr.ReasonPartial), lacks("a", dsr.ReasonPartial, dsr.ReasonFewer)}
	if diff := cmp.Diff(want, got[:2]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestMessagesOfOneRecordKeepItsOrder where they have the same time.
func TestMessagesOfOneRecordKeepItsOrder(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	at := time.Unix(1735703772, 0).UTC()
	message := func(id, unit string, n int64) dsr.Find {
		return dsr.Find{RequestID: f.id, Record: dsr.Record{Source: "bot", Kind: dsr.Message, ID: id, ConversationID: "c", Scope: "c", Time: at,
			Raw: []byte(`{}`), Order: dsr.SourceOrder{Unit: unit, Number: n}}}
	}
	ids := func() (got []string) {
		for r, err := range f.s.Contents(f.id).Messages(t.Context(), "bot", "c") {
			f.must(err)
			got = append(got, r.ID)
		}
		return got
	}
	f.commit(f.scan, dsr.Commit{Finds: []dsr.Find{message("list[10]", dsr.InRecord, 10), message("z", dsr.InRecord, 0), message("list[9]", dsr.InRecord, 9)}})
	if got, want := ids(), []string{"z", "list[9]", "list[10]"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	f.commit(f.scan, dsr.Commit{Finds: []dsr.Find{message("a", "messages-1", 99)}})
	if got, want := ids(), []string{"a", "list[10]", "list[9]", "z"}; !slices.Equal(got, want) {
		t.Errorf("with one that has a record of its own: got %q, want %q, by id", got, want)
	}
}

// TestFewerThanTheListStated: what a conversation counts where it was listed holds for the record
// that is had of it later.
func TestFewerThanTheListStated(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	find := func(id string) dsr.Find {
		return dsr.Find{RequestID: f.id, Record: dsr.Record{Source: "bot", Kind: dsr.Conversation, ID: id, ConversationID: id, Counted: 3, Raw: []byte(`{}`)}}
	}
	f.commit(f.scan, dsr.Commit{Finds: []dsr.Find{find("a"), find("b"), find("c")}})
	f.commit(f.scan, dsr.Commit{Lacks: []dsr.Lacking{{RequestID: f.id, ConversationID: "a", Taken: new(int64(1))}, {RequestID: f.id, ConversationID: "b", Taken: new(int64(3))}}})
	got, err := f.s.Lacking(t.Context(), f.id, "bot")
	f.must(err)
	if diff := cmp.Diff(map[string]int64{dsr.ReasonFewer: 1}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
