package vendor

import (
	"encoding/json"
	"sync"
	"testing"
	"time"
)

func TestChangesDuringAScan(t *testing.T) {
	t.Parallel()
	s, c := serve(t, data(t, 4, 0), Options{})
	params := ask("per_page", "2")
	turn := func() []string {
		e := c.page(Conversations, params)
		if e.Cursor != nil {
			params.Set("cursor", *e.Cursor)
		}
		return ids(t, e.Data)
	}
	wantIDs(t, turn(), named("c", 0, 2))
	must(t, s.Delete("c000", "c002")) // one before the cursor, one behind it
	must(t, s.Append("", []json.RawMessage{
		json.RawMessage(`{"_id":"before","startTime":900}`), json.RawMessage(`{"_id":"behind","startTime":1003}`),
	}, nil))
	wantIDs(t, turn(), []string{"c003", "behind"}) // neither skipped nor shifted
	got, _ := c.scan(Conversations, ask())
	wantIDs(t, got, []string{"before", "c001", "c003", "behind"})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTouchMovesTheLastAction(t *testing.T) {
	t.Parallel()
	s, c := serve(t, data(t, 3, 0), Options{Choices: Choices{WindowField: LastAction}})
	wantIDs(t, ids(t, c.page(Conversations, window(5000, 5000)).Data), nil)
	must(t, s.Touch("c001", time.Unix(5000, 0)))
	page := c.page(Conversations, window(5000, 5000))
	want := `{"_id":"c001","startTime":1001,"lastActionAt":"1970-01-01T01:23:20.000000","metadata":{}}`
	if len(page.Data) != 1 || string(page.Data[0]) != want {
		t.Errorf("got %s, want %s", page.Data, want)
	}
	got, _ := c.scan(Conversations, ask())
	wantIDs(t, got, named("c", 0, 3))
	if s.Touch("c999", time.Unix(1, 0)) == nil {
		t.Error("touched a conversation that is not there")
	}
}

func TestReplaceChangesARecordInItsPlace(t *testing.T) {
	t.Parallel()
	s, c := serve(t, data(t, 0, 6), Options{})
	masked := json.RawMessage(`{"_id":"m004","time":1002,"userInput":"[MASKED]","conversationId":"c001"}`)
	must(t, s.Replace(masked))
	got, _ := c.scan(Messages, ask())
	wantIDs(t, got, named("m", 0, 6))
	of := s.Data("").MessagesOf("c001")
	if len(of) != 2 || string(of[1]) != string(masked) {
		t.Errorf("got %s", of)
	}
}

func TestDeleteTakesTheMessagesAlong(t *testing.T) {
	t.Parallel()
	s, c := serve(t, data(t, 3, 9), Options{})
	must(t, s.Delete("c001", "m000"))
	got, _ := c.scan(Messages, ask())
	wantIDs(t, got, []string{"m002", "m003", "m005", "m006", "m008"})
	if s.Delete("c001") == nil {
		t.Error("deleted twice")
	}
}

func TestChangesLeaveTheSharedDataAlone(t *testing.T) {
	t.Parallel()
	d := data(t, 3, 3)
	s, _ := serve(t, d, Options{})
	must(t, s.Append("", conversations(1), messages(1)))
	must(t, s.Delete("c002"))
	if nc, nm := d.Size(); nc != 3 || nm != 3 {
		t.Errorf("the data given now has %d and %d records", nc, nm)
	}
	if nc, nm := s.Data(DefaultBot).Size(); nc != 3 || nm != 3 {
		t.Errorf("the server has %d and %d records, want 3 and 3", nc, nm)
	}
}

func TestChangesThatCannotBe(t *testing.T) {
	t.Parallel()
	s, _ := serve(t, data(t, 1, 1), Options{Bots: map[string]*Data{"made up": Synthetic(3)}})
	for name, err := range map[string]error{
		"unknown bot":    s.Append("nobody", conversations(1), nil),
		"not JSON":       s.Append("", []json.RawMessage{json.RawMessage(`{"_id":`)}, nil),
		"synthetic":      s.Append("made up", conversations(1), nil),
		"unknown record": s.Replace(json.RawMessage(`{"_id":"nobody"}`)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if s.Data("nobody") != nil {
		t.Error("an unknown bot has data")
	}
}

func TestUseFromManyGoroutines(t *testing.T) {
	t.Parallel()
	s, c := serve(t, data(t, 50, 50), Options{OnCall: func(Call) {}})
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for range 10 {
				c.get([]string{Conversations, Messages}[i%2], ask("per_page", "5"))
				_, _, _ = s.Calls(), s.Violations(), s.Count(Messages)
				_ = s.Touch("c003", time.Unix(2000, 0))
				s.AddKey("another")
			}
		})
	}
	group.Wait()
	if got := s.Count(""); got != 40 {
		t.Errorf("got %d calls, want 40", got)
	}
}
