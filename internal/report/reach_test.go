package report

import (
	"slices"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
)

// TestAFolderSaysHowFarItReaches: it begins with its oldest record and not with the epoch,
// and staff are told when the newest is long past.
func TestAFolderSaysHowFarItReaches(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		first, last int // days before as_of; 0: nothing has a time
		warns       bool
	}{"recent": {90, 20, false}, "of last year": {400, 300, true}, "nothing with a time": {0, 0, false}} {
		old := folder("old")
		snap := running(old)
		u := dsr.Unit{Source: "old", Kind: dsr.File, Endpoint: dsr.Conversations, State: dsr.UnitDone, Requests: []string{"r"}, File: dsr.FileInfo{Name: "conversations.ndjson"}}
		if tc.first > 0 {
			u.First, u.Last = asOf.AddDate(0, 0, -tc.first), asOf.AddDate(0, 0, -tc.last)
		}
		snap.Units = []dsr.Unit{u}
		c := Coverage(snap, config(old)).Sources[0]
		if !c.Asked.Start.Equal(u.First) || !c.Read[0].Start.Equal(u.First) {
			t.Errorf("%s: asked from %s, read from %s, want %s", name, c.Asked.Start, c.Read[0].Start, u.First)
		}
		if got := warnedOf(Staff(snap, config(old)), "files_old"); (got != "") != tc.warns {
			t.Errorf("%s: warned %q", name, got)
		}
	}
}

func TestStaffAreToldWhatProvesNothing(t *testing.T) {
	t.Parallel()
	bot := live("bot")
	snap := running(bot)
	if got := Staff(snap, config(bot)).Warnings; len(got) > 0 {
		t.Errorf("warned of nothing: %v", got)
	}
	snap.Searches[0].Tally.Marks = map[string]int64{dsr.MarkFewer: 3}
	refused := dsr.Unit{Source: "bot", Kind: dsr.Pages, Endpoint: dsr.Messages, State: dsr.UnitFailed, Requests: []string{"r"},
		Query: dsr.MessageQuery{Kind: dsr.ByConversation, ID: "c7"}, Faults: []dsr.Reason{{Code: dsr.ReasonMessagesRefused, Detail: "refused"}}}
	snap.Units = []dsr.Unit{refused}
	snap.Lacking = map[string][]dsr.Lacking{"bot": {{ConversationID: "c8", Codes: []string{dsr.ReasonPartial}}, {ConversationID: "c9", Codes: []string{dsr.ReasonFewer, dsr.ReasonPartial}}}}
	staff := Staff(snap, config(bot))
	if got := warnedOf(staff, dsr.ReasonPartial); !strings.HasSuffix(got, "these conversations: c8, c9") {
		t.Errorf("of parts of conversations: %q", got)
	}
	if got := warnedOf(staff, dsr.ReasonFewer); !strings.HasSuffix(got, "than they state: c9") {
		t.Errorf("of fewer messages than stated: %q", got)
	}
	if got := warnedOf(staff, dsr.MarkFewer); !strings.Contains(got, "3") {
		t.Errorf("of fewer messages than counted: %q", got)
	}
	if got := warnedOf(staff, dsr.ReasonMessagesRefused); !strings.Contains(got, "c7") {
		t.Errorf("of refused messages: %q", got)
	}
}

func warnedOf(s dsr.Staff, code string) string {
	i := slices.IndexFunc(s.Warnings, func(w dsr.StaffWarning) bool { return w.Code == code })
	if i < 0 {
		return ""
	}
	return s.Warnings[i].Detail
}
