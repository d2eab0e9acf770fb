package dsr

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// byHand counts a deadline day by day: no rule of the code under test.
func byHand(received time.Time, months, days int) time.Time {
	d := received
	for range months { // to the same number in the next month, or that month's last day
		for d = d.AddDate(0, 0, 1); d.Day() != 1; d = d.AddDate(0, 0, 1) {
		}
	}
	if months > 0 {
		for d.Day() < received.Day() && d.AddDate(0, 0, 1).Day() != 1 {
			d = d.AddDate(0, 0, 1)
		}
	}
	for range days {
		d = d.AddDate(0, 0, 1)
	}
	return d
}

func TestDeadlinesAreThoseOfACalendar(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		received := time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 4000).Draw(t, "day"))
		rested := rapid.IntRange(0, 400).Draw(t, "rested")
		extended := rapid.IntRange(0, 2).Draw(t, "extended")
		day := Day(received.Format(time.DateOnly))
		pauses := []Pause{{AskedOn: day, AnsweredOn: Day(received.AddDate(0, 0, rested).Format(time.DateOnly))}, {AskedOn: "2031-01-01"}}
		for name, want := range map[string]time.Time{
			"gdpr": byHand(received, 1+extended, rested),
			"uk":   byHand(received, 1+extended, rested),
			"ccpa": byHand(received, 0, 45+45*min(extended, 1)+rested),
			"lgpd": byHand(received, 0, 15+rested),
		} {
			regime, _ := RegimeOf(name)
			c := Clock{Regime: regime, Received: day, Extended: extended, Pauses: pauses}
			switch name {
			case "ccpa":
				c.Extended = 45 * min(extended, 1)
			case "lgpd":
				c.Extended = 0
			}
			for name == "uk" && (want.Weekday() == time.Saturday || want.Weekday() == time.Sunday) {
				want = want.AddDate(0, 0, 1)
			}
			if got := c.Due(NoWeekend); got != Day(want.Format(time.DateOnly)) {
				t.Fatalf("%s, received %s, extended %d, rested %d: due %s, want %s", name, day, c.Extended, rested, got, want.Format(time.DateOnly))
			}
		}
	})
}

func TestDeadlinesOfTheBook(t *testing.T) {
	t.Parallel()
	holiday := func(d Day) bool { return d != "2025-12-25" && d != "2025-12-26" && NoWeekend(d) }
	for name, c := range map[string]struct {
		clock Clock
		want  Day
		says  string
	}{
		"end of a short month":  {Clock{Regime: regimes["gdpr"], Received: "2025-01-31"}, "2025-02-28", "one month from the day of receipt, 2025-01-31 (Art. 12(3) GDPR)"},
		"leap year":             {Clock{Regime: regimes["gdpr"], Received: "2024-01-30"}, "2024-02-29", "one month"},
		"weekends stay":         {Clock{Regime: regimes["gdpr"], Received: "2025-05-28"}, "2025-06-28", "one month"},
		"weekends go on in uk":  {Clock{Regime: regimes["uk"], Received: "2025-05-28"}, "2025-06-30", "2025-06-28 is no working day, so it is the next one"},
		"holidays too":          {Clock{Regime: regimes["uk"], Received: "2025-11-25"}, "2025-12-29", "2025-12-25 is no working day"},
		"extended from the day": {Clock{Regime: regimes["gdpr"], Received: "2024-12-31", Extended: 2}, "2025-03-31", "extended by 2 months"},
		"california":            {Clock{Regime: regimes["ccpa"], Received: "2025-01-01", Extended: 45}, "2025-04-01", "45 days from the day of receipt, 2025-01-01 (CCPA Regulations § 7021); extended by 45 days"},
		"a pause": {Clock{Regime: regimes["gdpr"], Received: "2025-06-01", Pauses: []Pause{{AskedOn: "2025-06-03", AnsweredOn: "2025-06-04"}}}, "2025-07-02",
			"the clock rested for 1 day"},
	} {
		if got := c.clock.Due(holiday); got != c.want || !strings.Contains(c.clock.Explain(holiday, isoDay), c.says) {
			t.Errorf("%s: due %s, want %s: %q", name, got, c.want, c.clock.Explain(holiday, isoDay))
		}
	}
}

func TestADayEndsWhereItIs(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]string{"UTC": "2025-03-30T23:59:59Z", "Europe/Berlin": "2025-03-30T21:59:59Z", "America/New_York": "2025-03-31T03:59:59Z"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := Day("2025-03-30").End(loc).Format(time.RFC3339); got != want { // summer time begins in Berlin
			t.Errorf("%s: %s, want %s", zone, got, want)
		}
	}
}

func TestTheClockRestsOnlyAsTheRegimeAllows(t *testing.T) {
	t.Parallel()
	open := Request{Status: Running, Regime: "gdpr"}
	rests := Request{Status: Ready, Regime: "gdpr", Pauses: []Pause{{Reason: PauseIdentity, AskedOn: "2025-06-05"}}}
	before := Request{Status: Ready, Regime: "gdpr", Pauses: []Pause{{Reason: PauseIdentity, AskedOn: "2025-06-05", AnsweredOn: "2025-06-10"}}}
	for name, c := range map[string]struct {
		r    Request
		p    Pause
		want string
	}{
		"from receipt":     {open, Pause{PauseIdentity, "2025-06-01", ""}, ""},
		"today":            {open, Pause{PauseClarification, "2025-06-20", ""}, ""},
		"before receipt":   {open, Pause{PauseIdentity, "2025-05-31", ""}, "invalid_value asked_on"},
		"tomorrow":         {open, Pause{PauseIdentity, "2025-06-21", ""}, "invalid_value asked_on"},
		"no such reason":   {open, Pause{"holiday", "2025-06-02", ""}, "invalid_value reason"},
		"no fee in gdpr":   {open, Pause{PauseFee, "2025-06-02", ""}, "invalid_value reason"},
		"none in ccpa":     {Request{Status: Running, Regime: "ccpa"}, Pause{PauseIdentity, "2025-06-02", ""}, "invalid_value reason"},
		"over another":     {rests, Pause{PauseIdentity, "2025-06-12", ""}, "already_paused "},
		"into an earlier":  {before, Pause{PauseIdentity, "2025-06-09", ""}, "invalid_value asked_on"},
		"after an earlier": {before, Pause{PauseIdentity, "2025-06-10", ""}, ""},
		"answered":         {Request{Status: Ready, Regime: "gdpr", AnsweredAt: time.Unix(1, 0)}, Pause{PauseIdentity, "2025-06-10", ""}, "wrong_status "},
	} {
		if got := codeOf(c.r.MayPause(c.p, "2025-06-01", "2025-06-20")); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	for on, want := range map[Day]string{"2025-06-05": "", "2025-06-20": "", "2025-06-04": "invalid_value answered_on", "2025-06-21": "invalid_value answered_on"} {
		if got := codeOf(rests.MayResume(on, "2025-06-20")); got != want {
			t.Errorf("resumed on %s: %q, want %q", on, got, want)
		}
	}
	if got := codeOf(before.MayResume("2025-06-20", "2025-06-20")); got != "not_paused " {
		t.Errorf("resumed twice: %q", got)
	}
}

func TestADeadlineIsExtendedAsFarAsItsRegimeAllows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		r    Request
		e    Extension
		by   int
		want string
	}{
		"one month":          {Request{Regime: "gdpr"}, Extension{1, "r"}, 1, ""},
		"two":                {Request{Regime: "gdpr"}, Extension{2, "r"}, 2, ""},
		"a second step":      {Request{Regime: "gdpr", ExtendedSoFar: 1}, Extension{1, "r"}, 2, ""},
		"a step too far":     {Request{Regime: "gdpr", ExtendedSoFar: 1}, Extension{2, "r"}, 0, "already_extended "},
		"three":              {Request{Regime: "gdpr"}, Extension{3, "r"}, 0, "invalid_value months"},
		"no reason":          {Request{Regime: "gdpr"}, Extension{1, " "}, 0, "invalid_value reason"},
		"days are the law's": {Request{Regime: "ccpa"}, Extension{0, "r"}, 45, ""},
		"not months":         {Request{Regime: "ccpa"}, Extension{1, "r"}, 0, "invalid_value months"},
		"once in ccpa":       {Request{Regime: "ccpa", ExtendedSoFar: 45}, Extension{0, "r"}, 0, "already_extended "},
		"none in brazil":     {Request{Regime: "lgpd"}, Extension{1, "r"}, 0, "no_extension "},
		"cancelled":          {Request{Regime: "gdpr", Status: Cancelled}, Extension{1, "r"}, 0, "wrong_status "},
		"answered":           {Request{Regime: "gdpr", AnsweredAt: time.Unix(1, 0)}, Extension{1, "r"}, 0, "already_answered "},
	} {
		by, err := c.r.ExtendedBy(c.e, "2025-06-30", "2025-06-30")
		if codeOf(err) != c.want || by != c.by {
			t.Errorf("%s: by %d, %v", name, by, err)
		}
	}
	if _, err := (Request{Regime: "gdpr"}).ExtendedBy(Extension{1, "r"}, "2025-06-30", "2025-07-01"); codeOf(err) != "too_late " {
		t.Errorf("after the first deadline: %v", err)
	}
	if !slices.IsSorted(RegimeNames()) || len(RegimeNames()) != 5 {
		t.Errorf("regimes: %v", RegimeNames())
	}
}
