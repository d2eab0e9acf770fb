package export_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/match"
)

// script answers the calls to a server one after another, and keeps what it was called with.
type script struct {
	answers []string
	status  int // of the answers; 0: 200
	header  http.Header
	calls   []string // path, query and body
	shown   []string // Authorization
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.calls = append(s.calls, strings.TrimSpace(r.URL.RequestURI()+" "+string(body)))
	s.shown = append(s.shown, r.Header.Get("Authorization"))
	n := len(s.calls)
	if n > len(s.answers) {
		http.Error(w, "no more", http.StatusTeapot)
		return
	}
	for name, values := range s.header {
		for _, v := range values {
			w.Header().Add(name, v)
		}
	}
	if s.status > 0 {
		w.WriteHeader(s.status)
	}
	fmt.Fprint(w, s.answers[n-1])
}

// small is the shortest declaration; its conversations are paged as the text says.
func small(conversations string) string {
	return `auth: {header: x-token}
conversations:
  get: /c
  records: items
  id: id
  start: at
  metadata: m
` + conversations + `
messages:
  get: "/m/{id}"
  records: items
  next: {cursor: next, to: query.after}
  id: id
  conversation: c
  time: at
`
}

// readUnit reads conversations of an interval to their end, or to the first error.
func readUnit(t *testing.T, r *export.Rest, interval dsr.Interval, size int) (batches []export.Batch, failure error) {
	t.Helper()
	u := dsr.Unit{Source: "shop", Kind: dsr.Pages, Endpoint: dsr.Conversations, Interval: interval, PerPage: size}
	nothing, err := match.Compile(nil, r.Schema().Conversation)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := r.Open(t.Context(), u, export.Wanted{Matcher: nothing})
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		b, err := reader.Next(t.Context())
		if err != nil {
			return batches, err
		}
		batches = append(batches, b)
		if b.End {
			return batches, nil
		}
	}
	t.Fatal("the chain does not end")
	return nil, nil
}

// day is an interval of whole seconds around the records of these tests.
var day = dsr.Interval{Start: 1_700_000_000, End: 1_700_086_400}

// item is a conversation so many seconds after the start of the day.
func item(id string, second int64) string {
	return fmt.Sprintf(`{"id":%q,"at":%d,"m":{"a":"b"}}`, id, day.Start+second)
}

func TestWhatAnEndIs(t *testing.T) {
	t.Parallel()
	one, two := item("1", 10), item("2", 20)
	const cursor = "  next: {cursor: next, to: query.after}\n"
	for name, c := range map[string]struct {
		declared string
		answers  []string
		calls    int
		suspect  bool
		moved    bool
		differs  bool
		faults   int // of what the last page says against itself
	}{
		"null":                                {cursor + "  end: null", []string{`{"items":[` + one + `],"next":"x"}`, `{"items":[],"next":null}`}, 2, false, false, false, 0},
		"absent where null is declared":       {cursor + "  end: null", []string{`{"items":[` + one + `]}`}, 1, true, false, false, 0},
		"absent":                              {cursor + "  end: absent", []string{`{"items":[` + one + `]}`}, 1, false, false, false, 0},
		"an empty page on the way":            {cursor, []string{`{"items":[],"next":"x"}`, `{"items":[` + one + `],"next":""}`}, 2, false, false, false, 0},
		"an empty page as the end":            {cursor + "  end: empty_page", []string{`{"items":[` + one + `],"next":"x"}`, `{"items":[],"next":"y"}`}, 2, false, false, false, 0},
		"no place before the empty page":      {cursor + "  end: empty_page", []string{`{"items":[` + one + `]}`}, 1, true, false, false, 0},
		"a member":                            {cursor + `  end: {member: more, is: "false"}`, []string{`{"items":[` + one + `],"next":"x","more":true}`, `{"items":[` + two + `],"next":"y","more":false}`}, 2, false, false, false, 0},
		"a member that promises in vain":      {cursor + `  end: {member: more, is: "false"}`, []string{`{"items":[` + one + `],"more":true}`}, 1, false, false, false, 1},
		"a place that cannot be sent back":    {cursor, []string{`{"items":[` + one + `],"next":{"page":2}}`}, 1, false, false, false, 1},
		"another member says there is more":   {cursor, []string{`{"items":[` + one + `],"has_more":true}`}, 1, false, false, false, 1},
		"more in a part that is not the last": {"  query: {a: \"{start}\", b: \"{end}\"}\n" + cursor + "  window: {ends: inclusive, span: 12h}", []string{`{"items":[` + one + `],"has_more":true}`}, 1, false, false, false, 1},
		"a short page of numbers is no end":   {"  next: {offset: query.skip}", []string{`{"items":[` + one + `]}`, `{"items":[` + two + `]}`, `{"items":[]}`}, 3, false, false, false, 0},
		"a total that holds":                  {"  next: {page: query.p, first: 0}\n  total: n", []string{`{"items":[` + one + `],"n":1}`, `{"items":[],"n":1}`}, 2, false, false, false, 0},
		"a total that lacks a record":         {"  next: {page: query.p}\n  total: n", []string{`{"items":[` + one + `],"n":2}`, `{"items":[],"n":2}`}, 2, false, false, true, 0},
		"a total that moved":                  {"  next: {page: query.p}\n  total: n", []string{`{"items":[` + one + `],"n":1}`, `{"items":[],"n":2}`}, 2, false, false, true, 0},
		"a total that is not told":            {"  next: {page: query.p}\n  total: n", []string{`{"items":[` + one + `]}`, `{"items":[]}`}, 2, false, false, true, 0},
		"a keyset":                            {"  query: {from: \"{start}\"}\n  next: {keyset: at}\n  window: {ends: inclusive}", []string{`{"items":[` + one + "," + two + `]}`, `{"items":[` + two + `]}`}, 2, false, false, false, 0},
		"a keyset whose last record is gone":  {"  query: {from: \"{start}\"}\n  next: {keyset: at}\n  window: {ends: inclusive}", []string{`{"items":[` + one + `]}`, `{"items":[]}`}, 2, false, true, false, 0},
		"a keyset that goes back":             {"  query: {from: \"{start}\"}\n  next: {keyset: at}\n  window: {ends: inclusive}", []string{`{"items":[` + two + "," + one + `]}`}, 1, false, true, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{answers: c.answers}
			server := httptest.NewServer(s)
			defer server.Close()
			batches, err := readUnit(t, restAt(t, server.URL, small(c.declared)), day, 100)
			if err != nil || len(batches) != c.calls || len(s.calls) != c.calls {
				t.Fatalf("%d pages in %d calls, %v; want %d", len(batches), len(s.calls), err, c.calls)
			}
			last := batches[len(batches)-1]
			if last.Suspect != c.suspect || last.Moved != c.moved || last.Differs != c.differs || len(last.Faults) != c.faults {
				t.Errorf("suspect %v, moved %v, differs %v, faults %v", last.Suspect, last.Moved, last.Differs, last.Faults)
			}
		})
	}
}

func TestWhatThePlaceOfTheNextPageSays(t *testing.T) {
	t.Parallel()
	const followed, end, odd, more = "followed", "end", "an odd end", "more follows"
	for value, want := range map[string]struct{ cursor, null, link string }{
		`0`:       {followed, followed, more},
		`4`:       {followed, followed, more},
		`-1`:      {followed, followed, more},
		`"0"`:     {followed, followed, followed},
		`"null"`:  {followed, followed, followed},
		`"false"`: {followed, followed, followed},
		`" "`:     {more, more, more},
		`false`:   {more, more, more},
		`true`:    {more, more, more},
		`[0]`:     {more, more, more},
		`{"a":0}`: {more, more, more},
		`null`:    {end, end, end},
		`""`:      {end, odd, end},
		`[]`:      {end, odd, end},
		`{}`:      {end, odd, end},
	} {
		for declared, want := range map[string]string{
			"  next: {cursor: next, to: query.after}":              want.cursor,
			"  next: {cursor: next, to: query.after}\n  end: null": want.null,
			"  next: {link: next}":                                 want.link,
		} {
			t.Run(value+declared, func(t *testing.T) {
				t.Parallel()
				s := &script{answers: []string{`{"items":[` + item("1", 10) + `],"next":` + value + `}`, `{"items":[],"next":null}`}}
				server := httptest.NewServer(s)
				defer server.Close()
				batches, err := readUnit(t, restAt(t, server.URL, small(declared)), day, 100)
				if err != nil {
					t.Fatal(err)
				}
				got, last := end, batches[len(batches)-1]
				switch {
				case len(s.calls) == 2:
					got = followed
				case len(last.Faults) > 0:
					got = more
				case last.Suspect:
					got = odd
				}
				if got != want {
					t.Errorf("%s, want %s; calls %v", got, want, s.calls)
				}
			})
		}
	}
}

func TestAPlaceThatNoAnswerHasIsNoEndOfAFullPage(t *testing.T) {
	t.Parallel()
	const cursor, query = "  next: {cursor: pages.next.after, to: query.after}\n", "  query: {n: \"{size}\"}\n"
	one, two := item("1", 10), item("2", 20)
	for name, c := range map[string]struct {
		declared, beside string
		size             int
		named            string
	}{
		"a full page":                     {cursor + query, "", 2, "conversations.next pages.next.after"},
		"of a link":                       {"  next: {link: pages.next.after}\n" + query, "", 2, "conversations.next pages.next.after"},
		"where null is declared":          {cursor + query + "  end: null", "", 2, "conversations.next pages.next.after"},
		"more than were asked for":        {cursor + query, "", 1, "conversations.next pages.next.after"},
		"a page that is not full":         {cursor + query, "", 3, ""},
		"a place that is null":            {cursor + query, `,"pages":{"next":{"after":null}}`, 2, ""},
		"a place that leads through null": {cursor + query, `,"pages":{"next":null}`, 2, ""},
		"a total that holds":              {cursor + query + "  total: n", `,"n":2`, 2, ""},
		"an end that a member says":       {cursor + query + "  end: {member: last, is: \"true\"}", `,"last":true`, 2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{answers: []string{`{"items":[` + one + "," + two + `]` + c.beside + `}`}}
			server := httptest.NewServer(s)
			defer server.Close()
			batches, err := readUnit(t, restAt(t, server.URL, small(c.declared)), day, c.size)
			if err != nil {
				t.Fatal(err)
			}
			faults := batches[len(batches)-1].Faults
			if got := len(faults) == 1 && faults[0].Code == dsr.ReasonMoreFollows && strings.Contains(faults[0].Detail, c.named); got != (c.named != "") {
				t.Errorf("faults %v; want one that names %q", faults, c.named)
			}
		})
	}
}

func TestWhatIsNoPage(t *testing.T) {
	t.Parallel()
	const cursor = "  next: {cursor: next, to: query.after}\n"
	for name, c := range map[string]struct {
		declared, answer string
		failure          export.Failure
	}{
		"no list":              {cursor, `{"things":[]}`, export.Transient},
		"a list that is null":  {cursor, `{"items":null}`, export.Transient},
		"a list that is one":   {cursor, `{"items":{}}`, export.Transient},
		"a list twice":         {cursor, `{"items":[],"items":[]}`, export.Unparsable},
		"no flag of the end":   {cursor + "  end: {member: more, is: false}", `{"items":[]}`, export.Transient},
		"a failure with 200":   {cursor + "  ok: {member: status, is: Ok}", `{"items":[],"status":"Failed"}`, export.Transient},
		"nothing that says ok": {cursor + "  ok: {member: status, is: Ok}", `{"items":[]}`, export.Transient},
		"half a page":          {cursor, `{"items":[{"id":1}`, export.Unparsable},
		"two answers":          {cursor, `{"items":[]}{"items":[]}`, export.Unparsable},
		"a page of a log-in":   {cursor, `<html>`, export.Transient},
		"another host":         {"  next: {link: next}", `{"items":[],"next":"https://elsewhere.example/c"}`, export.Refused},
		"another port":         {"  next: {link: next}", `{"items":[],"next":"http://127.0.0.1:1/c"}`, export.Refused},
		"another scheme":       {"  next: {link: next}", `{"items":[],"next":"ftp:/c"}`, export.Refused},
		"another user":         {"  next: {link: next}", `{"items":[],"next":"//me@127.0.0.1/c"}`, export.Refused},
		"a link that is none":  {"  next: {link: next}", `{"items":[],"next":"http://[::"}`, export.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{answers: []string{c.answer}}
			server := httptest.NewServer(s)
			defer server.Close()
			_, err := readUnit(t, restAt(t, server.URL, small(c.declared)), day, 100)
			if !refusedAs(err, c.failure) {
				t.Errorf("got %v, want %s", err, c.failure)
			}
		})
	}
}

func refusedAs(err error, want export.Failure) bool {
	f, ok := errors.AsType[*export.Error](err)
	return ok && f.Failure == want
}

func TestALinkIsFollowedOnItsOwnHostAlone(t *testing.T) {
	t.Parallel()
	s := &script{answers: []string{`{"items":[],"next":"/c?page=2&apikey=mine"}`, `{"items":[],"next":"?page=3"}`, `{"items":[],"next":null}`}}
	server := httptest.NewServer(s)
	defer server.Close()
	text := strings.Replace(small("  next: {link: next}"), "{header: x-token}", "{query: apikey}", 1)
	batches, err := readUnit(t, restAt(t, server.URL, text), day, 100)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"/c?apikey=" + secret, "/c?apikey=" + secret + "&page=2", "/c?apikey=" + secret + "&page=3"} {
		if s.calls[i] != want {
			t.Errorf("call %d is %s, want %s", i+1, s.calls[i], want)
		}
	}
	for _, b := range batches {
		if strings.Contains(b.Position.Cursor, secret) {
			t.Errorf("a position holds the key: %s", b.Position.Cursor)
		}
	}
}

func TestTheNextLinkOfAHeader(t *testing.T) {
	t.Parallel()
	s := &script{answers: []string{`[]`, `[]`}, header: http.Header{"Link": {`</c?page=1>; rel="prev", </c?page=2>; rel="next"`}}}
	server := httptest.NewServer(s)
	defer server.Close()
	text := strings.Replace(small("  next: {link_header: next}\n  end: empty_page"), "records: items", "records: .", 1)
	if _, err := readUnit(t, restAt(t, server.URL, text), day, 100); err != nil || len(s.calls) != 1 {
		t.Errorf("an empty page ends the chain: %v, %v", s.calls, err)
	}
	text = strings.Replace(text, "\n  end: empty_page", "", 1)
	s.calls = nil
	if _, err := readUnit(t, restAt(t, server.URL, text), day, 100); !refusedAs(err, export.CursorRefused) || s.calls[1] != "/c?page=2" {
		t.Errorf("%v, %v", s.calls, err)
	}
}

func TestALinkHeaderThatIsNotUnderstoodIsNoEnd(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]struct{ calls, faults int }{
		`</c?page=2>; rel='next'`:                    {2, 0},
		`</c?page=2>; rel='last next'`:               {2, 0},
		`/c?page=2; rel="next"`:                      {1, 1},
		`</c?page=2>; rel*=UTF-8''next`:              {1, 1},
		`</c?page=2>; rel="next`:                     {1, 1},
		`</c?next=2>; rel="prev"`:                    {1, 0},
		`</c?page=2>; rel="nextday"`:                 {1, 0},
		`</c?page=1>; rel=prev,</c?page=2>;rel=NEXT`: {2, 0},
	} {
		t.Run(link, func(t *testing.T) {
			t.Parallel()
			s := &script{answers: []string{`[` + item("1", 1) + `]`, `[]`}, header: http.Header{"Link": {link}}}
			server := httptest.NewServer(s)
			defer server.Close()
			text := strings.Replace(small("  next: {link_header: next}\n  end: empty_page"), "records: items", "records: .", 1)
			batches, err := readUnit(t, restAt(t, server.URL, text), day, 100)
			if err != nil || len(s.calls) != want.calls {
				t.Fatalf("%v, %v; want %d calls", s.calls, err, want.calls)
			}
			if faults := batches[len(batches)-1].Faults; len(faults) != want.faults {
				t.Errorf("the last page says against itself: %v", faults)
			}
		})
	}
}

func TestWhatIsAskedOfAnInterval(t *testing.T) {
	t.Parallel()
	for window, want := range map[string]string{
		"{ends: inclusive}":            "1700000000-1700086400",
		"{ends: half}":                 "1700000000-1700086401",
		"{ends: exclusive}":            "1699999999-1700086401",
		"{ends: unknown}":              "1699999999-1700086401",
		"{ends: inclusive, step: 10m}": "1699999800-1700086800",
		"{ends: inclusive, span: 12h}": "1700000000-1700043200 1700043200-1700086400",
		"{ends: exclusive, span: 12h}": "1699999999-1700043199 1700043197-1700086397 1700086395-1700086401",
	} {
		t.Run(window, func(t *testing.T) {
			t.Parallel()
			s := &script{answers: []string{`{"items":[]}`, `{"items":[]}`, `{"items":[]}`}}
			server := httptest.NewServer(s)
			defer server.Close()
			text := small("  query: {w: \"{start}-{end}\"}\n  next: {cursor: next, to: query.after}\n  window: " + window)
			if _, err := readUnit(t, restAt(t, server.URL, text), day, 100); err != nil {
				t.Fatal(err)
			}
			var asked []string
			for _, call := range s.calls {
				u, _ := url.Parse(call)
				asked = append(asked, u.Query().Get("w"))
			}
			if got := strings.Join(asked, " "); got != want {
				t.Errorf("asked for %s, want %s", got, want)
			}
		})
	}
}

func TestAnEndThatIsADateIsTheNextDay(t *testing.T) {
	t.Parallel()
	at := func(text string) int64 {
		one, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return one.Unix()
	}
	for name, c := range map[string]struct {
		ends, from, to string
		want           string
	}{
		"within a day":         {"inclusive", "2026-11-20T10:00:00Z", "2026-11-28T10:56:00Z", "2026-11-20 2026-11-29"},
		"at midnight":          {"inclusive", "2026-11-20T00:00:00Z", "2026-11-28T00:00:00Z", "2026-11-20 2026-11-28"},
		"half":                 {"half", "2026-11-20T10:00:00Z", "2026-11-28T10:56:00Z", "2026-11-20 2026-11-29"},
		"half at midnight":     {"half", "2026-11-20T00:00:00Z", "2026-11-28T00:00:00Z", "2026-11-20 2026-11-29"},
		"exclusive":            {"exclusive", "2026-11-20T10:00:00Z", "2026-11-28T10:56:00Z", "2026-11-19 2026-11-29"},
		"nobody knows":         {"unknown", "2026-11-20T10:00:00Z", "2026-11-28T10:56:00Z", "2026-11-19 2026-11-29"},
		"pieces of two days":   {"inclusive, span: 72h", "2026-11-20T10:00:00Z", "2026-11-23T10:00:00Z", "2026-11-20 2026-11-23; 2026-11-22 2026-11-24"},
		"pieces of whole days": {"unknown, span: 84h", "2026-11-20T10:00:00Z", "2026-11-22T10:00:00Z", "2026-11-19 2026-11-22; 2026-11-20 2026-11-23"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{answers: []string{`{"items":[]}`, `{"items":[]}`}}
			server := httptest.NewServer(s)
			defer server.Close()
			text := small("  query: {w: \"{start|date} {end|date}\"}\n  next: {cursor: next, to: query.after}\n  window: {ends: " + c.ends + "}")
			if _, err := readUnit(t, restAt(t, server.URL, text), dsr.Interval{Start: at(c.from), End: at(c.to)}, 100); err != nil {
				t.Fatal(err)
			}
			var asked []string
			for _, call := range s.calls {
				u, _ := url.Parse(call)
				asked = append(asked, u.Query().Get("w"))
			}
			if got := strings.Join(asked, "; "); got != c.want {
				t.Errorf("asked for %s, want %s", got, c.want)
			}
		})
	}
}

func TestRecordsOutsideOfWhatWasAskedForShow(t *testing.T) {
	t.Parallel()
	week := int64(7 * 24 * 3600)
	for name, c := range map[string]struct {
		by      string
		item    string
		outside int
	}{
		"before, by start":              {"start", item("1", -week), 1},
		"after, by start":               {"start", item("1", week), 1},
		"at the end":                    {"start", item("1", 86400), 0},
		"no time":                       {"start", `{"id":"1","m":{}}`, 0},
		"begun before, by last":         {"last", fmt.Sprintf(`{"id":"1","at":%d,"last":%d,"m":1}`, day.Start-week, day.Start+5), 0},
		"ended before, by last":         {"last", fmt.Sprintf(`{"id":"1","at":%d,"last":%d,"m":1}`, day.Start-week, day.Start-week+5), 1},
		"went on since, by last":        {"last", fmt.Sprintf(`{"id":"1","at":%d,"last":%d,"m":1}`, day.Start, day.End+week), 0},
		"begun before, by nobody knows": {"unknown", fmt.Sprintf(`{"id":"1","at":%d,"last":%d,"m":1}`, day.Start-week, day.Start+5), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{answers: []string{`{"items":[` + c.item + `]}`}}
			server := httptest.NewServer(s)
			defer server.Close()
			text := small("  last: last\n  query: {a: \"{start}\", b: \"{end}\"}\n  next: {cursor: next, to: query.after}\n  window: {ends: inclusive, by: " + c.by + "}")
			b, err := readUnit(t, restAt(t, server.URL, text), day, 100)
			if err != nil || b[0].Outside != c.outside {
				t.Errorf("%v, %d outside, want %d", err, b[0].Outside, c.outside)
			}
		})
	}
}

func TestAKeysetKeepsAllOfOneInstant(t *testing.T) {
	t.Parallel()
	at := func(ids string) string {
		var items []string
		for id := range strings.SplitSeq(ids, " ") {
			items = append(items, item(id, 10))
		}
		return `{"items":[` + strings.Join(items, ",") + `]}`
	}
	text := small("  query: {from: \"{start|ms}\"}\n  next: {keyset: at}\n  window: {ends: inclusive}")
	later := `{"items":[` + item("9", 20) + `]}`
	none := `{"items":[]}`
	for name, c := range map[string]struct {
		answers []string
		size    int
		fresh   string // new records of each page
		still   bool   // the chain stands still: what else there is of the instant cannot be had
	}{
		"a last one that is alone":      {[]string{at("1"), at("1")}, 100, "[1 0]", false},
		"one more of the instant":       {[]string{at("1 2"), at("1 2 3"), at("1 2 3"), none}, 100, "[2 1 0 0]", false},
		"a page full of it":             {[]string{at("1 2"), at("1 2"), at("1 2"), at("1 2")}, 2, "[2 0 0 0]", true},
		"a page cut shorter than asked": {[]string{at("1 2"), at("1 2"), later, at("1 2")}, 100, "[2 0 1 0]", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{answers: c.answers}
			server := httptest.NewServer(s)
			defer server.Close()
			batches, err := readUnit(t, restAt(t, server.URL, text), day, c.size)
			var fresh []int
			for _, b := range batches {
				fresh = append(fresh, len(b.Records))
			}
			if fmt.Sprint(fresh) != c.fresh || (err != nil) != c.still {
				t.Errorf("new records %v, %v; calls %v", fresh, err, s.calls)
			}
			if s.calls[1] != fmt.Sprintf("/c?from=%d000", day.Start+10) {
				t.Errorf("it goes on from %s", s.calls[1])
			}
		})
	}
}

// during are conversations that begin so many hundredths after the tenth second of the day.
func during(ids string, hundredths ...int) string {
	var items []string
	for i, id := range strings.Fields(ids) {
		at := time.Unix(day.Start+10, int64(hundredths[i])*10_000_000).UTC().Format(time.RFC3339Nano)
		items = append(items, fmt.Sprintf(`{"id":%q,"at":%q,"m":{"a":"b"}}`, id, at))
	}
	return `{"items":[` + strings.Join(items, ",") + `]}`
}

func TestAKeysetComparesTimesAsTheyAreSent(t *testing.T) {
	t.Parallel()
	const none = `{"items":[]}`
	full, two, ten := during("1 2 3 4", 10, 20, 30, 40), during("1 2", 10, 20), during("0 1 2 3 4 5 6 7 8 9", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	for name, c := range map[string]struct {
		form, ends string
		answers    []string
		size       int
		still      bool // the chain stands still: what else there is cannot be had
	}{
		"a full page within a second":           {"s", "inclusive", []string{full, full, full}, 4, true},
		"a page cut shorter within a second":    {"s", "inclusive", []string{two, two, none, two, none}, 4, true},
		"a cap of ten":                          {"s", "inclusive", []string{ten, ten, none, ten, none}, 100, true},
		"two within a second, and nothing else": {"s", "inclusive", []string{two, two, none}, 100, false},
		"a last one that is alone":              {"rfc3339", "inclusive", []string{full, during("4", 40)}, 4, false},
		"fractions that the vendor leaves out":  {"rfc3339", "inclusive", []string{full, full, full}, 4, true},
		"a full page of two seconds":            {"s", "unknown", []string{during("1 2 3 4", 0, 0, 100, 100), during("1 2 3 4", 0, 0, 100, 100)}, 4, true},
		"a second before the last one again":    {"s", "unknown", []string{during("1 2", 10, 140), during("1 2", 10, 140)}, 100, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{answers: c.answers}
			server := httptest.NewServer(s)
			defer server.Close()
			text := small("  query: {from: \"{start|" + c.form + "}\", n: \"{size}\"}\n  next: {keyset: at}\n  window: {ends: " + c.ends + "}")
			batches, err := readUnit(t, restAt(t, server.URL, text), day, c.size)
			if (err != nil) != c.still || !c.still && (len(s.calls) != len(c.answers) || batches[len(batches)-1].Moved) {
				t.Errorf("%v after %v", err, s.calls)
			}
		})
	}
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	answers := map[string][]string{"token": {`{"access_token":"t1"}`, `{"access_token":"t2"}`, `{"access_token":"t3"}`}}
	var asked, shown []string
	refusals := map[string]int{} // tokens that are refused, after how many calls
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		asked = append(asked, r.PostForm.Encode())
		fmt.Fprint(w, answers["token"][len(asked)-1])
	})
	mux.HandleFunc("GET /c", func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		shown = append(shown, token)
		if left, refused := refusals[token]; refused && left == 0 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		refusals[token]--
		fmt.Fprint(w, `{"items":[],"next":null}`)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	refusals["t1"], refusals["t2"], refusals["t3"] = 1, 0, 0
	text := strings.Replace(small("  next: {cursor: next, to: query.after}"), "{header: x-token}", "{client_credentials: {url: \""+server.URL+"/token\", id: me, scope: export}}", 1)
	r := restAt(t, server.URL, text)
	steps := []struct {
		failure export.Failure
		shown   string
	}{{"", "t1"}, {export.Transient, "t1"}, {export.KeyRefused, "t2"}, {export.KeyRefused, "t2"}}
	for i, step := range steps {
		_, err := readUnit(t, r, day, 100)
		if step.failure == "" && err != nil || step.failure != "" && !refusedAs(err, step.failure) || shown[len(shown)-1] != step.shown {
			t.Fatalf("step %d: %v, shown %v", i, err, shown)
		}
	}
	if want := "client_id=me&client_secret=" + secret + "&grant_type=client_credentials&scope=export"; asked[0] != want || len(asked) != 2 {
		t.Errorf("asked for tokens by %v, want %s, twice", asked, want)
	}
}

func TestKeysAreShownAsDeclared(t *testing.T) {
	t.Parallel()
	for auth, want := range map[string][2]string{
		`{header: Authorization, prefix: "Bearer "}`: {"Bearer " + secret, "/c"},
		`{basic: {user: me}}`:                        {"Basic bWU6" + "c2VjcmV0LWtleS01ZDFm", "/c"},
		`{query: apikey}`:                            {"", "/c?apikey=" + secret},
	} {
		s := &script{answers: []string{`{"items":[],"next":null}`}}
		server := httptest.NewServer(s)
		text := strings.Replace(small("  next: {cursor: next, to: query.after}"), "{header: x-token}", auth, 1)
		if _, err := readUnit(t, restAt(t, server.URL, text), day, 100); err != nil || s.shown[0] != want[0] || s.calls[0] != want[1] {
			t.Errorf("%s: %v, %v, %v", auth, s.shown, s.calls, err)
		}
		server.Close()
	}
}

func TestAPostCarriesItsBodyOnEveryPage(t *testing.T) {
	t.Parallel()
	s := &script{answers: []string{`{"items":[],"next":17}`, `{"items":[],"next":null}`}}
	server := httptest.NewServer(s)
	defer server.Close()
	text := strings.Replace(small("  body: {from: \"{start|ms}\", page: {size: \"{size}\"}}\n  next: {cursor: next, to: body.page.after}"), "get: /c", "post: /c", 1)
	text = strings.Replace(text, "auth:", "size: {min: 50}\nauth:", 1)
	if _, err := readUnit(t, restAt(t, server.URL, text), day, 10); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{`/c {"from":1700000000000,"page":{"size":50}}`, `/c {"from":1700000000000,"page":{"size":50,"after":17}}`} {
		if got := strings.ReplaceAll(s.calls[i], "1699999999999", "1700000000000"); got != want {
			t.Errorf("call %d: %s, want %s", i+1, got, want)
		}
	}
}

func TestDeclaredPathsThatNoRecordHasAreNamed(t *testing.T) {
	t.Parallel()
	s := &script{answers: []string{`{"items":[` + item("1", 1) + `],"next":null}`}}
	server := httptest.NewServer(s)
	defer server.Close()
	text := strings.Replace(small("  next: {cursor: next, to: query.after}"), "metadata: m", "metadata: [m, details.person]", 1)
	r := restAt(t, server.URL, text)
	batches, err := readUnit(t, r, day, 100)
	if err != nil {
		t.Fatal(err)
	}
	said := func(marks map[string]int64) string {
		var all []string
		for _, a := range r.Assumes(export.Searched{Read: 1, Tally: dsr.Tally{Marks: marks}}) {
			if a.Code == dsr.AssumesLostPaths {
				all = append(all, a.Args...)
			}
		}
		return strings.Join(all, "; ")
	}
	if got := said(batches[0].Marks); got != "conversations.metadata details.person" {
		t.Errorf("named: %q", got)
	}
}

// TestAnAnswerThatIsNoPageIsToldByItsPath: which of the declaration's, and nothing of the answer.
func TestAnAnswerThatIsNoPageIsToldByItsPath(t *testing.T) {
	t.Parallel()
	const cursor = "  next: {cursor: next, to: query.after}\n"
	for name, c := range map[string]struct{ declared, answer, want string }{
		"no list":         {cursor, `{"secret":[]}`, "the answer has no list at `items` (records)"},
		"null for a list": {cursor, `{"items":null}`, "the answer has no list at `items` (records)"},
		"a text for one":  {cursor, `{"items":"secret"}`, "the answer has no list at `items` (records)"},
		"no end":          {cursor + "  end: {member: page.last, is: \"true\"}", `{"items":[]}`, "the answer has no `page.last`, which says whether it is the last page (end)"},
		"not well":        {cursor + "  ok: {member: fine, is: \"true\"}", `{"items":[],"fine":"secret"}`, "the answer does not have the value at `fine` that says that the call went well (ok)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(&script{answers: []string{c.answer}})
			defer server.Close()
			_, err := readUnit(t, restAt(t, server.URL, small(c.declared)), day, 100)
			if e, is := errors.AsType[*export.Error](err); !is || e.Failure != export.Transient || e.Status != http.StatusOK || e.Detail != c.want {
				t.Errorf("got %v", err)
			}
		})
	}
}
