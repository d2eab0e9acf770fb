package export

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

func TestAvaamoReadsEveryEntryUnderEveryReading(t *testing.T) {
	t.Parallel()
	for _, v := range chaos.AvaamoVariants() {
		if v.Choices.SlowPage > 0 || v.Choices.SlowSpan > 0 || v.Choices.UnstableTies {
			continue // shorter ranges are the lane's business; ties have a test of their own
		}
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			a := newAgent(t, agentData(t, 230), vendor.AvaamoOptions{Choices: v.Choices})
			c := a.mustRead(scan(0, 1000))
			wantNames(t, "all", c.records, messages(0, 230))
			if c.moved || c.outside > 0 || len(c.records) != 230 {
				t.Errorf("got %d records, moved %v, outside %d", len(c.records), c.moved, c.outside)
			}
			c = a.mustRead(scan(100, 150))
			wantNames(t, "window", c.records, messages(100, 151))
			if c = a.mustRead(scan(5000, 6000)); len(c.records) > 0 || c.moved {
				t.Errorf("an empty window: got %d records, moved %v", len(c.records), c.moved)
			}
		})
	}
}

func TestAvaamoRecordsPassByteForByte(t *testing.T) {
	t.Parallel()
	a := newAgent(t, vendor.AvaamoSample(), vendor.AvaamoOptions{Now: func() time.Time { return began.AddDate(1, 0, 0) }})
	c := a.mustRead(Query{Endpoint: dsr.Conversations, Start: began.AddDate(-3, 0, 0).Unix(), End: began.AddDate(1, 0, 0).Unix()})
	got, want := c.records, a.fake.Data().Entries()
	if len(got) != len(want) {
		t.Fatalf("got %d records, want %d", len(got), len(want))
	}
	byID := map[string]string{}
	for _, r := range got {
		byID[anyID(r)] = string(r)
	}
	for _, w := range want {
		if byID[anyID(w)] != string(w) {
			t.Fatalf("got %s, want %s", byID[anyID(w)], w)
		}
	}
}

func TestAvaamoAsksWithBothTokensWhereTheyBelong(t *testing.T) {
	t.Parallel()
	a := newAgent(t, agentData(t, 9), vendor.AvaamoOptions{})
	a.mustRead(scan(0, 20))
	a.mustRead(Query{Endpoint: dsr.Messages, ConversationID: "c1", Start: 1, End: monthLater().Unix()})
	a.mustRead(Query{Endpoint: dsr.Messages, Utterance: "m004", Start: began.Unix() + 2, End: began.Unix() + 7})
	want := map[string]string{
		vendor.AvaamoEntries: userToken, vendor.AvaamoTalk: agentToken,
		vendor.AvaamoConversation: agentToken, vendor.AvaamoTranscript: agentToken,
	}
	seen := map[string]bool{}
	for _, c := range a.fake.Calls() {
		if c.KeyHash != vendor.KeyHash(want[c.Endpoint]) || c.Method != http.MethodGet {
			t.Errorf("%s %s: the wrong token", c.Method, c.Endpoint)
		}
		seen[c.Endpoint] = true
		if url := c.Path + "?" + c.Params.Encode(); strings.Contains(url, userToken) || strings.Contains(url, agentToken) {
			t.Errorf("a token in %s", url)
		}
	}
	if len(seen) != len(want) {
		t.Errorf("called %v", seen)
	}
}

func TestAvaamoUnitIsASetting(t *testing.T) {
	t.Parallel()
	for unit, theirs := range map[TimeUnit]vendor.TimeUnit{
		Seconds: vendor.Seconds, Milliseconds: vendor.Milliseconds, Microseconds: vendor.Microseconds,
	} {
		a := newAgent(t, agentData(t, 9), vendor.AvaamoOptions{Choices: vendor.AvaamoChoices{Unit: theirs}})
		a.cfg.Unit = unit
		wantNames(t, string(unit), a.mustRead(scan(2, 5)).records, messages(2, 6))
		for _, c := range a.fake.Calls() {
			if from := c.Params.Get("from_timetoken"); strings.Trim(from, "0123456789") != "" {
				t.Errorf("%s: %s is no integer", unit, from)
			}
		}
	}
}

func TestAvaamoConversationIsReadWhole(t *testing.T) {
	t.Parallel()
	for _, v := range chaos.AvaamoVariants() {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			a := newAgent(t, agentData(t, 90), vendor.AvaamoOptions{Choices: v.Choices})
			q := Query{Endpoint: dsr.Messages, ConversationID: "c1", Start: 1, End: monthLater().Unix(), PerPage: 25}
			c := a.mustRead(q)
			var got []json.RawMessage
			var people int
			first := true
			for _, r := range c.records {
				trail := followed(t, a.Avaamo, Query{Endpoint: dsr.Messages, ConversationID: "c1", Cursor: map[bool]string{false: "x"}[first]}, []json.RawMessage{r})
				first = false
				for _, kept := range trail.Keep {
					if kept.Kind == dsr.Conversation {
						people++
						continue
					}
					got = append(got, kept.Raw)
				}
			}
			if want := a.fake.Data().TalkOf("c1"); !slices.Equal(names(got), names(want)) || people != 1 || c.moved || c.outside > 0 {
				t.Errorf("got %d messages of %d, %d conversations, moved %v, outside %d", len(got), len(want), people, c.moved, c.outside)
			}
		})
	}
}

func TestAvaamoConversationNobodyKnowsIsNone(t *testing.T) {
	t.Parallel()
	a := newAgent(t, agentData(t, 9), vendor.AvaamoOptions{})
	for _, id := range []string{"nobody", "../messages", "a/b?c=d#e", "entry"} {
		c := a.mustRead(Query{Endpoint: dsr.Messages, ConversationID: id, Start: 1, End: monthLater().Unix()})
		if len(c.records) != 0 || c.pages != 1 {
			t.Errorf("%q: got %d records in %d pages", id, len(c.records), c.pages)
		}
	}
	for _, c := range a.fake.Calls() {
		if c.Endpoint != vendor.AvaamoConversation && c.Endpoint != "" {
			t.Errorf("called %s at %s", c.Endpoint, c.Path)
		}
	}
}

func TestAvaamoErrors(t *testing.T) {
	t.Parallel()
	second := scan(0, 20)
	second.Cursor = listPosition{page: 2, total: 9}.String()
	for _, tc := range []struct {
		name    string
		fault   chaos.Fault
		choices vendor.AvaamoChoices
		q       Query
		want    Failure
		status  int
	}{
		{name: "token refused 401", fault: chaos.Fault{Kind: chaos.StatusError, Status: 401}, q: scan(0, 20), want: KeyRefused, status: 401},
		{name: "token refused 403", fault: chaos.Fault{Kind: chaos.StatusError, Status: 403}, q: second, want: KeyRefused, status: 403},
		{name: "limit", fault: chaos.Fault{Kind: chaos.TooMany, RetryAfter: vendor.RetrySeconds}, q: scan(0, 20), want: Throttled, status: 429},
		{name: "wide window", choices: vendor.AvaamoChoices{SlowSpan: time.Second}, q: scan(0, 20), want: TooWide, status: 504},
		{name: "deep page", choices: vendor.AvaamoChoices{SlowPage: 1}, q: second, want: TooWide, status: 504},
		{name: "server error", fault: chaos.Fault{Kind: chaos.StatusError, Status: 503}, q: second, want: Transient, status: 503},
		{name: "reversed window", q: scan(20, 0), want: Refused, status: 422},
		{name: "not found", fault: chaos.Fault{Kind: chaos.StatusError, Status: 404}, q: scan(0, 20), want: Refused, status: 404},
		{name: "redirect", fault: chaos.Fault{Kind: chaos.Redirect}, q: scan(0, 20), want: Refused, status: 302},
		{name: "made-up cursor", q: Query{Endpoint: dsr.Conversations, PerPage: 100, Cursor: "abc"}, want: CursorRefused},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := newAgent(t, agentData(t, 9), vendor.AvaamoOptions{Choices: tc.choices})
			if tc.fault.Kind != "" {
				a.fake.Fault(tc.fault)
			}
			tc.q.PerPage = 100
			_, err := a.fetch(t.Context(), tc.q.query())
			e := failureOf(t, err)
			if e.Failure != tc.want || e.Status != tc.status {
				t.Errorf("got %v, want %s with %d", e, tc.want, tc.status)
			}
			if text := e.Error(); strings.Contains(text, "token-") || strings.Contains(text, "127.0.0.1") {
				t.Errorf("the error says too much: %s", text)
			}
			if tc.name == "limit" && e.RetryAfter != time.Second {
				t.Errorf("got Retry-After %v", e.RetryAfter)
			}
		})
	}
}

// TestAvaamoErrorsAreInOurWords: a documented error is named by what it means, and of any
// other nothing but the status is told.
func TestAvaamoErrorsAreInOurWords(t *testing.T) {
	t.Parallel()
	a := newAgent(t, agentData(t, 9), vendor.AvaamoOptions{})
	q := scan(20, 0)
	q.PerPage = 100
	_, err := a.fetch(t.Context(), q.query())
	if e := failureOf(t, err); e.Detail != "Unprocessable Entity: the range that was asked for ends before it begins" {
		t.Errorf("got %s", e.Detail)
	}
	for _, body := range []string{
		`{"error":"Ana Example may not"}`, `{"error":"To Date cannot be before From Date of Ana"}`, `{"error":7}`, `<html>`, `{}`, ``,
	} {
		if e := a.refused(answer{status: http.StatusUnprocessableEntity, body: []byte(body)}, false); e.Detail != "Unprocessable Entity" {
			t.Errorf("%s: got %q", body, e.Detail)
		}
	}
}

// TestAvaamoSurvivesEveryFault lets each kind of fault happen once to a chain that tries
// again: it must read everything, or say that the list moved.
func TestAvaamoSurvivesEveryFault(t *testing.T) {
	t.Parallel()
	for _, kind := range chaos.FaultKinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			a := newAgent(t, agentData(t, 30), vendor.AvaamoOptions{})
			a.cfg.Timeout = time.Second
			a.fake.Fault(chaos.Fault{Kind: kind, Page: map[bool]int{true: 3, false: 2}[kind == chaos.CycleCursor], Delay: map[chaos.FaultKind]time.Duration{chaos.SlowDrip: time.Millisecond}[kind]})
			q := scan(0, 100)
			q.PerPage = 10
			if kind == chaos.NeverNull {
				a.fake.ClearFaults()
				a.fake.Fault(chaos.Fault{Kind: kind})
			}
			for range 3 {
				c, err := a.read(q)
				if err != nil {
					if e := failureOf(t, err); e.Failure != Transient && e.Failure != Throttled && e.Failure != Unparsable && e.Failure != Refused {
						t.Errorf("got %v", e)
					}
					continue
				}
				if c.moved {
					continue
				}
				wantNames(t, "all", c.records, messages(0, 30))
				return
			}
			t.Error("three tries did not suffice")
		})
	}
}

func TestAvaamoPageIsCheckedBeforeItCounts(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"total_entries":1,"total_pages":1,"entries":[{"message_uuid":"a"}]}`: "",
		`{"total_entries":"1","total_pages":1.0,"entries":[]}`:                 "",
		`{"total_entries":1}`:         "without the array",
		`{"entries":null}`:            "without the array",
		`{"entries":{}}`:              "without the array",
		`{"entries":[1]}`:             "",
		`{"entries":[],"entries":[]}`: "twice",
		`{"entries":[]} x`:            "",
		`[]`:                          "not a JSON object",
		`{"entries":[{"a":NaN}]}`:     "invalid JSON",
	} {
		_, err := parseNumbered([]byte(body), NewBudget(DefaultMemory).bounds(t.Context(), 1))
		bad := want != "" || strings.HasSuffix(body, "x")
		if (err != nil) != bad || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", body, err, want)
		}
	}
}

func TestAvaamoConversationIsReadInEitherForm(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"conversation":{"uuid":"c","receivers":[]}}`: `{"uuid":"c","receivers":[]}`,
		`{"uuid":"c","receivers":[],"x":1}`:            `{"uuid":"c","receivers":[],"x":1}`,
		`{"error":"nothing"}`:                          "",
		`{"conversation":null}`:                        "",
		`{"conversation":{"uuid":"c"}`:                 "",
		`<html>`:                                       "",
	} {
		got, err := parseConversation([]byte(body))
		if string(got) != want && err == nil || (err == nil) != (want != "") {
			t.Errorf("%s: got %s, %v", body, got, err)
		}
	}
}

func TestAvaamoChainGoesOnFromItsCursorAlone(t *testing.T) {
	t.Parallel()
	p := listPosition{page: 7, total: 612, checking: true, seen: []uint64{1, 2, 1 << 63}}
	got, err := openListPosition(p.String())
	if err != nil || fmt.Sprint(got) != fmt.Sprint(p) || got.page != 7 || len(got.seen) != 3 {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"x", "AAAA", "!", p.String() + "A"} {
		if _, err := openListPosition(bad); err == nil {
			t.Errorf("%q was taken for a cursor", bad)
		}
	}
}
