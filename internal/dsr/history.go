package dsr

import "time"

// History is what happened to a request, and which deadlines it had.
type History struct {
	Events    []HistoryEvent
	Deadlines []DeadlineThen
}

// HistoryEvent is one event of the log that is about the request.
type HistoryEvent struct {
	At     time.Time
	Kind   string
	Actor  string            // principal, as in Principal.ID; empty for who may not know
	Name   string            // what colleagues call them; empty likewise
	Role   string            // of the actor now; "system" for the program itself, empty where it is not known
	Status Status            // of the request afterwards; empty where the event does not say
	Data   map[string]string // codes, days and ids
}

// DeadlineThen is a deadline that a request had from a moment on.
type DeadlineThen struct {
	From    time.Time
	DueAt   time.Time
	Because string // what it followed from
	Clock   Clock  // the same, as data
	// Recorded: what followed from the clock then is on record, and is no longer what follows now.
	Recorded bool
}
