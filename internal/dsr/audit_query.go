package dsr

import "time"

// AuditQuery selects events of the audit log, the newest first; zero fields do not filter.
type AuditQuery struct {
	Requests []string // ids; nil: events about any request and about none
	Actor    string   // as in Principal.ID
	Kind     string
	From     time.Time
	Until    time.Time // events before that
	Before   AuditPlace
	Limit    int
}

// AuditPlace is where a page of the log ended; the zero value is the newest event.
type AuditPlace struct {
	At    time.Time
	Index int64
}

// AuditLine is one event of the log as people read it.
type AuditLine struct {
	HistoryEvent

	Index     int64
	Request   string // id; empty when it is about no request
	Reference string // of the request; empty when it has none or was deleted
	Leaf      string // what hashes and proofs are about
}

// AuditPage is one page of the log.
type AuditPage struct {
	Lines []AuditLine
	More  bool  // there are older ones
	Size  int64 // events in the whole log
}

// KeptCheckpoint is when somebody last took a checkpoint of the log away.
type KeptCheckpoint struct {
	At   time.Time // zero: nobody ever has
	Name string    // of who did
	Size int64     // events it covers
}
