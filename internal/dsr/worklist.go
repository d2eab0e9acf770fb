package dsr

import (
	"slices"
	"time"
)

// Worklist is one of the lists into which a team sorts its requests. Each request is in
// exactly one of open, answered and closed; the others are parts of open.
type Worklist string

const (
	WorkOpen     Worklist = "open"      // the data subject waits for an answer, see Request.ClockRuns
	WorkToDecide Worklist = "to_decide" // of these, whose result waits for an approver
	WorkToSend   Worklist = "to_send"   // of these, whose archive is released and can be handed over
	WorkStuck    Worklist = "stuck"     // of these, whose result was rejected, failed or expired
	WorkAnswered Worklist = "answered"  // the data subject was told what is held, or why not
	WorkClosed   Worklist = "closed"    // nobody is to be told any more: cancelled, withdrawn, duplicate, deleted
)

// Worklists are all of them.
var Worklists = []Worklist{WorkOpen, WorkToDecide, WorkToSend, WorkStuck, WorkAnswered, WorkClosed}

// In reports whether the request is in a work list; empty is that of all requests. The store
// says the same in SQL.
func (r Request) In(w Worklist) bool {
	answered := r.Answer != nil && r.Status != Purged && !slices.Contains(NoAnswers, r.Answer.Outcome)
	switch w {
	case WorkOpen:
		return r.ClockRuns()
	case WorkToDecide:
		return r.ClockRuns() && r.Status == Review
	case WorkToSend:
		return r.ClockRuns() && r.Status == Ready && !r.Screens() && !r.Paused()
	case WorkStuck:
		return r.ClockRuns() && (r.Status == Rejected || r.Status == Failed || r.Status == Expired)
	case WorkAnswered:
		return answered
	case WorkClosed:
		return !answered && !r.ClockRuns()
	}
	return w == ""
}

// DueSoon is how near a deadline is that calls for attention.
const DueSoon = 7 * 24 * time.Hour

// Urgency selects open requests by their deadline, unless their clock rests.
type Urgency string

const (
	Overdue     Urgency = "overdue"
	DueThisWeek Urgency = "week" // within DueSoon, and not overdue

	OverdueOrThisWeek Urgency = "near"
	NotOverdue        Urgency = "ahead"
)

// ListSort is what a list is sorted by.
type ListSort string

// The columns that lists can be sorted by; by due date unless another is named.
const (
	SortDue         ListSort = "due"
	SortRequest     ListSort = "request"
	SortFound       ListSort = "found"
	SortSubmittedBy ListSort = "by"
)

// ListSorts are all of them.
var ListSorts = []ListSort{SortDue, SortRequest, SortFound, SortSubmittedBy}

// ListQuery selects one page of a list; zero fields do not filter.
type ListQuery struct {
	Worklist   Worklist
	Urgency    Urgency
	Assignee   string   // as in Request.Assignee
	Waiting    string   // a source that the request waits for
	Text       string   // any part of a reference in any case, or an id
	IDs        []string // nil: whichever
	Asked      []string // keyed hashes of what it asks for, in hex; nil: whatever
	Sort       ListSort
	Descending bool
	Offset     int
	Limit      int
}

// ListPage is one page of a list. Selectors in it are masked.
type ListPage struct {
	Items  []Request
	Total  int64 // that the query selects, on all pages
	Counts map[Worklist]int64
	All    int64 // requests there are at all
}
