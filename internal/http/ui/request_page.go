package ui

import "dsr-server/internal/dsr"

// requestPage is everything about one request: what is to be done with it as a list of tasks,
// and the rest folded.
type requestPage struct {
	chrome
	ID, Name   string
	Raw        dsr.Status
	Status     statusView
	Next       string // what happens next, or what to do
	Open       bool
	Incomplete bool
	Screens    bool // there is no archive, and never will be
	Ended      bool // the person has their answer, or nobody waits for one
	Problem    string
	Tasks      []taskView
	Progress   progressView
	Result     *resultView
	Deadline   deadlineView
	Decision   happening // how the result was decided about; empty while it is not
	Outcome    happening // how the request was answered
	Received   instant
	Created    instant
	CreatedBy  string
	Assignee   string
	Held       string // why a legal hold keeps the request
	Asked      askedView
	Coverage   coverageView
	Warnings   []string // for staff; never in the archive
	Otherwise  *otherwiseView
	Recent     []eventView
	May        mayView
	Search     string // where its buttons lead that search for something else: revise or again
	// Of the decision.
	Comment, Reason field
	Faults          []fault
	Unread          string // that whoever decides has not looked at what was found
	Confirm         string // where whoever decides has to show first who they are; empty: nowhere
}

func (requestPage) template() string { return "request" }

// askedView is what was asked for.
type askedView struct {
	Terms    termsView
	Sources  string
	Window   windowView
	Notes    string
	Callback string
	Language string
}

// deadlineView is when an answer is due and what that follows from.
type deadlineView struct {
	Due      dueView
	Matters  bool   // somebody still waits, and the clock runs
	Paused   string // since when it rests, and why; empty while it does not
	Because  string
	Answered instant // empty while nobody has answered
}

// happening is who did something, when, and what they said about it.
type happening struct {
	Who  string
	When instant
	Note string
}
