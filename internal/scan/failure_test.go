package scan

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// chainOf is a chain of pages of so many seconds from second 1000 on.
func chainOf(seconds int64) dsr.Unit {
	return dsr.Unit{Kind: dsr.Pages, Endpoint: dsr.Conversations, Interval: dsr.Interval{Start: 1000, End: 1000 + seconds}, PerPage: 100}
}

func begunAgain(u dsr.Unit, cause string, n int) dsr.Unit {
	u.Restarts = map[string]int{cause: n}
	return u
}

func asking(u dsr.Unit, perPage int, pages int64) dsr.Unit {
	u.PerPage, u.Pages = perPage, pages
	return u
}

// asked is a unit of so many seconds.
func asked(u dsr.Unit, seconds int64) dsr.Unit {
	u.Interval.End = u.Interval.Start + seconds
	return u
}

// TestDecide has a row for each thing that docs/completeness.md and docs/quirks.md say
// about failures, of vendors and of files.
func TestDecide(t *testing.T) {
	t.Parallel()
	const day, hour = 86400, 3600
	wide, narrow, second := chainOf(day), chainOf(hour), chainOf(1)
	messages := chainOf(1)
	messages.Endpoint = dsr.Messages
	messages.Query = dsr.MessageQuery{Kind: dsr.ByConversation, ID: "c"}
	tooMuch := asked(messages, day)
	file := dsr.Unit{Kind: dsr.File, File: dsr.FileInfo{Name: "conversations.ndjson"}}
	first := History{Tries: 1, Unparsed: 1, InARow: 1, UnparsedInARow: 1, PageSize: 100, GiveUpAfter: 72 * time.Hour}
	with := func(change func(*History)) History {
		h := first
		change(&h)
		return h
	}
	third := with(func(h *History) { h.Tries, h.Unparsed = 3, 3 })
	tenth := with(func(h *History) { h.InARow = 10 })
	for name, tc := range map[string]struct {
		unit dsr.Unit
		f    Failure
		h    History
		want Action // without Why.Detail
	}{
		// Outages and limits: Q15 to Q19.
		"a time-out, a reset, a 5xx: the same page again": {wide, Failure{Kind: export.Transient, Status: 500}, first, Action{Do: Retry}},
		"429 without Retry-After":                         {wide, Failure{Kind: export.Throttled, Status: 429}, first, Action{Do: Retry}},
		"429 with a short Retry-After":                    {wide, Failure{Kind: export.Throttled, RetryAfter: 30 * time.Second}, first, Action{Do: Retry, Wait: 30 * time.Second}},
		"429 with a long Retry-After":                     {wide, Failure{Kind: export.Throttled, RetryAfter: time.Hour}, first, Action{Do: Snooze, Wait: time.Hour}},
		"a Retry-After beyond give_up_after":              {wide, Failure{Kind: export.Throttled, RetryAfter: 1000 * time.Hour}, first, Action{Do: Snooze, Wait: 72 * time.Hour}},
		"ten failures in a row":                           {wide, Failure{Kind: export.Transient}, tenth, Action{Do: Snooze, Wait: time.Minute}},
		"ten failures after four snoozes":                 {wide, Failure{Kind: export.Transient}, with(func(h *History) { h.InARow, h.Snoozes = 10, 3 }), Action{Do: Snooze, Wait: 8 * time.Minute}},
		"ten failures after many snoozes":                 {wide, Failure{Kind: export.Transient}, with(func(h *History) { h.InARow, h.Snoozes = 99, 99 }), Action{Do: Snooze, Wait: 15 * time.Minute}},
		"never beyond give_up_after":                      {wide, Failure{Kind: export.Transient}, with(func(h *History) { h.InARow, h.GiveUpAfter = 10, time.Second }), Action{Do: Snooze, Wait: time.Second}},
		"another reader has sent the source to sleep":     {wide, Failure{Kind: export.Transient}, with(func(h *History) { h.InARow, h.Asleep = 10, true }), Action{Do: Reschedule}},
		"unparsable answers are no outage":                {wide, Failure{Kind: export.Unparsable}, with(func(h *History) { h.InARow, h.UnparsedInARow = 50, 50 }), Action{Do: Retry}},
		"but for ever they are": {wide, Failure{Kind: export.Unparsable}, with(func(h *History) { h.UnparsedInARow = isolating }),
			Action{Do: Snooze, Wait: time.Minute}},

		// 504 and intervals that are too wide: Q19.
		"the first 504":                            {wide, Failure{Kind: export.TooWide, Status: 504}, first, Action{Do: Retry}},
		"three 504 in a row":                       {wide, Failure{Kind: export.TooWide, Status: 504}, third, Action{Do: Split, At: 1000 + day/2, Refused: true}},
		"a 504 to an hour is an outage":            {narrow, Failure{Kind: export.TooWide, Status: 504}, third, Action{Do: Retry}},
		"400 or 413 to a first page":               {wide, Failure{Kind: export.TooWide, Status: 413}, first, Action{Do: Split, At: 1000 + day/2, Refused: true}},
		"400 to an hour ends the source":           {narrow, Failure{Kind: export.TooWide, Status: 400}, first, Action{Do: EndSearches, Why: dsr.Reason{Code: dsr.ReasonVendorRefused}}},
		"400 to one conversation's messages":       {tooMuch, Failure{Kind: export.TooWide, Status: 400}, first, Action{Do: Split, At: 1000 + day/2}},
		"400 to an hour of them":                   {asked(tooMuch, hour), Failure{Kind: export.TooWide, Status: 413}, first, Action{Do: GiveUp, Whole: true, Why: dsr.Reason{Code: dsr.ReasonMessagesRefused}}},
		"400 to a guide of a short cut":            {tooMuch, Failure{Kind: export.TooWide, Status: 400}, with(func(h *History) { h.Guide = true }), Action{Do: DropGuide, IfNoGuide: Split, At: 1000 + day/2}},
		"504 to a guide of a short cut":            {tooMuch, Failure{Kind: export.TooWide, Status: 504}, with(func(h *History) { h.Guide, h.Tries = true, 3 }), Action{Do: Split, At: 1000 + day/2}},
		"400 to an hour of a guide of a short cut": {asked(tooMuch, hour), Failure{Kind: export.TooWide, Status: 400}, with(func(h *History) { h.Guide = true }), Action{Do: DropGuide, IfNoGuide: GiveUp, Whole: true, Why: dsr.Reason{Code: dsr.ReasonMessagesRefused}}},
		"any other 4xx ends the source":            {wide, Failure{Kind: export.Refused, Status: 404}, first, Action{Do: EndSearches, Why: dsr.Reason{Code: dsr.ReasonVendorRefused}}},
		"but not for a guide of a short cut":       {messages, Failure{Kind: export.Refused, Status: http.StatusNotFound}, with(func(h *History) { h.Guide = true }), Action{Do: DropGuide, IfNoGuide: GiveUp, Why: dsr.Reason{Code: dsr.ReasonMessagesRefused}}},

		// Q21.
		"one conversation's messages that are gone": {messages, Failure{Kind: export.Refused, Status: 410}, first, Action{Do: GiveUp, Why: dsr.Reason{Code: dsr.ReasonMessagesRefused}}},
		"one conversation's, and perhaps the key":   {messages, Failure{Kind: export.KeyRefused, Status: 403}, first, Action{Do: GiveUp, Probes: true, Why: dsr.Reason{Code: dsr.ReasonMessagesRefused}}},
		"any other refusal of one conversation's":   {messages, Failure{Kind: export.Refused, Status: 451}, first, Action{Do: GiveUp, Why: dsr.Reason{Code: dsr.ReasonMessagesRefused}}},
		"a refused key ends the source for all":     {wide, Failure{Kind: export.KeyRefused, Status: 403}, first, Action{Do: EndSource, Why: dsr.Reason{Code: dsr.ReasonKeyRefused}}},

		// Messages of one conversation that never come: Q16, Q17, Q19.
		"one conversation's messages that fail":         {messages, Failure{Kind: export.Transient, Status: 500}, first, Action{Do: Retry}},
		"and fail, while others come":                   {messages, Failure{Kind: export.Transient, Status: 500}, with(func(h *History) { h.Tries = 10 }), Action{Do: Postpone}},
		"504, while others come":                        {messages, Failure{Kind: export.TooWide, Status: 504}, with(func(h *History) { h.Tries = 10 }), Action{Do: Postpone}},
		"and fail, like all others":                     {messages, Failure{Kind: export.Transient, Status: 500}, with(func(h *History) { h.Tries, h.InARow = 10, 10 }), Action{Do: Snooze, Wait: time.Minute}},
		"for almost as long as a source may be silent":  {messages, Failure{Kind: export.Transient}, with(func(h *History) { h.Tries, h.Failing = 10, 71*time.Hour }), Action{Do: Postpone}},
		"for as long as a source may be silent":         {messages, Failure{Kind: export.Transient}, with(func(h *History) { h.Tries, h.Failing = 3, 72*time.Hour }), Action{Do: GiveUp, Probes: true, Why: dsr.Reason{Code: dsr.ReasonMessagesRefused}}},
		"the first failure after that is no proof":      {messages, Failure{Kind: export.Transient}, with(func(h *History) { h.Failing = 72 * time.Hour }), Action{Do: Retry}},
		"a guide of a short cut that fails and fails":   {messages, Failure{Kind: export.Transient}, with(func(h *History) { h.Tries, h.InARow, h.Guide = 10, 10, true }), Action{Do: DropGuide, IfNoGuide: Snooze, Wait: time.Minute}},
		"too many calls are never about a conversation": {messages, Failure{Kind: export.Throttled}, with(func(h *History) { h.Tries, h.InARow, h.Failing = 10, 10, 99*time.Hour }), Action{Do: Snooze, Wait: time.Minute}},

		// Q20.
		"an expired cursor":               {wide, Failure{Kind: export.CursorRefused, Status: 400}, first, Action{Do: Restart, Cause: "cursor", PerPage: 100, BacksOff: true}},
		"an expired cursor the next time": {begunAgain(wide, "cursor", 1), Failure{Kind: export.CursorRefused}, first, Action{Do: Split, At: 1000 + day/2}},
		"at one second":                   {begunAgain(second, "cursor", 4), Failure{Kind: export.CursorRefused}, first, Action{Do: Restart, Cause: "cursor", PerPage: 100, BacksOff: true}},
		"at one second, five times":       {begunAgain(second, "cursor", 5), Failure{Kind: export.CursorRefused}, first, Action{Do: EndSearches, Why: dsr.Reason{Code: dsr.ReasonVendorRefused}}},

		"of one conversation's messages": {begunAgain(messages, "cursor", 5), Failure{Kind: export.CursorRefused, Status: 400}, first, Action{Do: GiveUp, Whole: true, Why: dsr.Reason{Code: dsr.ReasonMessagesRefused}}},

		// Q14.
		"does not parse":                       {wide, Failure{Kind: export.Unparsable}, first, Action{Do: Retry}},
		"three times: a smaller page":          {wide, Failure{Kind: export.Unparsable}, third, Action{Do: Restart, Cause: "unparsable", PerPage: 50}},
		"then half the interval":               {asking(wide, 50, 0), Failure{Kind: export.Unparsable}, third, Action{Do: Split, At: 1000 + day/2}},
		"half the interval amid a long chain":  {asking(wide, 100, 3), Failure{Kind: export.Unparsable}, third, Action{Do: Split, At: 1000 + day/2}},
		"at one second smaller pages again":    {asking(second, 50, 9), Failure{Kind: export.Unparsable}, third, Action{Do: Restart, Cause: "unparsable", PerPage: 25}},
		"one record in one second is given up": {asking(second, 1, 0), Failure{Kind: export.Unparsable}, third, Action{Do: GiveUp, Why: dsr.Reason{Code: dsr.ReasonUnreadable}}},
		"so is one message":                    {asking(messages, 1, 0), Failure{Kind: export.Unparsable}, third, Action{Do: GiveUp, Why: dsr.Reason{Code: dsr.ReasonUnreadable}}},

		// Q1, Q2, Q3.
		"pages in a circle":              {wide, Failure{Kind: Stuck}, first, Action{Do: Restart, Cause: "stuck", PerPage: 100, Counts: "stuck"}},
		"pages in a circle again":        {begunAgain(wide, "stuck", 1), Failure{Kind: Stuck}, first, Action{Do: GiveUp, Counts: "stuck", Why: dsr.Reason{Code: dsr.ReasonStuckCursor}}},
		"an end that was none":           {wide, Failure{Kind: FalseEnd}, with(func(h *History) { h.Middle = 2000 }), Action{Do: Split, At: 2000, Counts: "false_end"}},
		"an end that was none, no times": {wide, Failure{Kind: FalseEnd}, first, Action{Do: Split, At: 1000 + day/2, Counts: "false_end"}},
		"an end that was none, a second": {second, Failure{Kind: FalseEnd}, first, Action{Do: GiveUp, Counts: "false_end", Why: dsr.Reason{Code: dsr.ReasonStuckCursor}}},

		// Q24, Q26.
		"a list that moved":                 {wide, Failure{Kind: ListMoved}, first, Action{Do: Restart, Cause: dsr.ReasonPageDrift, PerPage: 100, Counts: dsr.ReasonPageDrift}},
		"a list that moved twice":           {begunAgain(wide, dsr.ReasonPageDrift, 2), Failure{Kind: ListMoved}, with(func(h *History) { h.Rows = 101 }), Action{Do: Split, At: 1000 + day/2, Counts: dsr.ReasonPageDrift}},
		"a list of one page that moves":     {begunAgain(wide, dsr.ReasonPageDrift, 2), Failure{Kind: ListMoved}, with(func(h *History) { h.Rows = 100 }), Action{Do: GiveUp, Counts: dsr.ReasonPageDrift, Why: dsr.Reason{Code: dsr.ReasonPageDrift}}},
		"records outside of what was asked": {wide, Failure{Kind: WindowIgnored, Outside: 3}, first, Action{Do: EndSearches, Why: dsr.Reason{Code: dsr.ReasonWindowIgnored}}},

		// Files.
		"a file that is cut short": {file, Failure{Kind: export.Damaged, Detail: "x"}, first, Action{Do: GiveUp, Why: dsr.Reason{Code: dsr.ReasonUnreadable}}},
		"a file that changed":      {file, Failure{Kind: export.Changed, Detail: "x"}, first, Action{Do: GiveUp, Why: dsr.Reason{Code: dsr.ReasonUnreadable}}},
	} {
		got := Decide(tc.unit, tc.f, tc.h)
		if diff := cmp.Diff(tc.want, got, cmpopts.IgnoreFields(dsr.Reason{}, "Detail")); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
		if got.Why.Code != "" && got.Why.Detail == "" {
			t.Errorf("%s: the reason has no words", name)
		}
	}
}

// TestASourceThatAnswersIsNotSilent: what its answers lacked is said when it is given up.
func TestASourceThatAnswersIsNotSilent(t *testing.T) {
	t.Parallel()
	h := newHost("h", nil, nil)
	want := func(when, text string) {
		t.Helper()
		if got := h.lastAnswer("bot"); got != text {
			t.Errorf("%s: %q, want %q", when, got, text)
		}
	}
	want("at first", "")
	h.noteAnswer("bot", Failure{Kind: export.Transient, Status: 200, Detail: "the answer has no list at `items` (records)"}.lastAnswer())
	h.reset()
	want("of no list, in a later run", "; it answers, but the answer has no list at `items` (records)")
	h.noteAnswer("bot", Failure{Kind: export.Transient, Status: 503, Detail: "Service Unavailable"}.lastAnswer())
	want("of an outage after that", "")
	h.noteAnswer("bot", Failure{Kind: export.Transient, Status: 200, Detail: "x"}.lastAnswer())
	h.good(dsr.Unit{Source: "bot"})
	want("after a good page", "")
}
