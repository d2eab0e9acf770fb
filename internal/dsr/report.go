package dsr

import (
	"cmp"
	"slices"
)

// ReportRow is how one request went: days, decisions and counts, nothing of anybody. It
// has no reference, which is the caller's text and goes with the request.
type ReportRow struct {
	Request    string
	Status     Status
	Regime     string
	Received   Day
	Due        Day
	PausedDays *int // nil once the request has been purged, as Sources are then
	Extended   bool
	ToldOn     Day     // when the person was told; empty: not yet
	Outcome    Outcome // empty: not answered
	Complete   *bool   // nil without a result
	Sources    []string
	// What was found; of a purged request what its receipt says.
	Conversations, Messages int64
	PurgedOn                Day // empty: not purged
}

// InTime reports whether the person was told by the day on which the request was due;
// known is false until they have been told.
func (r ReportRow) InTime() (inTime, known bool) { return r.ToldOn <= r.Due, r.ToldOn != "" }

// figuresOver is how many days back answers count in AnswerFigures.
const figuresOver = 365

// FiguresSince is the first day whose answers count in the figures of a day.
func FiguresSince(today Day) Day { return today.Add(-figuresOver) }

// NoAnswers are the outcomes with which nobody was told what is held about them: how long
// they took says nothing.
var NoAnswers = []Outcome{Withdrawn, Duplicate}

// AnswerFigures are how fast the requests of one regime were answered.
type AnswerFigures struct {
	Regime     string
	Answered   int
	InTime     int
	MedianDays float64 // from the day of receipt to the day of the answer
}

// FiguresOf adds up answered requests by regime, in the order of their names.
func FiguresOf(answered []ReportRow) (figures []AnswerFigures) {
	slices.SortFunc(answered, func(a, b ReportRow) int {
		return cmp.Or(cmp.Compare(a.Regime, b.Regime), cmp.Compare(a.took(), b.took()))
	})
	for len(answered) > 0 {
		n := slices.IndexFunc(answered, func(r ReportRow) bool { return r.Regime != answered[0].Regime })
		if n < 0 {
			n = len(answered)
		}
		figures = append(figures, figuresOfOne(answered[:n]))
		answered = answered[n:]
	}
	return figures
}

// took is in how many days the person was told.
func (r ReportRow) took() int { return r.ToldOn.since(r.Received) }

// figuresOfOne are those of one regime's rows, sorted by how long they took.
func figuresOfOne(rows []ReportRow) AnswerFigures {
	n := len(rows)
	f := AnswerFigures{Regime: rows[0].Regime, Answered: n, MedianDays: float64(rows[(n-1)/2].took()+rows[n/2].took()) / 2}
	for _, r := range rows {
		if in, _ := r.InTime(); in {
			f.InTime++
		}
	}
	return f
}
