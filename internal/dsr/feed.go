package dsr

import "time"

// Order is what a list for programs is sorted by.
type Order string

// The orders there are.
const (
	OrderCreated Order = "created" // newest first
	OrderDue     Order = "due"     // earliest first
	OrderUpdated Order = "updated" // what has changed last comes last, so that a list can be followed
)

// Orders are all of them, the usual one first.
var Orders = []Order{OrderCreated, OrderDue, OrderUpdated}

// Filter selects requests for a list; zero fields do not filter.
type Filter struct {
	Statuses     []Status // any of them
	Source       string
	DueBefore    time.Time
	UpdatedAfter time.Time
	Open         *bool         // see Request.ClockRuns
	Held         *bool         // a legal hold keeps it
	Overdue      *bool         // open, its clock does not rest, and the deadline has passed
	Labels       []LabelFilter // all of them
	Assignee     string
	CreatedBy    string // the principal who submitted it
	Query        string // an id, or any part of a reference in any case
	Order        Order  // empty is OrderCreated
	Limit        int
	Cursor       string // as returned in Page.NextCursor
}

// Page is one page of a list. Selectors in it are masked.
type Page struct {
	Items      []Request
	NextCursor string // empty on the last page
}
