package vendor

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAvaamoTokensAreNotInterchangeable(t *testing.T) {
	t.Parallel()
	for _, bad := range []int{401, 403} {
		_, c := serveAvaamo(t, agentData(t, 3), AvaamoOptions{Choices: AvaamoChoices{BadTokenStatus: bad}})
		user := []string{
			entryPath, "/bots/analytics/20345/sessions.json", "/api/v1/agents/20345/query_insights.json", "/dashboard/bots/20345/storages.json",
		}
		own := []string{talkPath, "/v1/conversations/c1.json", "/v1/conversations/c1/messages.json"}
		for _, path := range slices.Concat(user, own) {
			for token, want := range map[string]int{userToken: 200, agentToken: bad, "": bad, "made up": bad} {
				if slices.Contains(own, path) && (token == userToken || token == agentToken) {
					want = 200 + bad - want
				}
				a := c.ask(path, token)
				if a.status != want {
					t.Errorf("%s with %q: got %d, want %d", path, token, a.status, want)
				}
				if want != 200 && !strings.HasPrefix(a.body, `{"error":"`) {
					t.Errorf("%s: got body %q, want a JSON error", path, a.body)
				}
			}
		}
		if got := c.ask("/bots/analytics/1/messages.json", userToken).status; got != 403 {
			t.Errorf("another agent: got %d, want 403", got)
		}
	}
}

func TestAvaamoPathsAndMethods(t *testing.T) {
	t.Parallel()
	s, c := serveAvaamo(t, agentData(t, 3), AvaamoOptions{})
	for _, path := range []string{"/", "/v1/messages", "/v1/conversations/c1", "/bots/analytics/20345/unknown.json", "/v2/messages.json"} {
		if got := c.ask(path, userToken).status; got != 404 {
			t.Errorf("%s: got %d, want 404", path, got)
		}
	}
	for _, path := range []string{"/v1/conversations/nobody.json", "/v1/conversations/nobody/messages.json"} {
		if got := c.ask(path, agentToken).status; got != 404 {
			t.Errorf("%s: got %d, want 404", path, got)
		}
	}
	r := c.request(http.MethodPost, entryPath, nil)
	r.Header.Set("Access-Token", userToken)
	if got := c.do(r).status; got != 405 || len(s.Violations()) != 1 {
		t.Errorf("POST: got %d and violations %v", got, s.Violations())
	}
}

func TestAvaamoConversationNeedsADeviceID(t *testing.T) {
	t.Parallel()
	_, c := serveAvaamo(t, agentData(t, 3), AvaamoOptions{})
	for path, want := range map[string]int{"/v1/conversations/c1.json": 400, "/v1/conversations/c1/messages.json": 400, talkPath: 200} {
		r := c.request(http.MethodGet, path, nil)
		r.Header.Set("Access-Token", agentToken)
		if got := c.do(r).status; got != want {
			t.Errorf("%s: got %d, want %d", path, got, want)
		}
	}
	if got := c.numbered("/v1/conversations/c1.json", agentToken).Conversation["uuid"]; got != "c1" {
		t.Errorf("got conversation %v", got)
	}
}

func TestAvaamoTokenIsInvalidatedMidRun(t *testing.T) {
	t.Parallel()
	s, c := serveAvaamo(t, agentData(t, 3), AvaamoOptions{})
	s.RevokeTokensAfter(2, false)
	var got []int
	for range 3 {
		got = append(got, c.ask(entryPath, userToken).status)
	}
	got = append(got, c.ask(talkPath, agentToken).status)
	s.AddToken("new", false)
	got = append(got, c.ask(entryPath, "new").status)
	s.RevokeTokensAfter(0, true)
	got = append(got, c.ask(talkPath, agentToken).status)
	if want := []int{200, 200, 401, 200, 200, 401}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAvaamoPages(t *testing.T) {
	t.Parallel()
	_, c := serveAvaamo(t, agentData(t, 230), AvaamoOptions{})
	page := func(params ...string) numbered {
		return c.numbered(entryPath, userToken, append(span(0, 400), params...)...)
	}
	for _, tc := range []struct {
		params                         []string
		current, perPage, pages, count int
	}{
		{nil, 1, 25, 10, 25},
		{[]string{"per_page", "100"}, 1, 100, 3, 100},
		{[]string{"per_page", "1000"}, 1, 100, 3, 100},
		{[]string{"per_page", "100", "page", "3"}, 3, 100, 3, 30},
		{[]string{"per_page", "100", "page", "4"}, 4, 100, 3, 0},
		{[]string{"per_page", "100", "page", "900"}, 900, 100, 3, 0},
	} {
		p := page(tc.params...)
		if p.CurrentPage != tc.current || p.PerPage != tc.perPage || p.TotalPages != tc.pages || p.TotalEntries != 230 || len(*p.Entries) != tc.count {
			t.Errorf("%v: got page %d of %d, %d per page, %d of %d entries", tc.params, p.CurrentPage, p.TotalPages, p.PerPage, len(*p.Entries), p.TotalEntries)
		}
	}
	for _, bad := range [][]string{{"page", "0"}, {"page", "-1"}, {"page", "x"}, {"per_page", "0"}, {"per_page", "1.5"}} {
		if got := c.ask(entryPath, userToken, bad...).status; got != 422 {
			t.Errorf("%v: got %d, want 422", bad, got)
		}
	}
	first := uuids(t, page("per_page", "100"))
	if first[0] != "m229" || first[99] != "m130" {
		t.Errorf("got %s to %s, want the newest first", first[0], first[99])
	}
}

func TestAvaamoPerPageAboveTheMaximumMayBeRefused(t *testing.T) {
	t.Parallel()
	_, c := serveAvaamo(t, agentData(t, 3), AvaamoOptions{Choices: AvaamoChoices{OverPerPage: Refuse}})
	for perPage, want := range map[string]int{"100": 200, "101": 422} {
		if got := c.ask(entryPath, userToken, "per_page", perPage).status; got != want {
			t.Errorf("%s per page: got %d, want %d", perPage, got, want)
		}
	}
}

func TestAvaamoTotalsOfTheEquationAndOfAnEmptyList(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		choices        AvaamoChoices
		from, to       int
		entries, pages int
	}{
		{AvaamoChoices{}, 1000, 2000, 0, 0},
		{AvaamoChoices{EmptyIsOnePage: true}, 1000, 2000, 0, 1},
		{AvaamoChoices{Equation: true}, 1000, 2000, 0, 0},
		{AvaamoChoices{Equation: true, EmptyIsOnePage: true}, 1000, 2000, 100, 1},
		{AvaamoChoices{Equation: true}, 0, 400, 300, 3},
	} {
		_, c := serveAvaamo(t, agentData(t, 230), AvaamoOptions{Choices: tc.choices})
		p := c.numbered(entryPath, userToken, append(span(tc.from, tc.to), "per_page", "100")...)
		if p.TotalEntries != tc.entries || p.TotalPages != tc.pages || p.Entries == nil {
			t.Errorf("%+v: got %d entries in %d pages, want %d in %d", tc.choices, p.TotalEntries, p.TotalPages, tc.entries, tc.pages)
		}
	}
}

func TestAvaamoWindow(t *testing.T) {
	t.Parallel()
	now := avaamoEpoch.Add(100 * time.Second)
	clk := &clock{now: now}
	_, c := serveAvaamo(t, agentData(t, 10), AvaamoOptions{Now: clk.Now})
	count := func(params ...string) int { return len(*c.numbered(entryPath, userToken, params...).Entries) }
	if got := count(span(2, 5)...); got != 4 {
		t.Errorf("both ends: got %d, want 4", got)
	}
	if got := count(); got != 10 {
		t.Errorf("default: got %d, want the last three days", got)
	}
	clk.advance(3*24*time.Hour - 95*time.Second)
	if got := count(); got != 5 {
		t.Errorf("default: got %d, want the last three days and no more", got)
	}
	if got := count(span(0, 4)[2:]...); got != 5 {
		t.Errorf("upper bound only: got %d, want three days before it", got)
	}
	a := c.ask(entryPath, userToken, span(5, 4)...)
	if a.status != 422 || a.body != `{"error":"To Date cannot be before From Date"}` {
		t.Errorf("reversed: got %d %s", a.status, a.body)
	}
	for _, bad := range []string{"x", "-5"} {
		if got := c.ask(entryPath, userToken, "from_timetoken", bad).status; got != 422 {
			t.Errorf("from_timetoken=%s: got %d, want 422", bad, got)
		}
	}
}

func TestAvaamoRemovedNames(t *testing.T) {
	t.Parallel()
	old := []string{"from_date", "01/06/2025", "to_date", "01/06/2025", "utc_offset", "0"}
	for names, want := range map[OldNames]int{OldIgnored: 0, OldHonoured: 10, OldRefused: -1} {
		_, c := serveAvaamo(t, agentData(t, 10), AvaamoOptions{Choices: AvaamoChoices{OldNames: names}})
		if want < 0 {
			if got := c.ask(entryPath, userToken, old...).status; got != 400 {
				t.Errorf("refused: got %d", got)
			}
			continue
		}
		if got := len(*c.numbered(entryPath, userToken, old...).Entries); got != want {
			t.Errorf("names %v: got %d, want %d", names, got, want)
		}
	}
}

func TestAvaamoUnits(t *testing.T) {
	t.Parallel()
	second := avaamoEpoch.Unix()
	for unit, scale := range map[TimeUnit]int64{Seconds: 1, Milliseconds: 1e3, Microseconds: 1e6} {
		_, c := serveAvaamo(t, agentData(t, 10), AvaamoOptions{Choices: AvaamoChoices{Unit: unit}})
		for sent, name := range map[int64]string{1: "s", 1e3: "ms", 1e6: "us"} {
			p := c.numbered(entryPath, userToken, "from_timetoken", fmt.Sprint(second*sent), "to_timetoken", fmt.Sprint((second+3)*sent))
			if got := len(*p.Entries); (got == 4) != (sent == scale) {
				t.Errorf("unit %v asked in %s: got %d entries", unit, name, got)
			}
		}
	}
}

func TestAvaamoWindowMayBeIgnored(t *testing.T) {
	t.Parallel()
	clk := &clock{now: avaamoEpoch.Add(time.Hour)}
	_, c := serveAvaamo(t, agentData(t, 10), AvaamoOptions{Now: clk.Now, Choices: AvaamoChoices{WindowIgnored: true}})
	if got := len(*c.numbered(entryPath, userToken, span(2, 3)...).Entries); got != 10 {
		t.Errorf("got %d, want the default window", got)
	}
}

func TestAvaamoLatestFiveWhenOnlyTheUpperBoundIsSent(t *testing.T) {
	t.Parallel()
	second, us := avaamoEpoch.Unix(), avaamoEpoch.UnixMicro()
	for _, tc := range []struct {
		names  TalkNames
		path   string
		params []string
		want   int
	}{
		{SinceMicroseconds, talkPath, []string{"timetoken", fmt.Sprint(us + 20e6)}, 5},
		{SinceMicroseconds, talkPath, []string{"since_timetoken", fmt.Sprint(us), "timetoken", fmt.Sprint(us + 20e6)}, 40},
		{SinceMicroseconds, talkPath, []string{"since_timetoken", fmt.Sprint(us + 10e6)}, 40},
		{SinceMicroseconds, talkPath, []string{"from_timetoken", fmt.Sprint(second), "to_timetoken", fmt.Sprint(second + 1)}, 60},
		{FromSeconds, talkPath, []string{"to_timetoken", fmt.Sprint(second + 20)}, 5},
		{FromSeconds, talkPath, []string{"from_timetoken", fmt.Sprint(second), "to_timetoken", fmt.Sprint(second + 20)}, 40},
		{FromSeconds, talkPath, []string{"since_timetoken", fmt.Sprint(us), "timetoken", fmt.Sprint(us + 1)}, 60},
		{SinceMicroseconds, "/v1/conversations/c0/messages.json", []string{"timetoken", fmt.Sprint(us + 60e6)}, 5},
		{SinceMicroseconds, "/v1/conversations/c0/messages.json", []string{"since_timetoken", "0", "timetoken", fmt.Sprint(us + 60e6)}, 20},
	} {
		_, c := serveAvaamo(t, agentData(t, 30), AvaamoOptions{Choices: AvaamoChoices{TalkNames: tc.names}})
		p := c.numbered(tc.path, agentToken, append(tc.params, "per_page", "100")...)
		if len(*p.Entries) != tc.want || p.TotalEntries != tc.want {
			t.Errorf("%s %v: got %d of %d, want %d", tc.path, tc.params, len(*p.Entries), p.TotalEntries, tc.want)
		}
	}
}

func TestAvaamoOtherEndpoints(t *testing.T) {
	t.Parallel()
	_, c := serveAvaamo(t, agentData(t, 9), AvaamoOptions{})
	if got := len(*c.numbered("/bots/analytics/20345/sessions.json", userToken, span(0, 20)...).Entries); got != 3 {
		t.Errorf("sessions: got %d, want one for each conversation", got)
	}
	insights := "/api/v1/agents/20345/query_insights.json"
	if got := len(*c.numbered(insights, userToken).Queries); got != 9 {
		t.Errorf("insights: got %d, want one for each entry", got)
	}
	p := c.numbered(insights, userToken, "user_ids[]", "u1", "user_ids[]", "u2", "start_time", fmt.Sprint(avaamoEpoch.UnixMicro()+1))
	if got := len(*p.Queries); got != 6 || !strings.Contains(string((*p.Queries)[0]), `"conversation_uuid":"c2","message_uuid":"m008"`) {
		t.Errorf("insights of two users: got %d, %s", got, (*p.Queries)[0])
	}
	if got := c.numbered("/dashboard/bots/20345/storages.json", userToken); got.Storage == nil || got.Entries != nil || len(*got.Storage) != 1 {
		t.Error("the storage is not under its own name")
	}
	if got := c.numbered("/v1/user_info/u0.json", "", "access_token", agentToken); len(got.UserInfo) != 1 {
		t.Errorf("user_info: got %v", got.UserInfo)
	}
}

func TestAvaamoServerTime(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{0, time.Hour, -time.Hour} {
		_, c := serveAvaamo(t, agentData(t, 1), AvaamoOptions{Choices: AvaamoChoices{ClockSkew: skew}})
		want := float64(newClock().Now().Add(skew).UnixMicro()) / 1e6
		if got := c.numbered(entryPath, userToken).TimeToken; got != want {
			t.Errorf("skew %v: got %f, want %f", skew, got, want)
		}
	}
}

func TestAvaamoDestructiveCallsAreViolations(t *testing.T) {
	t.Parallel()
	s, c := serveAvaamo(t, agentData(t, 3), AvaamoOptions{})
	for path, method := range map[string]string{"/dashboard/conversations/c1/mask_messages.json": http.MethodPut, "/dashboard/agents/20345/clear_data.json": http.MethodPost} {
		r := c.request(method, path, nil)
		r.Header.Set("Access-Token", userToken)
		if got := c.do(r).status; got != 403 {
			t.Errorf("%s: got %d, want 403", path, got)
		}
	}
	if got := s.Violations(); len(got) != 2 {
		t.Errorf("got %v, want two violations", got)
	}
	if got := len(s.Data().Entries()); got != 3 {
		t.Errorf("%d entries are left", got)
	}
}

func TestAvaamoTokenInTheAddressIsAViolation(t *testing.T) {
	t.Parallel()
	s, c := serveAvaamo(t, agentData(t, 3), AvaamoOptions{})
	c.ask(entryPath, userToken, "access_token", userToken)
	c.ask(talkPath, agentToken, "x", "y"+agentToken)
	c.ask("/v1/user_info/u0.json", "", "access_token", agentToken) // documented so
	if got := s.Violations(); len(got) != 2 {
		t.Errorf("got %v, want two violations", got)
	}
}
