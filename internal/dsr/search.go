package dsr

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Endpoint is one of the calls of a vendor's export; each has a rate limit of its own.
type Endpoint string

const (
	Conversations Endpoint = "conversations"
	Messages      Endpoint = "messages"
)

// Reach is a closed stretch of a source's timeline in Unix seconds, as vendors are asked for it.
type Reach struct{ Start, End int64 }

// Contains reports whether b lies within r.
func (r Reach) Contains(b Reach) bool { return r.Start <= b.Start && b.End <= r.End }

// Without returns the stretches of r that no reach in have covers, in order.
// Stretches are closed: neighbours share their edge, because it is not documented
// whether a vendor's ends are inclusive.
func (r Reach) Without(have []Reach) (gaps []Reach) {
	sorted := slices.SortedFunc(slices.Values(have), func(a, b Reach) int { return cmp.Compare(a.Start, b.Start) })
	if slices.ContainsFunc(sorted, func(h Reach) bool { return h.Contains(r) }) {
		return nil
	}
	at := r.Start
	for _, h := range sorted {
		if h.Start > r.End {
			break
		}
		if h.Start > at {
			gaps = append(gaps, Reach{Start: at, End: h.Start})
		}
		at = max(at, h.End)
	}
	if at < r.End || r.Start == r.End {
		gaps = append(gaps, Reach{Start: min(at, r.End), End: r.End})
	}
	return gaps
}

// Part is the search of one source for one request.
type Part struct {
	RequestID  string
	Source     string
	Ended      bool
	Want       Reach // what to read, margin included
	Margin     time.Duration
	Complete   bool     // meaningful once ended
	Reasons    []Reason // empty exactly when complete
	Tally      Tally
	Collecting bool    // message ranges are waiting or being read
	Direct     *Direct // nil unless the request asks for conversation ids only
	Asks       []Chain // when the part is opened: what can be asked for without a search
	OpenedAt   time.Time
	DueAt      time.Time // of the request
	Window     Window    // of the request
	AsOf       time.Time // of the request
}

// Arrived reports whether every conversation asked for by id has been seen: ids are
// unique within a source, so nothing else can belong to the request.
func (p Part) Arrived() bool { return p.Direct != nil && p.Direct.Missing == 0 }

// Direct is the short cut of a request that asks for conversation ids only: messages
// can be asked for by id, and their times say where the conversation lies.
type Direct struct {
	IDs      []string // when the part is opened: the ids asked for
	Messages Reach    // when the part is opened: where to ask for their messages
	PageSize int      // when the part is opened

	Missing int    // ids whose conversation has not been seen
	Traces  []Span // of each missing id that has messages: their first and last time
}

// Chain is a stretch of messages to ask for: of a conversation, or of whatever else the
// source gives a name to.
type Chain struct {
	ConversationID string
	Reach          Reach
	PageSize       int
}

// RangeState is where a range stands.
type RangeState string

const (
	RangeWaiting RangeState = "waiting" // not begun
	RangeReading RangeState = "reading" // begun; resumes at its cursor
	RangeDone    RangeState = "done"    // read to its end
	RangeFailed  RangeState = "failed"  // cannot be read; named in the coverage
)

// Range is one chain of pages: the conversations of a stretch of a source's
// timeline, read once for every request in Requests, or the messages of one
// conversation for one request.
type Range struct {
	ID             int64 // 0: not stored yet
	Source         string
	Endpoint       Endpoint
	ConversationID string // messages only
	Reach          Reach
	State          RangeState
	Cursor         string // of the next page
	PerPage        int
	Restarts       map[string]int // cause: how often begun again
	Requests       []string

	Pages, Records int64
	First, Last    time.Time     // earliest and latest start of a conversation read
	Longest        time.Duration // longest activity of a conversation read
	Chain          []byte        // head of the digest chain
	Tally          Tally
	Reason         *Reason // of a failed range
}

// Open reports whether there is still something to read of the range.
func (g Range) Open() bool { return g.State == RangeWaiting || g.State == RangeReading }

// ReadFor reports whether g is a range of conversations that is read for the part.
func (g Range) ReadFor(p Part) bool {
	return g.Endpoint == Conversations && g.Source == p.Source && slices.Contains(g.Requests, p.RequestID)
}

// ReachesFor lists what has been or will be read of the timeline for a part.
func ReachesFor(p Part, ranges []Range) (out []Reach) {
	for _, g := range ranges {
		if g.ReadFor(p) {
			out = append(out, g.Reach)
		}
	}
	return out
}

// LongestFor is the longest activity of a conversation that was read for a part.
func LongestFor(p Part, ranges []Range) (longest time.Duration) {
	for _, g := range ranges {
		if g.ReadFor(p) {
			longest = max(longest, g.Longest)
		}
	}
	return longest
}

// SourceState is what is known of a source as a whole.
type SourceState struct {
	LastGood     time.Time // when it last gave a page
	SnoozedUntil time.Time
	Snoozes      int // in a row, without a good page between
}

// Board is all a lane needs to decide what to do next.
type Board struct {
	Parts  []Part // open parts of running requests
	Ranges []Range
	States map[string]SourceState
}

// PageRead is one page with everything that follows from it; it is committed whole.
type PageRead struct {
	RangeID  int64
	Source   string
	Endpoint Endpoint
	Cursor   string // of the next page; empty with End
	End      bool
	Records  int64
	First    time.Time
	Last     time.Time
	Longest  time.Duration
	BodySum  [32]byte
	Tally    Tally
	Finds    []Find
	Near     []NearFind
	Seen     []Sighting
	Moves    []Move
	PageSize int // for the message ranges that finds open
}

// Find is one record that belongs to one request.
type Find struct {
	RequestID string
	Record    Record
	// Messages is, for a conversation, where all its messages lie; zero when they are
	// not asked for because of it.
	Messages Reach

	// What goes with the record when it is kept for the first time.
	Group *Record // a derived conversation that holds it
	Next  []Chain // to be read
	Weak  bool    // it matched only where many people may match
}

// NearFind is a conversation that does not belong to a request, but holds what it asks
// for elsewhere: in its metadata at Paths.
type NearFind struct {
	RequestID, ConversationID string
	Paths                     []string
}

// Move puts a message that has been kept into another conversation, because that is
// where it turned out to belong. A derived conversation that it leaves empty is gone.
type Move struct{ RequestID, MessageID, ConversationID string }

// Sighting is a conversation that a request asks for by id, inside its window or not.
type Sighting struct{ RequestID, ConversationID string }

// Tally counts what a search did, by name. Its zero value is empty.
type Tally struct {
	Calls     map[string]int64 `json:"calls,omitempty"`     // per endpoint
	Retries   map[string]int64 `json:"retries,omitempty"`   // per cause
	Anomalies map[string]int64 `json:"anomalies,omitempty"` // per rule
}

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
	}{{&t.Calls, u.Calls}, {&t.Retries, u.Retries}, {&t.Anomalies, u.Anomalies}} {
		for name, n := range maps.All(pair.from) {
			Count(pair.to, name, n)
		}
	}
}

// Outcome is a finished run: what Package hands to the store.
type Outcome struct {
	RequestID string
	Complete  bool
	Problem   *Problem // nil when complete
	Warnings  []Warning
	Found     Result // Archive's downloads and expiry are the store's
	FileName  string // in the vault
	Identity  string // opens it
}

// Density is how many conversations of a source have been read over how much of its
// timeline; it tells what another search will cost.
type Density struct{ Records, Seconds int64 }

// Estimate is what a search would cost if it were alone, by the limiter's arithmetic.
type Estimate struct {
	Calls         int64
	Took          time.Duration
	MeetsDeadline bool
}

// Staff is what those who work on a request may see beside its coverage; nothing of
// it is in the archive.
type Staff struct {
	Warnings []Reason  `json:"warnings"`
	Shared   []Sharing `json:"shared"`
	NearMisses
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

// NearMiss is one such conversation, with where in its metadata it was. What stands there
// is not kept.
type NearMiss struct {
	Source         string   `json:"source"`
	ConversationID string   `json:"conversation_id"`
	Paths          []string `json:"paths"`
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
