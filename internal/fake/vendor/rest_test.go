package vendor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// everything is a window around all of the sample.
var everything = wanted{from: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), to: restNow(), size: 100}

// pagings are the kinds of next, for the vendor that does not exist.
func pagings() map[string]Next {
	return map[string]Next{
		"cursor":         {Kind: ByCursor, To: "query.cursor", From: "next"},
		"cursor in body": {Kind: ByCursor, To: "body.cursor", From: "paging.next"},
		"cursor, flag":   {Kind: ByCursor, To: "query.cursor", From: "next", Member: "more"},
		"link":           {Kind: ByLink, To: "query.cursor", From: "links.next"},
		"link header":    {Kind: ByLinkHeader, To: "query.cursor"},
		"offset":         {Kind: ByOffset, To: "query.offset"},
		"page":           {Kind: ByPage, To: "query.page"},
	}
}

// inWindow is a layout whose windows may be as long as the sample.
func inWindow(l Layout) RestChoices {
	c := l.Choices()
	c.MaxSpan = 0
	return c
}

func TestRestEveryRecordOnce(t *testing.T) {
	t.Parallel()
	layouts := map[string]Layout{}
	for _, l := range Layouts() {
		layouts[l.Name()] = l
	}
	for name, next := range pagings() {
		layouts["shop, "+name] = Shop(next)
	}
	delete(layouts, "cognigy") // has no next page; see TestCognigyGoesOnFromATime
	for name, l := range layouts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			choices, data := inWindow(l), l.RestSample()
			c := serveRest(t, l, data, RestOptions{Choices: &choices})
			if l.auth.TokenPath != "" {
				c.login(restKey)
			}
			got, calls := c.readAll(everything)
			want := data.Conversations()
			if len(got) != len(want) || calls < 3 {
				t.Errorf("got %d records in %d calls, want %d", len(got), calls, len(want))
			}
			if texts := textsOf(t, got); !slices.Equal(texts, textsOf(t, want)) || len(slices.Compact(texts)) != len(want) {
				t.Error("some are not as they were loaded, or are there twice")
			}
			if v := c.s.Violations(); len(v) > 0 {
				t.Errorf("violations %v", v)
			}
		})
	}
}

// textsOf are records without the space between their parts, sorted.
func textsOf(t *testing.T, raws []json.RawMessage) (out []string) {
	t.Helper()
	for _, raw := range raws {
		var text bytes.Buffer
		if err := json.Compact(&text, raw); err != nil {
			t.Fatalf("%v: %.200s", err, raw)
		}
		out = append(out, text.String())
	}
	slices.Sort(out)
	return out
}

func TestRestRecordsAreServedByteForByte(t *testing.T) {
	t.Parallel()
	l := Shop(Next{Kind: ByCursor, To: "query.cursor", From: "next"})
	raw := json.RawMessage(`{"id":"a","opened":1.50,"n":12345678901234567890 , "x":"\ud83d"}`)
	d, err := NewRestData([]RestRecord{{ID: "a", Raw: raw}})
	if err != nil {
		t.Fatal(err)
	}
	if a := serveRest(t, l, d, RestOptions{}).list(everything); !strings.Contains(a.body, string(raw)) {
		t.Errorf("got %s", a.body)
	}
	if _, err := NewRestData([]RestRecord{{ID: "a", Raw: json.RawMessage(`[]`)}}); err == nil {
		t.Error("a record that is no object is taken")
	}
}

func TestRestKeys(t *testing.T) {
	t.Parallel()
	shop := Shop(Next{Kind: ByCursor, To: "query.cursor", From: "next"})
	for name, auth := range map[string]Auth{
		"header": {Header: "x-token"}, "bearer": {Header: "Authorization", Prefix: "Bearer "}, "query": {Query: "apikey"}, "basic": {User: "me"},
	} {
		c := serveRest(t, shop.WithAuth(auth), nil, RestOptions{})
		if got := c.list(everything).status; got != http.StatusOK {
			t.Errorf("%s: got %d", name, got)
		}
		c.token = "made-up"
		if got := c.list(everything).status; got != http.StatusUnauthorized {
			t.Errorf("%s, another key: got %d", name, got)
		}
		c.token = restKey
		c.s.RevokeKeysAfter(1)
		if first, second := c.list(everything).status, c.list(everything).status; first != 200 || second != 401 {
			t.Errorf("%s: got %d, %d while its key is revoked", name, first, second)
		}
	}
}

func TestRestKeyInTheAddressIsAViolation(t *testing.T) {
	t.Parallel()
	c := serveRest(t, Ada(), nil, RestOptions{})
	c.send(http.MethodGet, "/api/v2/export/conversations", map[string][]string{"created_since": {"2025-01-01T00:00:00Z"}, "conversation_id": {restKey}}, "")
	if v := c.s.Violations(); len(v) != 1 || !strings.Contains(v[0], "key in the address") {
		t.Errorf("got %v", v)
	}
}

func TestRestAccessTokens(t *testing.T) {
	t.Parallel()
	now := restNow()
	auth := Auth{Header: "Authorization", Prefix: "Bearer ", TokenPath: "/token", ClientID: "dsr", Scope: "export"}
	l := Shop(Next{Kind: ByCursor, To: "query.cursor", From: "next"}).WithAuth(auth)
	c := serveRest(t, l, nil, RestOptions{Now: func() time.Time { return now }})
	if got := c.list(everything).status; got != 401 {
		t.Errorf("the secret itself: got %d", got)
	}
	if got := c.login("wrong").status; got != 401 {
		t.Errorf("a wrong secret: got %d", got)
	}
	if a := c.login(restKey); a.status != 200 || !strings.Contains(a.body, `"expires_in":3600`) {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if got := c.list(everything).status; got != 200 {
		t.Errorf("with a token: got %d", got)
	}
	now = now.Add(time.Hour)
	if got := c.list(everything).status; got != 401 {
		t.Errorf("an hour later: got %d", got)
	}
	c.login(restKey)
	c.s.ExpireTokens()
	if got := c.list(everything).status; got != 401 {
		t.Errorf("an ended token: got %d", got)
	}
	if got := c.s.Count(Token); got != 3 {
		t.Errorf("%d calls for tokens, want 3", got)
	}
}

func TestRestLimits(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		layout   Layout
		overHost bool
	}{{Ada(), false}, {Botpress(), true}} {
		n, _, host := tc.layout.Limit()
		now := restNow()
		c := serveRest(t, tc.layout, nil, RestOptions{Now: func() time.Time { return now }, Rate: n})
		for range n {
			c.list(everything)
		}
		if got := c.list(everything).status; got != http.StatusTooManyRequests || len(c.s.Violations()) != 1 {
			t.Errorf("%s: got %d beyond the limit, violations %v", tc.layout.Name(), got, c.s.Violations())
		}
		messages := c.send(http.MethodGet, tc.layout.lists[1].path, map[string][]string{}, "").status
		if host != tc.overHost || (messages == http.StatusTooManyRequests) != tc.overHost {
			t.Errorf("%s: the other endpoint answers %d", tc.layout.Name(), messages)
		}
	}
}

func TestRestWindows(t *testing.T) {
	t.Parallel()
	l := Shop(Next{Kind: ByCursor, To: "query.cursor", From: "next"})
	at := func(s int) time.Time { return time.Unix(1_750_000_000+int64(s), 0) }
	d := newRestData([]RestRecord{
		{ID: "a", Start: at(0), Last: at(50), Raw: json.RawMessage(`{"id":"a"}`)},
		{ID: "b", Start: at(10), Last: at(20), Raw: json.RawMessage(`{"id":"b"}`)},
		{ID: "c", Start: at(20), Last: at(90), Raw: json.RawMessage(`{"id":"c"}`)},
		{ID: "d", Raw: json.RawMessage(`{"id":"d"}`)},
	})
	for name, tc := range map[string]struct {
		choices RestChoices
		from    int
		to      int
		want    string
	}{
		"by start":          {RestChoices{}, 10, 20, "d b c"},
		"by last":           {RestChoices{Field: LastAction}, 20, 50, "d a b"},
		"by overlap":        {RestChoices{Field: Overlap}, 40, 60, "d a c"},
		"without end":       {RestChoices{Ends: OpenEnd}, 10, 20, "d b"},
		"without start":     {RestChoices{Ends: OpenStart}, 10, 20, "d c"},
		"without either":    {RestChoices{Ends: Open}, 10, 20, "d"},
		"rounded":           {RestChoices{Step: time.Minute}, 10, 11, "d a b c"},
		"silently shorter":  {RestChoices{MaxSpan: 10 * time.Second, Shortened: true}, 0, 30, "d a b"},
		"older ones gone":   {RestChoices{Horizon: restNow().Sub(at(60))}, 0, 90, "d c"},
		"younger ones late": {RestChoices{IngestLag: restNow().Sub(at(60))}, 0, 90, "d a b"},
	} {
		c := serveRest(t, l, d, RestOptions{Choices: &tc.choices})
		var ids []string
		for _, raw := range c.parse(c.list(wanted{from: at(tc.from), to: at(tc.to), size: 100})).records {
			var r struct{ ID string }
			_ = json.Unmarshal(raw, &r)
			ids = append(ids, r.ID)
		}
		if got := strings.Join(ids, " "); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
	}
	long := RestChoices{MaxSpan: 10 * time.Second}
	if got := serveRest(t, l, d, RestOptions{Choices: &long}).list(wanted{from: at(0), to: at(30), size: 10}).status; got != 400 {
		t.Errorf("a longer window than allowed: got %d", got)
	}
}

func TestRestEnds(t *testing.T) {
	t.Parallel()
	l := Shop(Next{Kind: ByCursor, To: "query.cursor", From: "next"})
	d := newRestData(someRecords(4))
	for name, tc := range map[string]struct {
		choices RestChoices
		want    string
	}{
		"null":            {RestChoices{}, `"next":null`},
		"absent":          {RestChoices{Last: Absent}, `"count":4}`},
		"empty":           {RestChoices{Last: Empty}, `"next":""`},
		"trailing":        {RestChoices{Trailing: true}, `"next":"`},
		"more than there": {RestChoices{TotalOff: 3}, `"count":7`},
	} {
		if a := serveRest(t, l, d, RestOptions{Choices: &tc.choices}).list(wanted{from: everything.from, to: everything.to, size: 4}); !strings.Contains(a.body, tc.want) {
			t.Errorf("%s: got %s", name, a.body)
		}
	}
	empty := RestChoices{EmptyPages: true}
	got, calls := serveRest(t, l, d, RestOptions{Choices: &empty}).readAll(wanted{from: everything.from, to: everything.to, size: 1})
	if len(got) != 4 || calls != 6 {
		t.Errorf("with empty pages: %d records in %d calls, want 4 in 6", len(got), calls)
	}
}

func someRecords(n int) (out []RestRecord) {
	for i := range n {
		at := time.Unix(1_750_000_000+int64(i), 0)
		out = append(out, RestRecord{ID: fmt.Sprintf("c%d", i), Start: at, Last: at, Raw: fmt.Appendf(nil, `{"id":"c%d","opened":%d}`, i, at.Unix())})
	}
	return out
}

func TestRestCursorsBelongToTheirQuery(t *testing.T) {
	t.Parallel()
	for _, l := range []Layout{Intercom(), Shop(Next{Kind: ByCursor, To: "body.cursor", From: "next"})} {
		c := serveRest(t, l, newRestData(someRecords(5)), RestOptions{})
		w := wanted{from: everything.from, to: everything.to, size: 2}
		w.at = c.parse(c.list(w)).at(l.lists[0].next.From)
		if got := c.list(w).status; got != 200 || w.at == "" {
			t.Fatalf("%s: got %d with cursor %q", l.Name(), got, w.at)
		}
		w.size = 3
		if got := c.list(w).status; got != 400 || len(c.s.Violations()) != 1 {
			t.Errorf("%s: got %d for a cursor with another size, violations %v", l.Name(), got, c.s.Violations())
		}
	}
}

// TestRestAListLives: what comes and goes between two pages by number moves all others.
func TestRestAListLives(t *testing.T) {
	t.Parallel()
	c := serveRest(t, Shop(Next{Kind: ByOffset, To: "query.offset"}), newRestData(someRecords(6)), RestOptions{})
	w := wanted{from: everything.from, to: everything.to, size: 3}
	c.list(w)
	c.s.Delete("c0")
	w.at = "3"
	if got := c.parse(c.list(w)).records; len(got) != 2 {
		t.Errorf("got %d records, want 2: c3 has moved to the page before", len(got))
	}
	c.s.Put(RestRecord{ID: "c9", Start: restNow(), Raw: json.RawMessage(`{"id":"c9"}`)}, RestRecord{ID: "c5", Start: restNow(), Raw: json.RawMessage(`{"id":"c5","again":true}`)})
	if raw, _ := c.s.Data().Conversation("c5"); len(c.s.Data().Conversations()) != 6 || !strings.Contains(string(raw), "again") {
		t.Errorf("got %s of %d", raw, len(c.s.Data().Conversations()))
	}
}

func TestRestUnknownParametersAndPathsShow(t *testing.T) {
	t.Parallel()
	c := serveRest(t, Ada(), nil, RestOptions{})
	c.send(http.MethodGet, "/api/v2/export/conversations", map[string][]string{"created_since": {"2025-01-01T00:00:00Z"}, "per_page": {"5"}}, "")
	if v := c.s.Violations(); len(v) != 1 || !strings.Contains(v[0], "per_page") {
		t.Errorf("got %v", v)
	}
	if got := c.send(http.MethodGet, "/api/v1/export/conversations", map[string][]string{}, "").status; got != 404 {
		t.Errorf("another path: got %d", got)
	}
	if got := c.send(http.MethodPost, "/api/v2/export/conversations", map[string][]string{}, "{}").status; got != 404 {
		t.Errorf("another method: got %d", got)
	}
}
