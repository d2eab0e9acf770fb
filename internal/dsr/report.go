package dsr

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
