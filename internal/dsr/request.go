// Package dsr is the domain: what a data subject's access request (GDPR Art. 15)
// is, which values it may hold, how it may move, and when it is due. It knows no
// database, no HTTP and no vendor; every other room speaks in its types.
//
// It keeps true: a Request that passed Submission.Validate can be searched for; a
// Status only moves along the edges of Status.CanMove; a due date follows from the
// date of receipt alone.
package dsr

import (
	"slices"
	"time"
)

// Request is one access request. IDs are UUID v7; times are UTC.
type Request struct {
	ID         string
	Reference  string // the caller's own id, unique when not empty; holds no personal data
	Status     Status
	Complete   *bool // nil until a run has ended
	Selectors  []Selector
	Sources    []string // names of the sources to search, sorted, never empty
	Window     Window
	Mode       Mode
	ReceivedAt time.Time // when the data subject asked; the clock of Art. 12(3) starts here
	DueAt      time.Time
	DueBecause string  // what DueAt follows from, a sentence without a capital and full stop
	Regime     string  // the law that the deadline follows from, see RegimeOf
	Pauses     []Pause // of the clock, the earliest first
	// ExtendedSoFar is by how much the deadline has been extended, in the regime's unit.
	ExtendedSoFar int
	// ExtensionReason is why the deadline was extended, as the data subject is told.
	ExtensionReason string
	AnsweredAt      time.Time // zero until answered
	Answer          *Answer   // nil until answered
	CallbackURL     string    // who is told of its events, beside the webhooks; empty: nobody
	DecisionNote    string    // why the result was approved or rejected, in the words of who did
	ReopenReason    string    // why an answer was taken back last
	Hold            *Hold     // nil unless a legal hold keeps the request
	AsOf            time.Time // upper end of every query; zero until planned
	Language        string
	Presentation    Presentation
	Notes           string
	Labels          map[string]string // the caller's own; hold no personal data
	Assignee        string            // the login or the token's name of who works at it; may be empty
	Channel         Channel
	Identity        *Identity // how it was checked who asks; nil: it was not
	CreatedAt       time.Time
	CreatedBy       string // principal, as in Principal.ID
	UpdatedAt       time.Time
	Progress        Progress
	Result          *Result   // nil until a run has ended
	Warnings        []Warning // of the run that has ended
	Version         int64     // goes up whenever there is something else to decide about
	// Repackaging: its archive is being made again; RepackagingFailed: that was given up.
	Repackaging, RepackagingFailed bool
	Withheld                       WithheldCount
	// WithheldChanges goes up with whatever is withheld, and when that is undone. Outdated: it
	// has since the archive was made, which shows what it must not until it is made again.
	WithheldChanges int64
	Outdated        bool
	// Released is the archive in force: the last one that was released, also while
	// another is being made. Nil when there is none.
	Released *ArchiveInfo
	Problem  *Problem // why the result is incomplete or the run failed; nil otherwise
}

// ConversationIDs are the ids asked for when the request asks for nothing else, each
// once; else none.
func (r Request) ConversationIDs() (ids []string) {
	for _, s := range r.Selectors {
		if s.ConversationID == "" {
			return nil
		}
		if !slices.Contains(ids, s.ConversationID) {
			ids = append(ids, s.ConversationID)
		}
	}
	return ids
}

// Window selects conversations whose activity overlaps [Start, End). A zero time
// is an absent bound.
type Window struct {
	Start, End time.Time
}

// Hold keeps a request and its archive from being deleted, by plan or by hand.
type Hold struct {
	Reason string // in the words of who set it; holds no personal data
	Since  time.Time
	By     string // principal, as in Principal.ID
}

// Result is what a finished run found.
type Result struct {
	Conversations int64
	Messages      int64
	NearMisses    int64
	Archive       *ArchiveInfo // nil when there is none (failed, expired, a screening)
	// Held is how many conversations each source holds; nil unless the request screens.
	Held map[string]int64
}

// ArchiveInfo describes a finished archive as it is downloaded.
type ArchiveInfo struct {
	Size      int64
	SHA256    string // 64 hex digits, of the ZIP
	ExpiresAt time.Time
	Downloads int64
	File      string // what it is called in the vault
}

// Problem says in one code and one sentence why a result is not complete.
type Problem struct {
	Code   string
	Detail string
}
