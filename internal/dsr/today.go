package dsr

import "time"

// Today is what waits for a team now.
type Today struct {
	Overdue, DueSoon int64 // open requests by deadline, see Urgency
	ToDecide, ToSend int64 // the work lists of these names
	Stuck            int64
	Waiting          []SourceWaiting
	Next             *Request  // of those that are open, the one with the next deadline
	All              int64     // requests there are at all
	Answered         int64     // of these, that were answered
	People           int64     // who may sign in
	Due              []Request // overdue or due soon, the earliest first
	Decide, Send     []Request // the first of these lists
	Redo             []Request // the first that are stuck
}

// Waits is how many requests wait for somebody, for the navigation.
type Waits struct {
	Today    int64 // overdue, due soon, to send or stuck; each once
	ToDecide int64
}

// SourceWaiting is a source that does not answer, and how many requests wait for it.
type SourceWaiting struct {
	Source   string
	Requests int64
}

// SourceOverview is a configured source, how it answers and what archives tell about it.
type SourceOverview struct {
	SourceHealth

	Title       Text // what people call it
	Files       bool // it is a folder of files
	Earliest    time.Time
	ExportedAt  time.Time // of files, when that is configured
	Refusal     *Refusal  // nil unless its key is refused
	Reach       Reach
	Information Information
}

// Refusal is a source that refuses its key, since the first search that ended so after it
// last answered.
type Refusal struct {
	Since    time.Time
	Requests int64 // open ones whose result lacks the source for that reason
}

// Reach is what the last search that read a source whole found there; zero times are not known.
type Reach struct {
	Oldest, Newest time.Time // of the conversations' times
	Modified       time.Time // of the newest file
	ReadAt         time.Time // when that search ended
}
