package dsr

import (
	"maps"
	"time"
)

// SearchPlan opens the search of one source for one request.
type SearchPlan struct {
	RequestID string
	Source    string
	Type      string // of the source; empty when it is not configured
	Declared  *Declared
	Interval  Interval // of the timeline to read, margin included; Nothing without one
	Margin    time.Duration
	PageSize  int
	Units     []Unit // what else is to be read: files of conversations
	Bytes     int64  // of all files of the source, for the progress
	// ShortCut are messages to ask for first, because their times say where their
	// conversations lie: a request for conversation ids only.
	ShortCut  []MessageQuery
	Asks      []MessageQuery // what can be asked for without a search
	Refused   []Reason       // what there is and cannot be read: the search ends incomplete
	LeftAlone FilesLeft      // files that hold no records by their names
	Ended     bool           // there is nothing to read
	Reasons   []Reason       // of an ended search; empty exactly when it is complete
}

// FilesLeft are files that were not looked at: some by name, and how many more.
type FilesLeft struct {
	Names []string `json:"names,omitempty"`
	More  int      `json:"more,omitempty"`
}

// Stage is what the search of a source is at.
type Stage string

const (
	// StageUnplanned: the units of the search are not known yet.
	StageUnplanned Stage = "unplanned"
	// StageConversations: conversations are being searched; what belongs to those that
	// were found is asked for as they are found, where that can be asked for.
	StageConversations Stage = "conversations"
	// StageMessages: the messages of what was found are searched in units of their own.
	StageMessages Stage = "messages"
)

// SourceSearch is how far the search of one source has come for one request.
type SourceSearch struct {
	RequestID  string
	Source     string
	Type       string // of the source when it was searched; empty when that is not known
	Declared   *Declared
	Ended      bool
	Stage      Stage
	Want       Interval // of the timeline to read, margin included
	Margin     time.Duration
	Bytes      int64    // of all files of the source
	Refused    []Reason // what there is and cannot be read
	LeftAlone  FilesLeft
	Complete   bool     // meaningful once ended
	Reasons    []Reason // empty exactly when complete
	Tally      Tally
	Scanning   bool      // units of conversations are waiting or being read
	Collecting bool      // units of messages are waiting or being read
	ShortCut   *ShortCut // nil unless the request asks for conversation ids only
	Run        int64     // of the request
	OpenedAt   time.Time
	DueAt      time.Time // of the request
	Window     Window    // of the request
	AsOf       time.Time // of the request
}

// Arrived reports whether every conversation asked for by id has been seen: ids are
// unique within a source, so nothing else can belong to the request.
func (s SourceSearch) Arrived() bool { return s.ShortCut != nil && s.ShortCut.Missing == 0 }

// ShortCut is how far the short cut of a request for conversation ids has come.
type ShortCut struct {
	Missing int    // ids whose conversation has not been seen
	Traces  []Span // of each missing id that has messages: their first and last time
}

// SourceState is what is known of a source as a whole.
type SourceState struct {
	LastGood     time.Time // when it last gave a page
	SnoozedUntil time.Time
	Snoozes      int // in a row, without a good page between
}

// OpenWork is all a lane needs to decide what to do next.
type OpenWork struct {
	Searches []SourceSearch // open, of running requests
	Units    []Unit
	States   map[string]SourceState
	// Unplanned says of each source when the earliest request was submitted that asks for it
	// and has not been planned.
	Unplanned map[string]time.Time
}

// Commit is what one batch changes; it is stored whole or not at all.
type Commit struct {
	Unit  Unit // as it is after the batch; its Tally is what the batch adds
	Finds []Find
	Near  []NearFind
	// Untold counts, by request, near misses beyond those that are kept.
	Untold map[string]int64
	Own    map[string]Tally // by request: what nobody sees with whom it shares the unit
	Seen   []SeenConversation
	Moves  []Move
	Lacks  []Lacking
	Links  Links
	// PageSize is of the units of messages that finds lead to.
	PageSize int
}

// Find is one record that belongs to one request.
type Find struct {
	RequestID string
	Record    Record

	// What goes with the record when it is kept for the first time.
	Group *Record        // a derived conversation that holds it
	Next  []MessageQuery // to be read
	Weak  bool           // it matched only where many people may match
}

// NearFind is a conversation that does not belong to a request, but holds something like
// what it asks for at some places.
type NearFind struct {
	RequestID, ConversationID string
	Places                    []NearHit
}

// Move puts a message that has been kept into another conversation, because that is
// where it turned out to belong. A derived conversation that it leaves empty is gone.
type Move struct{ RequestID, MessageID, ConversationID string }

// Lacking says of a conversation that is kept what is known to be missing of it.
type Lacking struct {
	RequestID, ConversationID string
	Codes                     []string // of reasons
	// Taken is how many messages there are of those that the conversation counts; nil: that is
	// not compared.
	Taken *int64
}

// MaxLacking is how many such conversations of a source are named. The reason counts all.
const MaxLacking = 100

// LackCodes are the codes of what may be missing of a conversation.
var LackCodes = []string{ReasonPartial, ReasonFewer, ReasonNotUnderstood}

// SeenConversation is a conversation that a request asks for by id, inside its window or not.
type SeenConversation struct{ RequestID, ConversationID string }

// Tally counts what a search did, by name. Its zero value is empty.
type Tally struct {
	Calls     map[string]int64 `json:"calls,omitempty"`     // per endpoint
	Retries   map[string]int64 `json:"retries,omitempty"`   // per cause
	Anomalies map[string]int64 `json:"anomalies,omitempty"` // per rule
	Marks     map[string]int64 `json:"marks,omitempty"`     // what reasons and warnings follow from
}

// Marks of a search.
const (
	MarkWithoutID = "record_without_id"  // conversations that were kept and have no id
	MarkFewer     = "fewer_than_counted" // conversations that count more messages than were found
	// MarkHolders: conversations were read for the messages in them; MarkHolds: in some, messages
	// can stand where the declaration says.
	MarkHolders = "conversations were read for their messages"
	MarkHolds   = "places of messages"
)

// Count adds n under name to *m, which may be nil.
func Count(m *map[string]int64, name string, n int64) {
	if n == 0 {
		return
	}
	if *m == nil {
		*m = map[string]int64{}
	}
	(*m)[name] += n
}

// Add adds the counts of u.
func (t *Tally) Add(u Tally) {
	for _, pair := range []struct {
		to   *map[string]int64
		from map[string]int64
	}{{&t.Calls, u.Calls}, {&t.Retries, u.Retries}, {&t.Anomalies, u.Anomalies}, {&t.Marks, u.Marks}} {
		for name, n := range maps.All(pair.from) {
			Count(pair.to, name, n)
		}
	}
}

// FinishedRun is what Package hands to the store.
type FinishedRun struct {
	RequestID string
	Complete  bool
	Problem   *Problem // nil when complete
	Warnings  []Warning
	Found     Result // nothing of a screening, which the store counts; Archive's downloads and expiry are the store's
	FileName  string // in the vault
	Identity  string // opens it
	// WithheldChanges is Request.WithheldChanges as it was for the archive.
	WithheldChanges int64
}

// ReadRate is how many conversations of a source have been read over how much of its
// timeline; it tells what another search will cost.
type ReadRate struct{ Records, Seconds int64 }

// Estimate is what a search would cost if it were alone, by the limiter's arithmetic.
type Estimate struct {
	Calls         int64
	Took          time.Duration
	MeetsDeadline bool
}

// Staff is what those who work on a request may see beside its coverage; nothing of
// it is in the archive.
type Staff struct {
	Warnings []StaffWarning `json:"warnings"`
	Shared   []Sharing      `json:"shared"`
	NearMisses
}

// StaffWarning is one that staff are told, and nobody else.
type StaffWarning struct {
	Reason
	Said Saying `json:"-"` // to be said in another language; empty: in the words of the code
}

// Warned is a warning that can be said in other languages.
func Warned(code string, said FindingText, args ...any) StaffWarning {
	s := Saying{Text: said, Args: args}
	return StaffWarning{Reason{Code: code, Detail: s.String()}, s}
}

// NearMisses are the conversations that do not belong to a request, but hold something
// like what it asks for: under another key, or within a text. Of each source at most
// MaxNearMisses are told; Untold counts those beyond, again if they were read again.
type NearMisses struct {
	Near   []NearMiss `json:"near_misses"`
	Untold int64      `json:"near_misses_untold"`
}

// Count is how many there are.
func (n NearMisses) Count() int64 { return int64(len(n.Near)) + n.Untold }

// NearMiss is one such conversation, with where in it the hits are.
type NearMiss struct {
	Source         string    `json:"source"`
	ConversationID string    `json:"conversation_id"`
	Paths          []string  `json:"paths"` // those of Places
	Places         []NearHit `json:"places"`
}

// NearHit is a place that is like what was asked for: in what way (match.NearKind), and
// the text around the hit.
type NearHit struct {
	Path string `json:"path"`
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// MaxNearMisses is how many near misses of one source are kept for a request: more than
// anybody looks at.
const MaxNearMisses = 1000

// Sharing says how many other requests were served by the same reading of a source.
type Sharing struct {
	Source   string `json:"source"`
	Requests int    `json:"requests"`
}

// ManyMatches is how many conversations one person is taken to have at most, unless it
// is set otherwise.
const ManyMatches = 200
