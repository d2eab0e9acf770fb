package vendor

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPathsAndMethods(t *testing.T) {
	t.Parallel()
	s, c := serve(t, data(t, 1, 1), Options{})
	for _, tc := range []struct {
		method, path string
		want         int
	}{
		{"GET", ConversationsPath, 200},
		{"GET", MessagesPath, 200},
		{"GET", "/conversations/export/v1", 404},
		{"GET", "/v2" + ConversationsPath, 404},
		{"GET", ConversationsPath + "/", 404},
		{"POST", ConversationsPath, 405},
		{"DELETE", MessagesPath, 405},
	} {
		if got := c.do(c.request(tc.method, tc.path, ask())).status; got != tc.want {
			t.Errorf("%s %s: got %d, want %d", tc.method, tc.path, got, tc.want)
		}
	}
	if v := s.Violations(); len(v) != 2 {
		t.Errorf("got violations %v, want one for each wrong method", v)
	}
}

func TestParametersAreChecked(t *testing.T) {
	t.Parallel()
	_, c := serve(t, data(t, 1, 1), Options{})
	for _, tc := range []struct {
		name   string
		params url.Values
		want   int
	}{
		{"all there", ask(), 200},
		{"start_time missing", ask("start_time", "-"), 400},
		{"end_time missing", ask("end_time", "-"), 400},
		{"bot_name missing", ask("bot_name", "-"), 400},
		{"bot_name empty", ask("bot_name", ""), 400},
		{"start_time empty", ask("start_time", ""), 400},
		{"start_time fraction", ask("start_time", "1.5"), 400},
		{"end_time text", ask("end_time", "2025-01-01"), 400},
		{"end_time out of range", ask("end_time", "9223372036854775807"), 400},
		{"start after end", ask("start_time", "11", "end_time", "10"), 400},
		{"start equals end", ask("start_time", "10", "end_time", "10"), 200},
		{"negative start", ask("start_time", "-5"), 200},
		{"per_page 1", ask("per_page", "1"), 200},
		{"per_page 1000", ask("per_page", "1000"), 200},
		{"per_page 0", ask("per_page", "0"), 400},
		{"per_page -1", ask("per_page", "-1"), 400},
		{"per_page text", ask("per_page", "all"), 400},
		{"cursor made up", ask("cursor", "abc+/="), 400},
		{"unknown parameter", ask("color", "red"), 200},
		{"given twice", url.Values{"start_time": {"1", "2"}, "end_time": {"3"}, "bot_name": {DefaultBot}}, 400},
	} {
		for _, endpoint := range []string{Conversations, Messages} {
			a := c.get(endpoint, tc.params)
			if a.status != tc.want {
				t.Errorf("%s, %s: got %d, want %d", tc.name, endpoint, a.status, tc.want)
			}
			if tc.want == 400 && !strings.HasPrefix(a.body, `{"message":"`) {
				t.Errorf("%s: got body %q, want a JSON message", tc.name, a.body)
			}
		}
	}
	r := c.request("GET", ConversationsPath, ask())
	r.URL.RawQuery += "&cursor=%zz"
	if got := c.do(r).status; got != 400 {
		t.Errorf("undecodable query: got %d, want 400", got)
	}
}

func TestRecordsAreServedByteForByte(t *testing.T) {
	t.Parallel()
	odd := `{"b": 1.50,"a" :"\u00e9<>&","_id":"c1","startTime":1e3,"a":12345678901234567890}`
	d, err := Load(memory{"conversations.ndjson": "\n " + odd + " \r\n\n"})
	if err != nil {
		t.Fatal(err)
	}
	_, c := serve(t, d, Options{})
	if got, want := c.get(Conversations, ask()).body, `{"data":[`+odd+`],"cursor":null}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestKeysAreRequiredAndMayBeLimitedToBots(t *testing.T) {
	t.Parallel()
	s, c := serve(t, data(t, 1, 0), Options{
		Keys: []string{testKey}, KeyBots: map[string][]string{"narrow": {"other"}},
		Bots: map[string]*Data{"other": data(t, 2, 0)},
	})
	status := func(key, bot string) answered {
		c.key = key
		return c.get(Conversations, ask("bot_name", bot))
	}
	for _, tc := range []struct {
		key, bot string
		want     int
	}{
		{"", DefaultBot, 403}, {"wrong", DefaultBot, 403}, {testKey, DefaultBot, 200}, {testKey, "other", 200},
		{"narrow", "other", 200}, {"narrow", DefaultBot, 403},
	} {
		if got := status(tc.key, tc.bot); got.status != tc.want {
			t.Errorf("key %q, bot %q: got %d, want %d", tc.key, tc.bot, got.status, tc.want)
		} else if tc.want == 403 && got.body != `{"message":"Forbidden"}` {
			t.Errorf("key %q: got body %s", tc.key, got.body)
		}
	}
	s.AddKey("late")
	s.RevokeKey(testKey)
	if got := status("late", "other").status; got != 200 {
		t.Errorf("added key: got %d, want 200", got)
	}
	if got := status(testKey, "other").status; got != 403 {
		t.Errorf("revoked key: got %d, want 403", got)
	}
	if got := s.Calls()[0].KeyHash; got != "" {
		t.Errorf("hash of no key: got %q", got)
	}
	if got := s.Calls()[1].KeyHash; got != KeyHash("wrong") || strings.Contains(got, "wrong") {
		t.Errorf("hash of a key: got %q", got)
	}
}

func TestNoKeyIsValidByDefault(t *testing.T) {
	t.Parallel()
	_, c := serve(t, data(t, 1, 0), Options{Keys: []string{}})
	if got := c.get(Conversations, ask()).status; got != 403 {
		t.Errorf("got %d, want 403", got)
	}
}

func TestKeyIsRevokedAfterSoManyCalls(t *testing.T) {
	t.Parallel()
	s, c := serve(t, data(t, 1, 0), Options{})
	s.RevokeKeyAfter(2)
	got := []int{}
	for range 4 {
		got = append(got, c.get(Conversations, ask()).status)
	}
	s.AddKey(testKey)
	got = append(got, c.get(Conversations, ask()).status)
	if want := []int{200, 200, 403, 403, 200}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestBotsHaveTheirOwnData(t *testing.T) {
	t.Parallel()
	_, c := serve(t, data(t, 1, 0), Options{Bot: "one", Bots: map[string]*Data{"two": data(t, 2, 0)}})
	for bot, want := range map[string]int{"one": 1, "two": 2, "three": 0, DefaultBot: 0} {
		if got := len(c.page(Conversations, ask("bot_name", bot)).Data); got != want {
			t.Errorf("bot %s: got %d records, want %d", bot, got, want)
		}
	}
}

func TestMessagesOfOneConversation(t *testing.T) {
	t.Parallel()
	_, c := serve(t, data(t, 3, 9), Options{})
	got, sizes := c.scan(Messages, ask("conversation_id", "c001", "per_page", "2"))
	wantIDs(t, got, []string{"m001", "m004", "m007"})
	if !slices.Equal(sizes, []int{2, 1}) {
		t.Errorf("got pages of %v, want 2 and 1", sizes)
	}
	got, _ = c.scan(Messages, ask("conversation_id", "nobody's"))
	wantIDs(t, got, nil)
	got, _ = c.scan(Conversations, ask("conversation_id", "c001"))
	wantIDs(t, got, named("c", 0, 3)) // not a parameter of this endpoint
}

func TestCursorsWalkThroughEverythingOnce(t *testing.T) {
	t.Parallel()
	_, c := serve(t, data(t, 25, 0), Options{})
	got, sizes := c.scan(Conversations, ask("per_page", "10"))
	wantIDs(t, got, named("c", 0, 25))
	if !slices.Equal(sizes, []int{10, 10, 5}) {
		t.Errorf("got pages of %v, want 10, 10, 5", sizes)
	}
}

func TestCursorsAreHostileToURLs(t *testing.T) {
	t.Parallel()
	s, c := serve(t, data(t, 30, 0), Options{})
	params := ask("per_page", "1")
	for range 29 {
		cursor := *c.page(Conversations, params).Cursor
		for _, char := range []string{"+", "/", "="} {
			if !strings.Contains(cursor, char) {
				t.Fatalf("cursor %q has no %s", cursor, char)
			}
		}
		params.Set("cursor", cursor)
	}
	r := c.request("GET", ConversationsPath, ask("per_page", "1"))
	r.URL.RawQuery += "&cursor=" + params.Get("cursor")
	if got := c.do(r).status; got != 400 {
		t.Errorf("cursor not encoded: got %d, want 400", got)
	}
	if v := s.Violations(); len(v) != 1 {
		t.Errorf("got violations %v, want one", v)
	}
}

func TestCursorBelongsToItsQuery(t *testing.T) {
	t.Parallel()
	s, c := serve(t, data(t, 9, 9), Options{
		Keys: []string{testKey, "second"}, Bots: map[string]*Data{"other": data(t, 9, 9)},
	})
	base := ask("per_page", "2", "conversation_id", "c001")
	base.Set("cursor", *c.page(Messages, base).Cursor)
	with := func(changes ...string) url.Values {
		v := ask(append([]string{"per_page", "2", "conversation_id", "c001"}, changes...)...)
		v.Set("cursor", base.Get("cursor"))
		return v
	}
	for name, params := range map[string]url.Values{
		"start_time": with("start_time", "1"), "end_time": with("end_time", "4000000001"),
		"bot_name": with("bot_name", "other"), "per_page": with("per_page", "3"), "no per_page": with("per_page", "-"),
		"conversation_id": with("conversation_id", "c002"), "another parameter": with("x", "y"),
		"same number, other text": with("start_time", "00"),
	} {
		if got := c.get(Messages, params).status; got != 400 {
			t.Errorf("%s changed: got %d, want 400", name, got)
		}
	}
	if got := c.get(Conversations, base).status; got != 400 {
		t.Errorf("other endpoint: got %d, want 400", got)
	}
	c.key = "second"
	if got := c.get(Messages, base).status; got != 400 {
		t.Errorf("other key: got %d, want 400", got)
	}
	c.key = testKey
	if n := len(s.Violations()); n != 10 {
		t.Errorf("got %d violations, want 10", n)
	}
	wantIDs(t, ids(t, c.page(Messages, base).Data), []string{"m007"}) // and may be used twice
	wantIDs(t, ids(t, c.page(Messages, base).Data), []string{"m007"})
}

func TestCursorOutlivesTheServer(t *testing.T) {
	t.Parallel()
	_, before := serve(t, data(t, 4, 0), Options{Seed: 7})
	params := ask("per_page", "3")
	params.Set("cursor", *before.page(Conversations, params).Cursor)
	_, after := serve(t, data(t, 4, 0), Options{Seed: 7})
	wantIDs(t, ids(t, after.page(Conversations, params).Data), []string{"c003"})
	_, other := serve(t, data(t, 4, 0), Options{Seed: 8})
	if got := other.get(Conversations, params).status; got != 400 {
		t.Errorf("server with another seed: got %d, want 400", got)
	}
}

func TestEmptyCursorStartsAgain(t *testing.T) {
	t.Parallel()
	s, c := serve(t, data(t, 2, 0), Options{})
	wantIDs(t, ids(t, c.page(Conversations, ask("cursor", "")).Data), named("c", 0, 2))
	if v := s.Violations(); len(v) != 1 || s.Calls()[0].Cursor {
		t.Errorf("got violations %v, want one, and no cursor in the log", v)
	}
}

func TestCallsAreRecorded(t *testing.T) {
	t.Parallel()
	clk := newClock()
	s, c := serve(t, data(t, 3, 0), Options{Now: clk.Now})
	params := ask("per_page", "2")
	params.Set("cursor", *c.page(Conversations, params).Cursor)
	clk.advance(time.Second)
	c.page(Conversations, params)
	c.get(Messages, ask("start_time", "x"))
	calls := s.Calls()
	if len(calls) != 3 || s.Count(Conversations) != 2 || s.Count(MessagesPath) != 1 || s.Count("") != 3 {
		t.Fatalf("got %d calls, %d conversations, %d messages", len(calls), s.Count(Conversations), s.Count(Messages))
	}
	first, second, third := calls[0], calls[1], calls[2]
	if first.Cursor || first.Page != 1 || first.Status != 200 || first.Records != 2 || first.KeyHash != KeyHash(testKey) {
		t.Errorf("first call: %+v", first)
	}
	if !second.Cursor || second.Page != 2 || second.Records != 1 || second.Time.Sub(first.Time) != time.Second {
		t.Errorf("second call: %+v", second)
	}
	if third.Status != http.StatusBadRequest || third.Endpoint != Messages || third.Params.Get("start_time") != "x" {
		t.Errorf("third call: %+v", third)
	}
}

func TestOverlapIsNoticed(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 2), make(chan struct{})
	s, c := serve(t, data(t, 1, 1), Options{OnCall: func(Call) { arrived <- struct{}{}; <-release }})
	done := make(chan answered, 3)
	start := func(endpoint string) {
		go func() { done <- c.get(endpoint, ask()) }()
		<-arrived
	}
	start(Conversations)
	start(Messages)
	start(Conversations)
	close(release)
	for range 3 {
		if a := <-done; a.status != 200 {
			t.Errorf("got %d, %v", a.status, a.err)
		}
	}
	calls := s.Calls()
	got := []bool{calls[0].Overlap, calls[1].Overlap, calls[2].Overlap}
	if want := []bool{false, false, true}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLatencyEndsWhenTheClientLeaves(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	s, c := serve(t, data(t, 1, 0), Options{Latency: time.Hour, OnCall: func(Call) { close(arrived) }})
	c.http.Timeout = 0
	ctx, cancel := contextOf(t)
	done := make(chan answered)
	go func() { done <- c.do(c.request("GET", ConversationsPath, ask()).WithContext(ctx)) }()
	<-arrived
	cancel()
	if a := <-done; a.err == nil {
		t.Errorf("got an answer of status %d, want none", a.status)
	}
	if got := s.Calls()[0].Status; got != 0 {
		t.Errorf("got status %d, want none", got)
	}
}
