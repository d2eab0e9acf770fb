package scan

import (
	"testing"

	"dsr-server/internal/dsr"
)

func piece(request, id string, state dsr.UnitState) dsr.Unit {
	return dsr.Unit{Source: "bot", Endpoint: dsr.Messages, State: state, Requests: []string{request}, Query: dsr.MessageQuery{Kind: dsr.ByConversation, ID: id}}
}

// TestAQuestionIsGivenUpInAllItsPieces, for one request, and until it is asked again.
func TestAQuestionIsGivenUpInAllItsPieces(t *testing.T) {
	t.Parallel()
	var h hopeless
	h.giveUp(piece("r1", "c1", dsr.UnitReading), dsr.Reason{Code: dsr.ReasonMessagesRefused})
	list := dsr.Unit{Source: "bot", Endpoint: dsr.Conversations, State: dsr.UnitWaiting, Requests: []string{"r1"}}
	for _, c := range []struct {
		unit dsr.Unit
		want bool
	}{{piece("r1", "c1", dsr.UnitWaiting), true}, {piece("r1", "c2", dsr.UnitWaiting), false}, {piece("r2", "c1", dsr.UnitWaiting), false}, {list, false}} {
		if why, given := h.given(c.unit); given != c.want || given && why.Code != dsr.ReasonMessagesRefused {
			t.Errorf("%+v: given up %t, %v", c.unit, given, why)
		}
	}
	h.keep([]dsr.Unit{list, piece("r1", "c1", dsr.UnitWaiting)})
	if _, given := h.given(piece("r1", "c1", dsr.UnitWaiting)); !given {
		t.Error("forgotten while a piece is open")
	}
	h.keep([]dsr.Unit{list, piece("r1", "c1", dsr.UnitFailed), piece("r1", "c2", dsr.UnitWaiting)})
	if _, given := h.given(piece("r1", "c1", dsr.UnitWaiting)); given {
		t.Error("not asked again")
	}
}

// TestALaneAsksInEarnest: what an earlier run gave up is asked again.
func TestALaneAsksInEarnest(t *testing.T) {
	t.Parallel()
	h := newHost("h", nil, nil)
	h.hopeless.giveUp(piece("r1", "c1", dsr.UnitReading), dsr.Reason{Code: dsr.ReasonMessagesRefused})
	h.reset()
	if _, given := h.hopeless.given(piece("r1", "c1", dsr.UnitWaiting)); given {
		t.Error("not asked again")
	}
}

// TestAConversationIsRefusedOnce, in however many pieces its messages were asked for.
func TestAConversationIsRefusedOnce(t *testing.T) {
	t.Parallel()
	units := []dsr.Unit{piece("r", "c1", dsr.UnitFailed), piece("r", "c1", dsr.UnitFailed), piece("r", "c2", dsr.UnitFailed), piece("r", "c3", dsr.UnitDone)}
	if n := refusedMessages(units); n != 2 {
		t.Errorf("%d conversations", n)
	}
}

// TestAnAnswerOfOtherConversationsAloneIsNone: what is declared as the message's conversation
// is then not what the vendor has there.
func TestAnAnswerOfOtherConversationsAloneIsNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		foreign, records int64
		want             dsr.UnitState
	}{{0, 0, dsr.UnitDone}, {0, 3, dsr.UnitDone}, {2, 3, dsr.UnitDone}, {3, 3, dsr.UnitFailed}} {
		u := piece("r", "c", dsr.UnitDone)
		u.Kind, u.Records, u.Shown.Foreign = dsr.Pages, c.records, c.foreign
		settleUnit(&u)
		if u.State != c.want || (c.want == dsr.UnitFailed) != (len(u.Faults) == 1 && u.Faults[0].Code == dsr.ReasonNotUnderstood) {
			t.Errorf("%d of %d: %s, %v", c.foreign, c.records, u.State, u.Faults)
		}
	}
}

// TestMessagesWithoutAPlaceInAnyRecord are not known not to be there.
func TestMessagesWithoutAPlaceInAnyRecord(t *testing.T) {
	t.Parallel()
	marked := func(marks ...string) (tally dsr.Tally) {
		for _, m := range marks {
			dsr.Count(&tally.Marks, m, 1)
		}
		return tally
	}
	for name, c := range map[string]struct {
		search, unit dsr.Tally
		reasons      int
	}{
		"messages apart":    {marked(), marked(), 0},
		"in no record":      {marked(), marked(dsr.MarkHolders), 1},
		"of what was asked": {marked(dsr.MarkHolders), marked(), 1},
		"in one":            {marked(dsr.MarkHolders, dsr.MarkHolds), marked(dsr.MarkHolders), 0},
	} {
		p := proof{search: dsr.SourceSearch{Tally: c.search}, units: []dsr.Unit{{Tally: c.unit}}}
		if why := p.nowhereToHold(); len(why) != c.reasons || c.reasons > 0 && why[0].Code != dsr.ReasonNotUnderstood {
			t.Errorf("%s: %v", name, why)
		}
	}
}
