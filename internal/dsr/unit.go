package dsr

import (
	"fmt"
	"slices"
	"time"
)

// Endpoint is one of the two kinds of things a source is read for; a vendor's call for
// each has a rate limit of its own.
type Endpoint string

const (
	Conversations Endpoint = "conversations"
	Messages      Endpoint = "messages"
)

// UnitKind is what a unit is read from.
type UnitKind string

const (
	Pages UnitKind = "pages" // a chain of pages over an interval
	File  UnitKind = "file"
)

// UnitState is how far a unit has come.
type UnitState string

const (
	UnitWaiting UnitState = "waiting" // not begun
	UnitReading UnitState = "reading" // begun; resumes at its position
	UnitDone    UnitState = "done"    // read to its end
	UnitFailed  UnitState = "failed"  // cannot be read whole; named in the coverage
)

// Unit is what is read from beginning to end by one reader: a chain of pages over an
// interval, or a file. It is read once for every request in Requests.
type Unit struct {
	ID       int64 // 0: not stored yet
	Source   string
	Kind     UnitKind
	Endpoint Endpoint
	State    UnitState
	Requests []string
	Position Position
	Restarts map[string]int // cause: how often begun again
	Begun    time.Time      // when it was put in line

	// Of pages.
	Query    MessageQuery // what messages are asked for by; zero for conversations
	Interval Interval
	PerPage  int

	// Of a file: what it was when it was first looked at. One that is another by its end
	// proves nothing.
	File FileInfo

	// What has been read.
	Pages, Records int64         // Records include those that could not be read
	First, Last    time.Time     // earliest and latest start of a conversation read
	Longest        time.Duration // longest activity of a conversation read
	Digest         []byte        // head of the digest chain over pages
	SHA256         []byte        // of a whole file, once done
	Tally          Tally
	Faults         []Reason // why the unit does not count as read whole: the first of them
	Unread         int64    // records that could not be read
	Shown          Shown
	// Probe is set of pages that are asked for to see whether the source lists anything at
	// all: its first page says so, and it reads no part of the timeline for anybody.
	Probe bool
}

// Shown is what a unit has shown of itself, beside its records.
type Shown struct {
	Searchable int64 `json:"searchable,omitempty"` // records with metadata to look at
	Strange    int64 `json:"strange,omitempty"`    // records that were not understood
	Total      int64 `json:"total,omitempty"`      // how many records there are, as the source counts them
	Pages      int64 `json:"pages,omitempty"`      // of a file with a page: of how many it is one, as it says
	More       bool  `json:"more,omitempty"`       // of a file with a page: it names a page that follows
	Next       int64 `json:"next,omitempty"`       // a hash of how it names that page; 0: it does not
	Held       int64 `json:"held,omitempty"`       // of a file with a page: a hash of its records, in any order
	NoPage     bool  `json:"no_page,omitempty"`    // of a file: its records are no page's, whatever its name is
	Repeated   int64 `json:"repeated,omitempty"`   // of pages: records that had come before
	Foreign    int64 `json:"foreign,omitempty"`    // of a question about a conversation: messages of another
	Failing    int64 `json:"failing,omitempty"`    // of a question: since when it has had no answer, in Unix milliseconds
}

// Position is where reading goes on.
type Position struct {
	Cursor string // of the next page
	// Verify is set while the end of a chain of pages is verified.
	Verify *Verification

	Offset int64  // how much of a file's text has been read: decompressed bytes
	Taken  int64  // how much of the file that took
	Lines  int64  // of the text read
	Hash   []byte // SHA-256 so far, to go on with; empty where reading begins anew
}

// Verification asks once more for what should lie after the end of a chain.
type Verification struct {
	Interval Interval
	// Completes is set when everything that may be missing lies in the interval, so that
	// reading it completes the unit. Otherwise it is a sample: anything new in it says
	// that the unit must be read again in smaller pieces.
	Completes bool
}

// FileInfo identifies a file.
type FileInfo struct {
	Name     string // in the dump's folder
	Size     int64  // in bytes, as the file lies there
	Modified time.Time
	Inode    uint64
}

// SameAs reports whether both are the same file in the same state.
func (f FileInfo) SameAs(g FileInfo) bool {
	return f.Name == g.Name && f.Size == g.Size && f.Inode == g.Inode && f.Modified.Equal(g.Modified)
}

// QueryKind is what a MessageQuery's ID names.
type QueryKind string

const (
	// ByConversation asks for all messages of a conversation.
	ByConversation QueryKind = "conversation"
	// ByUtterance asks to which conversation something that was said belongs.
	ByUtterance QueryKind = "utterance"
)

// MessageQuery asks for messages, by the id of what they belong to.
type MessageQuery struct {
	Kind     QueryKind
	ID       string
	Interval Interval
}

// Asks reports whether it asks for anything.
func (q MessageQuery) Asks() bool { return q.ID != "" }

// Open reports whether there is still something to read of the unit.
func (u Unit) Open() bool { return u.State == UnitWaiting || u.State == UnitReading }

// Width is how long the unit's interval is.
func (u Unit) Width() time.Duration {
	return time.Duration(u.Interval.End-u.Interval.Start) * time.Second
}

// For reports whether the unit is read for the search.
func (u Unit) For(s SourceSearch) bool {
	return u.Source == s.Source && slices.Contains(u.Requests, s.RequestID)
}

// Covers reports whether the unit reads a part of the search's timeline.
func (u Unit) Covers(s SourceSearch) bool {
	return u.Kind == Pages && u.Endpoint == Conversations && !u.Probe && u.For(s)
}

// IntervalsFor lists what has been or will be read of the timeline for a search.
func IntervalsFor(s SourceSearch, units []Unit) (out []Interval) {
	for _, u := range units {
		if u.Covers(s) {
			out = append(out, u.Interval)
		}
	}
	return out
}

// LongestFor is the longest activity of a conversation that was read for a search.
func LongestFor(s SourceSearch, units []Unit) (longest time.Duration) {
	for _, u := range units {
		if u.Covers(s) {
			longest = max(longest, u.Longest)
		}
	}
	return longest
}

// MaxFaults is how many faults of one unit are named one by one.
const MaxFaults = 20

// AddFault notes what is wrong with a record, or with what the unit says of itself, in
// words that say where it is. What could not be read, and what was not understood, is
// counted, and the first of each is named; one without words is only counted.
func (u *Unit) AddFault(why Reason) {
	switch why.Code {
	case ReasonUnreadable:
		if u.Unread++; u.Unread > MaxFaults {
			return
		}
	case ReasonNotUnderstood:
		if u.Shown.Strange++; u.Shown.Strange > MaxFaults {
			return
		}
	}
	if why.Detail != "" && !slices.Contains(u.Faults, why) {
		u.Faults = append(slices.Clip(u.Faults), why)
	}
}

// Reasons are the unit's faults with one more for those of a kind that are not named.
func (u Unit) Reasons() []Reason {
	why := slices.Clip(u.Faults)
	for _, many := range []struct {
		n          int64
		code, what string
	}{{u.Unread, ReasonUnreadable, "records cannot be read"}, {u.Shown.Strange, ReasonNotUnderstood, "records were not understood"}} {
		if many.n > MaxFaults {
			why = append(why, Reason{Code: many.code, Detail: fmt.Sprintf("%s: %d %s in all; the first %d are named", u.Name(), many.n, many.what, MaxFaults)})
		}
	}
	return why
}

// Name says in words what the unit is, without what its query asks for.
func (u Unit) Name() string {
	switch {
	case u.Kind == File:
		return u.File.Name
	case u.Query.Kind != "":
		return "messages of a conversation"
	}
	return fmt.Sprintf("%s from %s to %s", u.Endpoint, clock(u.Interval.Start), clock(u.Interval.End))
}

func clock(s int64) string { return time.Unix(s, 0).UTC().Format(time.RFC3339) }
