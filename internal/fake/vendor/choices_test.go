package vendor

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWindowFieldChoosesTheTime(t *testing.T) {
	t.Parallel()
	// c0 … c9 begin at 1000 … 1009 and end ten seconds later.
	for _, tc := range []struct {
		field      WindowField
		start, end int
		want       []string
	}{
		{StartTime, 1003, 1005, named("c", 3, 6)},
		{StartTime, 1010, 1019, nil},
		{LastAction, 1003, 1005, nil},
		{LastAction, 1013, 1015, named("c", 3, 6)},
		{Overlap, 1010, 1010, named("c", 0, 10)},
		{Overlap, 990, 1002, named("c", 0, 3)},
		{Overlap, 1017, 1030, named("c", 7, 10)},
	} {
		for _, order := range []Order{ByStart, NewestFirst, Shuffled} {
			_, c := serve(t, data(t, 10, 0), Options{Choices: Choices{WindowField: tc.field, Order: order}})
			got, _ := c.scan(Conversations, window(tc.start, tc.end))
			slices.Sort(got)
			wantIDs(t, got, tc.want)
		}
	}
}

func window(start, end int) url.Values {
	return ask("start_time", fmt.Sprint(start), "end_time", fmt.Sprint(end), "per_page", "2")
}

func TestMessagesHaveOneTime(t *testing.T) {
	t.Parallel()
	for _, field := range []WindowField{StartTime, LastAction, Overlap} {
		_, c := serve(t, data(t, 0, 10), Options{Choices: Choices{WindowField: field}})
		got, _ := c.scan(Messages, window(1001, 1002)) // m002 1001.0, m003 1001.5, m004 1002.0
		wantIDs(t, got, named("m", 2, 5))
	}
}

func TestEndsOfTheWindow(t *testing.T) {
	t.Parallel()
	for _, order := range []Order{ByStart, NewestFirst, Shuffled} {
		for ends, want := range map[Ends][]string{
			Closed: named("m", 2, 5), OpenEnd: named("m", 2, 4), OpenStart: named("m", 3, 5),
		} {
			_, c := serve(t, data(t, 0, 10), Options{Choices: Choices{Ends: ends, Order: order}})
			got, _ := c.scan(Messages, window(1001, 1002))
			slices.Sort(got)
			wantIDs(t, got, want)
		}
	}
}

func TestEndsOfAnOverlap(t *testing.T) {
	t.Parallel()
	// Of c0 (1000 to 1010) and c1 (1001 to 1011).
	for _, tc := range []struct {
		ends       Ends
		start, end int
		want       []string
	}{
		{Closed, 1010, 1020, named("c", 0, 2)},
		{OpenStart, 1010, 1020, named("c", 1, 2)},
		{Closed, 990, 1001, named("c", 0, 2)},
		{OpenEnd, 990, 1001, named("c", 0, 1)},
	} {
		_, c := serve(t, data(t, 2, 0), Options{Choices: Choices{WindowField: Overlap, Ends: tc.ends}})
		got, _ := c.scan(Conversations, window(tc.start, tc.end))
		wantIDs(t, got, tc.want)
	}
}

func TestLastCursorForms(t *testing.T) {
	t.Parallel()
	for form, want := range map[LastCursor]string{
		Null: `{"data":[],"cursor":null}`, Absent: `{"data":[]}`, Empty: `{"data":[],"cursor":""}`,
	} {
		_, c := serve(t, data(t, 0, 0), Options{Choices: Choices{LastCursor: form}})
		if got := c.get(Conversations, ask()).body; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestTrailingEmptyPage(t *testing.T) {
	t.Parallel()
	for n, want := range map[int][]int{4: {2, 2, 0}, 3: {2, 1}, 0: {0}} {
		_, c := serve(t, data(t, n, 0), Options{Choices: Choices{TrailingEmptyPage: true}})
		if _, sizes := c.scan(Conversations, ask("per_page", "2")); !slices.Equal(sizes, want) {
			t.Errorf("%d records: got pages of %v, want %v", n, sizes, want)
		}
	}
}

func TestPageSizeChoices(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		choices Choices
		perPage string
		want    int // records in the first page; 0: refused
	}{
		{"default", Choices{}, "-", 100},
		{"another default", Choices{DefaultPerPage: 7}, "-", 7},
		{"maximum", Choices{}, "1000", 1000},
		{"clamped", Choices{}, "5000", 1000},
		{"refused", Choices{OverPerPage: Refuse}, "1001", 0},
		{"maximum not refused", Choices{OverPerPage: Refuse}, "1000", 1000},
		{"clamped lower", Choices{MaxPerPage: 30}, "1000", 30},
		{"clamped lower, less asked", Choices{MaxPerPage: 30}, "20", 20},
		{"default above the lower maximum", Choices{MaxPerPage: 30}, "-", 30},
	} {
		_, c := serve(t, data(t, 1100, 0), Options{Choices: tc.choices})
		a := c.get(Conversations, ask("per_page", tc.perPage))
		if refused := a.status == 400; refused != (tc.want == 0) {
			t.Errorf("%s: got status %d", tc.name, a.status)
		} else if !refused && strings.Count(a.body, `"_id"`) != tc.want {
			t.Errorf("%s: got %d records, want %d", tc.name, strings.Count(a.body, `"_id"`), tc.want)
		}
	}
}

func TestWindowMayBeIgnoredWithConversationID(t *testing.T) {
	t.Parallel()
	params := func(id string) url.Values {
		return ask("start_time", "1", "end_time", "2", "conversation_id", id)
	}
	_, c := serve(t, data(t, 0, 9), Options{})
	got, _ := c.scan(Messages, params("c001"))
	wantIDs(t, got, nil)
	_, c = serve(t, data(t, 0, 9), Options{Choices: Choices{WindowIgnoredWithConversationID: true}})
	got, _ = c.scan(Messages, params("c001"))
	wantIDs(t, got, []string{"m001", "m004", "m007"})
	got, _ = c.scan(Messages, params(""))
	wantIDs(t, got, nil) // no id, and the window applies
}

func TestMaximumSpan(t *testing.T) {
	t.Parallel()
	_, c := serve(t, data(t, 1, 0), Options{Choices: Choices{MaxSpan: time.Hour}})
	if got := c.get(Conversations, window(0, 3600)).status; got != 200 {
		t.Errorf("exactly the maximum: got %d", got)
	}
	if got := c.get(Conversations, window(0, 3601)).status; got != 400 {
		t.Errorf("beyond it: got %d", got)
	}
}

func TestOrders(t *testing.T) {
	t.Parallel()
	orders := map[Order][]string{}
	for _, order := range []Order{ByStart, NewestFirst, Shuffled} {
		_, c := serve(t, data(t, 40, 0), Options{Choices: Choices{Order: order}})
		orders[order], _ = c.scan(Conversations, ask("per_page", "7"))
		again, _ := c.scan(Conversations, ask("per_page", "3"))
		wantIDs(t, again, orders[order])
	}
	wantIDs(t, orders[ByStart], named("c", 0, 40))
	newest := named("c", 0, 40)
	slices.Reverse(newest)
	wantIDs(t, orders[NewestFirst], newest)
	shuffled := slices.Clone(orders[Shuffled])
	if slices.IsSorted(shuffled) || slices.Equal(shuffled, newest) {
		t.Error("not shuffled")
	}
	slices.Sort(shuffled)
	wantIDs(t, shuffled, named("c", 0, 40))
	_, c := serve(t, data(t, 40, 0), Options{Seed: 9, Choices: Choices{Order: Shuffled}})
	if other, _ := c.scan(Conversations, ask()); slices.Equal(other, orders[Shuffled]) {
		t.Error("another seed shuffles alike")
	}
}

func TestUnknownBotMayBeRefused(t *testing.T) {
	t.Parallel()
	_, c := serve(t, data(t, 1, 0), Options{Choices: Choices{UnknownBot: RefuseBot}})
	if got := c.get(Conversations, ask("bot_name", "nobody")).status; got != 400 {
		t.Errorf("got %d, want 400", got)
	}
	if got := c.get(Conversations, ask()).status; got != 200 {
		t.Errorf("known bot: got %d", got)
	}
}

func TestBadKeyMayBe401(t *testing.T) {
	t.Parallel()
	_, c := serve(t, data(t, 1, 0), Options{Choices: Choices{BadKeyStatus: 401}})
	c.key = "wrong"
	if a := c.get(Conversations, ask()); a.status != 401 || a.body != `{"message":"Unauthorized"}` {
		t.Errorf("got %d %s", a.status, a.body)
	}
}

func TestCursorsExpire(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]int{0: 400, 404: 404, 410: 410} {
		clk := newClock()
		s, c := serve(t, data(t, 3, 0), Options{Now: clk.Now, Choices: Choices{CursorTTL: time.Minute, ExpiredCursorStatus: status}})
		params := ask("per_page", "1")
		params.Set("cursor", *c.page(Conversations, params).Cursor)
		clk.advance(time.Minute)
		if got := c.get(Conversations, params).status; got != 200 {
			t.Errorf("in time: got %d", got)
		}
		clk.advance(time.Microsecond)
		if got := c.get(Conversations, params).status; got != want {
			t.Errorf("too late: got %d, want %d", got, want)
		}
		if v := s.Violations(); len(v) != 0 {
			t.Errorf("got violations %v: to come too late is none", v)
		}
	}
}

func TestIngestLagHidesYoungRecords(t *testing.T) {
	t.Parallel()
	clk := newClock()
	clk.now = time.Unix(1012, 0).Add(time.Minute)
	_, c := serve(t, data(t, 5, 0), Options{Now: clk.Now, Choices: Choices{IngestLag: time.Minute}})
	got, _ := c.scan(Conversations, ask())
	wantIDs(t, got, named("c", 0, 3)) // last active at 1010, 1011, 1012
	clk.advance(time.Second)
	got, _ = c.scan(Conversations, ask())
	wantIDs(t, got, named("c", 0, 4))
}

func TestCompressionIsUsedWhereAccepted(t *testing.T) {
	t.Parallel()
	_, plain := serve(t, data(t, 50, 0), Options{Choices: Choices{NoGzip: true}})
	_, packed := serve(t, data(t, 50, 0), Options{})
	for accept, want := range map[string]string{"gzip": "gzip", "br, gzip;q=0.5": "gzip", "identity": "", "gzip;q=0": "", "": ""} {
		r := packed.request("GET", ConversationsPath, ask())
		r.Header["Accept-Encoding"] = []string{accept}
		if got := packed.do(r).header.Get("Content-Encoding"); got != want {
			t.Errorf("accepting %q: got %q, want %q", accept, got, want)
		}
		r = plain.request("GET", ConversationsPath, ask())
		r.Header["Accept-Encoding"] = []string{accept}
		if got := plain.do(r).header.Get("Content-Encoding"); got != "" {
			t.Errorf("compression off: got %q", got)
		}
	}
	if plain.get(Conversations, ask()).body != packed.get(Conversations, ask()).body {
		t.Error("the text depends on the compression")
	}
}

func TestRecordWithoutTimeIsInEveryWindow(t *testing.T) {
	t.Parallel()
	d, err := NewData([]json.RawMessage{
		json.RawMessage(`{"_id":"both","startTime":1000,"lastActionAt":"1970-01-01T00:20:00"}`),
		json.RawMessage(`{"_id":"none","startTime":"soon"}`),
		json.RawMessage(`{"_id":"start only","startTime":"1000","lastActionAt":null}`),
		json.RawMessage(`{"_id":"last only","startTime":null,"lastActionAt":"1970-01-01T00:20:00Z"}`),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		field WindowField
		start int
		want  []string
	}{
		{StartTime, 1000, []string{"both", "none", "start only"}},
		{StartTime, 1200, []string{"last only", "none"}},
		{LastAction, 1000, []string{"none", "start only"}},
		{LastAction, 1200, []string{"both", "last only", "none"}},
		{Overlap, 1100, []string{"both", "none"}},
		{Overlap, 5, []string{"none"}},
	} {
		for _, order := range []Order{ByStart, NewestFirst, Shuffled} {
			_, c := serve(t, d, Options{Choices: Choices{WindowField: tc.field, Order: order}})
			params := window(tc.start, tc.start+1)
			params.Set("per_page", "1")
			got, _ := c.scan(Conversations, params)
			slices.Sort(got)
			wantIDs(t, got, tc.want)
		}
	}
}
