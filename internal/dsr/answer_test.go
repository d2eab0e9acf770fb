package dsr

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func codeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code + " " + e.Field
	}
	return ""
}

func TestARequestIsAnsweredFromEveryStatusInWhichNothingMoves(t *testing.T) {
	t.Parallel()
	for _, status := range Statuses {
		for _, o := range Outcomes {
			r := Request{Status: status}
			_, err := r.AnsweredWith(Answer{Outcome: o}, "2025-06-01", "2025-06-30")
			want := ""
			switch {
			case status == Queued || status == Running:
				want = "wrong_status "
			case status == Review && (o == Given || o == Partly || o == NotHeld):
				want = "wrong_status "
			}
			if got := codeOf(err); got != want {
				t.Errorf("%s from %s: %q, want %q", o, status, got, want)
			}
			r.AnsweredAt = time.Unix(1, 0)
			if _, err := r.AnsweredWith(Answer{Outcome: o}, "2025-06-01", "2025-06-30"); codeOf(err) != "already_answered " {
				t.Errorf("%s from %s a second time: %v", o, status, err)
			}
		}
	}
}

func TestAnAnswerSaysHowAndWhen(t *testing.T) {
	t.Parallel()
	found, nothing := &Result{Conversations: 2}, &Result{}
	archive := &ArchiveInfo{}
	for name, c := range map[string]struct {
		r    Request
		a    Answer
		want Answer
		code string
	}{
		"what was found":  {Request{Status: Ready, Result: found, Released: archive}, Answer{}, Answer{Outcome: Given, ToldOn: "2025-06-30"}, ""},
		"nothing found":   {Request{Status: Ready, Result: nothing, Released: archive}, Answer{}, Answer{Outcome: NotHeld, ToldOn: "2025-06-30"}, ""},
		"archive expired": {Request{Status: Expired, Result: found}, Answer{}, Answer{Outcome: Given, ToldOn: "2025-06-30"}, ""},
		"rejected":        {Request{Status: Rejected, Result: found}, Answer{}, Answer{}, "invalid_value outcome"},
		"no run ended":    {Request{Status: Cancelled}, Answer{}, Answer{}, "invalid_value outcome"},
		"a day before":    {Request{Status: Failed}, Answer{Outcome: Refused, ToldOn: "2025-06-02"}, Answer{Outcome: Refused, ToldOn: "2025-06-02"}, ""},
		"day of receipt":  {Request{Status: Failed}, Answer{Outcome: Refused, ToldOn: "2025-06-01"}, Answer{Outcome: Refused, ToldOn: "2025-06-01"}, ""},
		"before receipt":  {Request{Status: Failed}, Answer{Outcome: Refused, ToldOn: "2025-05-31"}, Answer{}, "invalid_value told_on"},
		"tomorrow":        {Request{Status: Failed}, Answer{Outcome: Refused, ToldOn: "2025-07-01"}, Answer{}, "invalid_value told_on"},
		"unknown outcome": {Request{Status: Ready}, Answer{Outcome: "lost"}, Answer{}, "invalid_value outcome"},
		"a long note":     {Request{Status: Ready}, Answer{Outcome: Given, Note: strings.Repeat("ä", MaxNoteRunes+1)}, Answer{}, "invalid_value note"},
	} {
		got, err := c.r.AnsweredWith(c.a, "2025-06-01", "2025-06-30")
		if codeOf(err) != c.code || err == nil && got != c.want {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestADayIsADay(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	if got := DayOf(time.Date(2025, 6, 30, 22, 30, 0, 0, time.UTC), berlin); got != "2025-07-01" {
		t.Errorf("half past midnight in Berlin is %s", got)
	}
	for _, bad := range []string{"", "2025-6-3", "2025-02-30", "2025-06-30T00:00:00Z", "30.06.2025", "0001-01-01"} {
		if d, err := ParseDay("told_on", bad); err == nil {
			t.Errorf("%q is read as %q", bad, d)
		}
	}
}
