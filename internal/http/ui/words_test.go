package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

func TestDeadlinesAreCountedInCalendarDays(t *testing.T) {
	t.Parallel()
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	p := calendar{tongue: tongue{tag: "en"}, loc: loc}
	due := dsr.Day("2026-03-28").End(p.loc) // the night before summer time
	for now, want := range map[string]string{
		"2026-02-28T00:00:00+01:00": "in 28 days",
		"2026-03-26T23:59:00+01:00": "in 2 days",
		"2026-03-27T00:01:00+01:00": "due tomorrow",
		"2026-03-28T00:00:00+01:00": "due today",
		"2026-03-28T23:59:59+01:00": "due today",
		"2026-03-29T00:00:00+01:00": "overdue by 1 day",
		"2026-03-30T12:00:00+02:00": "overdue by 2 days",
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		wantLate := !strings.HasPrefix(want, "in ")
		if got, late := p.deadlineWords(due, at); got != want || late != wantLate {
			t.Errorf("%s: got %q, late %v; want %q, %v", now, got, late, want, wantLate)
		}
	}
}

func TestNumbersReadLikeNumbers(t *testing.T) {
	t.Parallel()
	en := tongue{tag: "en"}
	for _, c := range []struct{ got, want string }{
		{en.number(0), "0"}, {en.number(999), "999"}, {en.number(1000), "1,000"}, {en.number(41873), "41,873"}, {en.number(1234567), "1,234,567"}, {en.number(-123456), "-123,456"},
		{en.count(1, "page"), "1 page"}, {en.count(0, "page"), "0 pages"},
		{en.fileSize(1), "1 byte"}, {en.fileSize(18231), "18 kB"}, {en.fileSize(5_300_000), "5.3 MB"}, {en.fileSize(4_200_000_000), "4.2 GB"},
		{en.roughly(3), "a few seconds"}, {en.roughly(62), "about 60 seconds"}, {en.roughly(240), "about 4 minutes"}, {en.roughly(7200), "about 2 hours"}, {en.roughly(864000), "about 10 days"},
		{en.inWords(nil), ""}, {en.inWords([]string{"a"}), "a"}, {en.inWords([]string{"a", "b", "c"}), "a, b and c"},
		{en.times(0), "not yet"}, {en.times(1), "once"}, {en.times(2), "twice"}, {en.times(7), "7 times"},
		{en.whoIs("user:ana"), "ana"}, {en.whoIs("token:ci"), "ci (API token)"}, {en.whoIs("system"), "system"},
		{sentence("is wrong"), "Is wrong."}, {sentence("conversations.ndjson.gz is damaged"), "conversations.ndjson.gz is damaged."}, {sentence("it-desk: a"), "it-desk: a."}, {sentence(""), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestEveryStatusAndReasonHasWords(t *testing.T) {
	t.Parallel()
	for _, s := range dsr.Statuses {
		if statusWords[s].text == "" || statusMeanings[s] == "" {
			t.Errorf("%s has no words", s)
		}
	}
	for _, m := range dsr.Matches {
		if (tongue{}).matchLabel(m) == string(m) {
			t.Errorf("the match mode %s has no plain words", m)
		}
	}
	for _, code := range dsr.Languages {
		if languageNames[code] == "" {
			t.Errorf("the language %s has no name", code)
		}
	}
	for _, reason := range dsr.MissingReasons {
		if missingFiles[reason] == "" {
			t.Errorf("a file that is missing has no words for %s", reason)
		}
	}
	for _, code := range dsr.ReasonCodes {
		if advice[code] == "" {
			t.Errorf("the reason %s comes without advice", code)
		}
	}
}

func TestSessionsEndByThemselves(t *testing.T) {
	t.Parallel()
	p := newSessions(nil, true, nil)
	if p.Lifetime != 8*time.Hour || p.IdleTimeout != 15*time.Minute || !p.HashTokenInStore {
		t.Errorf("got lifetime %s, idle %s, hashed %v", p.Lifetime, p.IdleTimeout, p.HashTokenInStore)
	}
}

// TestEachWarningIsSaidOnce: two search terms may find the same, and those that hold a
// result are among those for staff as well.
func TestEachWarningIsSaidOnce(t *testing.T) {
	t.Parallel()
	several := dsr.Warning{Code: dsr.WarnSeveralIdentities, Detail: "search term 1: several addresses", Named: []string{"a@example.org", "b@example.org"}}
	again := several
	again.Detail = "search term 2: several addresses"
	r := dsr.Request{Result: &dsr.Result{Conversations: 1204}, Warnings: []dsr.Warning{several, again,
		{Code: dsr.WarnManyMatches, Detail: "many"}, {Code: dsr.WarnIDsDifferInCase, Named: []string{"ab1", "AB1"}}, {Code: "new", Detail: "something else"}}}
	staff := []dsr.StaffWarning{dsr.Warned("late", "the search ends late")}
	for _, w := range r.Warnings {
		staff = append(staff, dsr.StaffWarning{Reason: w.ForStaff()})
	}
	want := []string{
		"These conversations carry different e-mail addresses: a@example.org and b@example.org. Make sure that they are one person’s.",
		"1,204 conversations, more than usual. Make sure that they are one person’s.",
		"These differ in capitals only: ab1 and AB1. IDs like that may be different people’s.",
		"Something else.", "The search ends late.",
	}
	if got := (&pages{}).warningWords(r, staff); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestManyAddressesAreCounted: nobody reads a hundred of them before a decision.
func TestManyAddressesAreCounted(t *testing.T) {
	t.Parallel()
	var named []string
	for i := range 12 {
		named = append(named, fmt.Sprintf("a%02d@example.org", i))
	}
	r := dsr.Request{Warnings: []dsr.Warning{{Code: dsr.WarnSeveralIdentities, Named: named}}}
	const want = "These conversations carry 12 different e-mail addresses, among them a00@example.org, "
	got := (&pages{}).warningWords(r, nil)
	if len(got) != 1 || !strings.HasPrefix(got[0], want) || !strings.Contains(got[0], "a09@") || strings.Contains(got[0], "a10@") {
		t.Errorf("got %q", got)
	}
}

// TestMoreThanUsualIsSaidWhileTheSearchGoesOn, in the words of the page.
func TestMoreThanUsualIsSaidWhileTheSearchGoesOn(t *testing.T) {
	t.Parallel()
	r := dsr.Request{Progress: dsr.Progress{Conversations: 277}}
	staff := []dsr.StaffWarning{dsr.Warned(dsr.WarnManyMatches, "277 conversations match; more than 200 suggests a value that is not one person's")}
	if got := (&pages{}).warningWords(r, staff); !slices.Equal(got, []string{"277 conversations, more than usual. Make sure that they are one person’s."}) {
		t.Errorf("got %q", got)
	}
}

func TestADueDateOnAWeekendNamesTheWorkingDayBefore(t *testing.T) {
	t.Parallel()
	c := calendar{loc: time.UTC, working: dsr.NoWeekend}
	for day, want := range map[int]string{27: "", 28: "Saturday, Friday, 27 June 2025", 29: "Sunday, Friday, 27 June 2025", 30: ""} {
		v := c.due(time.Date(2025, 6, day, 23, 59, 59, 0, time.UTC), time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC))
		got := ""
		if v.WorkingDay != "" {
			got = v.Rest + ", " + v.WorkingDay
		}
		if got != want {
			t.Errorf("the %dth: got %q, want %q", day, got, want)
		}
	}
}

func TestWhatWasAnsweredSaysSo(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	for _, o := range dsr.Outcomes {
		r := dsr.Request{Status: dsr.Rejected, Answer: &dsr.Answer{Outcome: o, ToldOn: "2025-06-30"}}
		if v := (tongue{}).statusOf(r); v.Word != "Answered" {
			t.Errorf("%s: the status is %q", o, v.Word)
		}
		next := (&pages{calendar: calendar{loc: time.UTC}}).nextStep(r, mayView{})
		if said[next] || !strings.HasSuffix(next, ". The person was told on 30 June 2025.") {
			t.Errorf("%s: %q", o, next)
		}
		said[next] = true
	}
}
