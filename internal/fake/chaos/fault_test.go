package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"dsr-server/internal/fake/vendor"
)

// spoiled is a fault and what a client must see of it in its first call.
type spoiled struct {
	fault Fault
	sees  func(a answered) bool
}

// spoiledAnswers has every fault that shows in a single answer. The page has three records.
var spoiledAnswers = map[string]spoiled{
	"status error":            {Fault{Kind: StatusError}, status(500)},
	"status error 503":        {Fault{Kind: StatusError, Status: 503}, status(503)},
	"status error 504 HTML":   {Fault{Kind: StatusError, Status: 504, HTML: true}, all(status(504), html)},
	"too many":                {Fault{Kind: TooMany}, all(status(429), header("Retry-After", ""), contains(`{"message":`))},
	"too many, HTML":          {Fault{Kind: TooMany, HTML: true}, all(status(429), html)},
	"too many, seconds":       {Fault{Kind: TooMany, RetryAfter: vendor.RetrySeconds}, header("Retry-After", "1")},
	"too many, date":          {Fault{Kind: TooMany, RetryAfter: vendor.RetryDate}, header("Retry-After", "Tue, 01 Jul 2025 00:00:01 GMT")},
	"too many, zero":          {Fault{Kind: TooMany, RetryAfter: vendor.RetryZero}, header("Retry-After", "0")},
	"too many, day":           {Fault{Kind: TooMany, RetryAfter: vendor.RetryDay}, header("Retry-After", "86400")},
	"hang, late":              {Fault{Kind: Hang, Delay: time.Millisecond}, all(status(200), parses)},
	"reset early":             {Fault{Kind: ResetEarly}, func(a answered) bool { return a.status == 0 && cut(a) }},
	"html 200":                {Fault{Kind: HTML200}, all(status(200), html)},
	"json error 200":          {Fault{Kind: JSONError200}, all(status(200), contains(`{"message":"Internal server error"}`))},
	"redirect":                {Fault{Kind: Redirect}, all(status(302), redirectsTo("https://export.example.net"+vendor.ConversationsPath))},
	"redirect elsewhere":      {Fault{Kind: Redirect, Status: 307, Location: "/x"}, all(status(307), redirectsTo("/x"))},
	"data null":               {Fault{Kind: DataNull}, is(`{"data":null,"cursor":null}`)},
	"data missing":            {Fault{Kind: DataMissing}, is(`{"cursor":null}`)},
	"data not an array":       {Fault{Kind: DataNotArray}, contains(`{"data":{"0":{"_id":"c000"`)},
	"duplicate record":        {Fault{Kind: DuplicateRecord, Record: "c001"}, holds("c000", "c001", "c002", "c001")},
	"dropped record":          {Fault{Kind: DropRecord, Record: "c001"}, holds("c000", "c002")},
	"oversized page":          {Fault{Kind: OversizedPage}, holds("c000", "c001", "c002", "c000", "c001", "c002")},
	"oversized page, bytes":   {Fault{Kind: OversizedPage, Bytes: 70000}, func(a answered) bool { return len(a.body) == 70000 && parses(a) }},
	"invalid UTF-8":           {Fault{Kind: InvalidUTF8}, func(a answered) bool { return !utf8.ValidString(a.body) && parses(a) }},
	"lone surrogate":          {Fault{Kind: LoneSurrogate}, all(parses, contains(`\ud83d"`))},
	"NaN":                     {Fault{Kind: NaN}, all(broken, contains(`"note":NaN}`))},
	"bad record":              {Fault{Kind: BadRecord, Record: "c002"}, broken},
	"byte order mark":         {Fault{Kind: BOM}, all(broken, contains("\xef\xbb\xbf{"))},
	"trailing comma":          {Fault{Kind: TrailingComma}, all(broken, contains(`},],"cursor"`))},
	"trailing garbage":        {Fault{Kind: TrailingGarbage}, all(broken, contains(`null}`+"\n<!--"))},
	"slow drip":               {Fault{Kind: SlowDrip, Delay: time.Millisecond}, all(status(200), parses)},
	"reset in mid-body":       {Fault{Kind: ResetMidBody}, func(a answered) bool { return cut(a) && !parses(a) }},
	"truncated gzip, trailer": {Fault{Kind: TruncatedGzip}, func(a answered) bool { return errors.Is(a.err, io.ErrUnexpectedEOF) && parses(a) }},
	"truncated gzip, 4 bytes": {Fault{Kind: TruncatedGzip, Bytes: 4}, func(a answered) bool { return errors.Is(a.err, io.ErrUnexpectedEOF) && parses(a) }},
	"truncated gzip, body":    {Fault{Kind: TruncatedGzip, Bytes: 60}, func(a answered) bool { return errors.Is(a.err, io.ErrUnexpectedEOF) && !parses(a) }},
	"chunked abort":           {Fault{Kind: ChunkedAbort}, func(a answered) bool { return errors.Is(a.err, io.ErrUnexpectedEOF) && parses(a) }},
	"wrong length, too long":  {Fault{Kind: WrongLength}, func(a answered) bool { return errors.Is(a.err, io.ErrUnexpectedEOF) }},
	"wrong length, too short": {Fault{Kind: WrongLength, Bytes: -20}, func(a answered) bool { return errors.Is(a.err, io.ErrUnexpectedEOF) }},
	"date skew":               {Fault{Kind: DateSkew, Delay: time.Hour}, all(parses, header("Date", "Tue, 01 Jul 2025 01:00:00 GMT"))},
}

// chains are the kinds that show over several pages, each tested by its own test below.
var chains = []FaultKind{RepeatCursor, CycleCursor, NeverNull, EmptyPage}

func status(want int) func(answered) bool {
	return func(a answered) bool { return a.err == nil && a.status == want }
}

func header(name, want string) func(answered) bool {
	return func(a answered) bool { return a.err == nil && a.header.Get(name) == want }
}

func contains(part string) func(answered) bool {
	return func(a answered) bool { return a.err == nil && strings.Contains(a.body, part) }
}

func is(body string) func(answered) bool {
	return func(a answered) bool { return a.err == nil && a.status == 200 && a.body == body }
}

func redirectsTo(prefix string) func(answered) bool {
	return func(a answered) bool { return strings.HasPrefix(a.header.Get("Location"), prefix) }
}

func holds(want ...string) func(answered) bool {
	return func(a answered) bool {
		got, _ := a.ids()
		return slices.Equal(got, want)
	}
}

func all(checks ...func(answered) bool) func(answered) bool {
	return func(a answered) bool {
		return !slices.ContainsFunc(checks, func(check func(answered) bool) bool { return !check(a) })
	}
}

func html(a answered) bool {
	return strings.HasPrefix(a.header.Get("Content-Type"), "text/html") && strings.HasPrefix(a.body, "<")
}

func parses(a answered) bool { return json.Valid([]byte(a.body)) }

func broken(a answered) bool { return a.err == nil && a.status == 200 && !parses(a) }

func cut(a answered) bool {
	return errors.Is(a.err, syscall.ECONNRESET) || errors.Is(a.err, io.ErrUnexpectedEOF) || errors.Is(a.err, io.EOF)
}

// once drives one call over a connection of its own: a client that reuses one repeats a
// GET by itself when it is reset.
func once(c *client, accept string) answered {
	r := c.request(vendor.ConversationsPath, ask())
	r.Close = true
	if accept != "" {
		r.Header.Set("Accept-Encoding", accept)
	}
	return c.do(r)
}

func TestFaultsSpoilOneAnswer(t *testing.T) {
	t.Parallel()
	for name, tc := range spoiledAnswers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, 3, 0, nil)
			whole := once(c, "")
			s.Fault(tc.fault)
			if a := once(c, ""); !tc.sees(a) {
				t.Errorf("got status %d, error %v, headers %v, body %.300q", a.status, a.err, a.header, a.body)
			}
			if a := once(c, ""); a.err != nil || a.body != whole.body {
				t.Errorf("still spoiled: status %d, error %v, body %.100q", a.status, a.err, a.body)
			}
			calls := s.Calls()
			if !slices.Equal(calls[1].Faults, []string{string(tc.fault.Kind)}) || len(calls[0].Faults)+len(calls[2].Faults) > 0 {
				t.Errorf("the log has faults %v, %v, %v", calls[0].Faults, calls[1].Faults, calls[2].Faults)
			}
			if v := s.Violations(); len(v) > 0 || len(calls) != 3 {
				t.Errorf("%d calls, violations %v: a fault is not the client's", len(calls), v)
			}
		})
	}
}

func TestEveryKindOfFaultIsTested(t *testing.T) {
	t.Parallel()
	tested := slices.Clone(chains)
	for _, tc := range spoiledAnswers {
		tested = append(tested, tc.fault.Kind)
	}
	for _, kind := range FaultKinds() {
		if !slices.Contains(tested, kind) {
			t.Errorf("%s is not tested", kind)
		}
	}
}

func TestWireFaultsWithoutCompression(t *testing.T) {
	t.Parallel()
	s, c := serve(t, 3, 0, nil)
	whole := once(c, "identity").body
	s.Fault(Fault{Kind: WrongLength, Bytes: -20})
	if a := once(c, "identity"); a.err != nil || a.body != whole[:len(whole)-20] {
		t.Errorf("too short: got error %v, %d of %d bytes", a.err, len(a.body), len(whole))
	}
	s.Fault(Fault{Kind: TruncatedGzip})
	if a := once(c, "identity"); a.err != nil || a.body != whole[:len(whole)-8] {
		t.Errorf("truncated: got error %v, %d of %d bytes", a.err, len(a.body), len(whole))
	}
	s.Fault(Fault{Kind: ResetMidBody, Bytes: 10})
	if a := once(c, "identity"); !cut(a) || len(a.body) > 10 {
		t.Errorf("reset: got error %v, %d bytes", a.err, len(a.body))
	}
	s.Fault(Fault{Kind: ChunkedAbort})
	if a := once(c, "identity"); !errors.Is(a.err, io.ErrUnexpectedEOF) || a.body != whole {
		t.Errorf("chunked abort: got error %v, %d of %d bytes", a.err, len(a.body), len(whole))
	}
}

func TestHangLastsUntilTheClientLeaves(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s, c := serve(t, 3, 0, func(vendor.Call) { cancel() })
	s.Fault(Fault{Kind: Hang})
	if a := c.do(c.request(vendor.ConversationsPath, ask()).WithContext(ctx)); a.err == nil {
		t.Errorf("got an answer: %d", a.status)
	}
}

func TestRedirectLeadsToAnotherHost(t *testing.T) {
	t.Parallel()
	other, target := serve(t, 1, 0, nil)
	s, c := serve(t, 3, 0, nil)
	s.Fault(Fault{Kind: Redirect, Location: target.url + vendor.ConversationsPath, Times: 2})
	if a := c.get(vendor.Conversations, ask()); a.status != 302 || other.Count("") != 0 {
		t.Errorf("client that stays: got %d, %d calls elsewhere", a.status, other.Count(""))
	}
	c.http.CheckRedirect = nil
	if c.get(vendor.Conversations, ask()); other.Count("") != 1 {
		t.Errorf("client that follows: got %d calls elsewhere, want 1", other.Count(""))
	}
}

// steps scans n pages and returns the first id of each page and the cursors as letters, in
// the order in which they first came: "A A" is a repeated cursor.
func steps(t *testing.T, c *client, n int) (firsts, cursors string) {
	t.Helper()
	params := ask("per_page", "1")
	var seen []string
	for range n {
		a := c.get(vendor.Conversations, params)
		if a.err != nil || a.status != http.StatusOK {
			t.Fatalf("got status %d, error %v", a.status, a.err)
		}
		page, cursor := a.ids()
		firsts += " " + append(page, "-")[0]
		if cursor == nil {
			return firsts[1:], cursors + "."
		}
		i := slices.Index(seen, *cursor)
		if i < 0 {
			i = len(seen)
			seen = append(seen, *cursor)
		}
		cursors += string(rune('A' + i))
		params.Set("cursor", *cursor)
	}
	return firsts[1:], cursors
}

func TestCursorFaults(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name            string
		fault           Fault
		records, calls  int
		firsts, cursors string
	}{
		{"none", Fault{Kind: StatusError, Endpoint: vendor.Messages}, 3, 9, "c000 c001 c002", "AB."},
		{"repeated once", Fault{Kind: RepeatCursor, Page: 2}, 4, 9, "c000 c001 c001 c002 c003", "AABC."},
		{"repeated always", Fault{Kind: RepeatCursor, Page: 2, Times: Always}, 4, 5, "c000 c001 c001 c001 c001", "AAAAA"},
		{"repeated first page", Fault{Kind: RepeatCursor, Page: 1, Times: Always}, 4, 4, "c000 c000 c000 c000", "AAAA"},
		{"repeated last page", Fault{Kind: RepeatCursor, Page: 3, Times: Always}, 3, 5, "c000 c001 c002 c002 c002", "ABBBB"},
		{"cycle once", Fault{Kind: CycleCursor, Page: 3}, 4, 9, "c000 c001 c002 c001 c002 c003", "ABABC."},
		{"cycle always", Fault{Kind: CycleCursor, Page: 3, Times: Always}, 4, 7, "c000 c001 c002 c001 c002 c001 c002", "ABABABA"},
		{"never null", Fault{Kind: NeverNull, Times: Always}, 2, 6, "c000 c001 - - - -", "ABCDEF"},
		{"never null, no records", Fault{Kind: NeverNull, Times: Always}, 0, 3, "- - -", "ABC"},
		{"null too late", Fault{Kind: NeverNull, Times: 2}, 2, 9, "c000 c001 - -", "ABC."},
		{"empty page", Fault{Kind: EmptyPage, Page: 2}, 3, 9, "c000 - c001 c002", "ABC."},
		{"empty first page", Fault{Kind: EmptyPage, Page: 1}, 3, 9, "- c000 c001 c002", "ABC."},
		{"empty pages", Fault{Kind: EmptyPage, Times: 3}, 2, 9, "- - - c000 c001", "ABCD."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, tc.records, 0, nil)
			s.Fault(tc.fault)
			firsts, cursors := steps(t, c, tc.calls)
			if firsts != tc.firsts || cursors != tc.cursors {
				t.Errorf("got records %s by cursors %s, want %s by %s", firsts, cursors, tc.firsts, tc.cursors)
			}
		})
	}
}
