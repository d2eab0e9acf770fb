package audit

import (
	"fmt"
	"slices"
	"strings"
)

// Facts are how a row stood after an event: the values that its event repeats under the
// names of its subject, in that order. A time is in Unix milliseconds, a digest in hex,
// what is not there "".
type Facts []string

// Noun is what a row is about.
type Noun string

// The rows that the log speaks of.
const (
	RequestRow Noun = "request"
	PersonRow  Noun = "person"
	TokenRow   Noun = "token"
	LinkRow    Noun = "link"
	ReceiptRow Noun = "receipt"

	InvitationRow Noun = "invitation"
	FactorRow     Noun = "factor"
	IdentityRow   Noun = "identity"
)

// FactNames are the facts of each row. question and reference, and what opens a door, are
// digests that nobody can confirm a guess with.
var FactNames = map[Noun][]string{
	RequestRow: {"status", "question", "reference", "received_at", "due_at", "answered_at", "outcome", "held_at", "created_by", "complete", "archive_sha256", "prior_sha256"},
	PersonRow:  {"role", "disabled", "password"},
	TokenRow:   {"role", "secret", "scopes", "expires_at", "former_secret", "former_until"},
	LinkRow:    {"secret"},
	ReceiptRow: {"receipt"},

	InvitationRow: {"secret"},
	FactorRow:     {"secret"},
	IdentityRow:   {"subject"},
}

// laterFacts are those that older events do not repeat, because the row had nothing of the
// kind.
var laterFacts = map[Noun][]string{
	TokenRow: {"scopes", "expires_at", "former_secret", "former_until"},
}

// Subject is one row.
type Subject struct {
	Noun Noun
	ID   string
}

func (s Subject) String() string { return string(s.Noun) + " " + s.ID }

// SubjectOf returns the row that an event changes, if there is one.
func SubjectOf(e Event) (s Subject, changes bool) {
	switch noun, _, _ := strings.Cut(string(e.Kind), "."); {
	case noun == "request" && e.Kind != RequestViewed:
		return Subject{RequestRow, e.Request}, true
	case noun == "user" && e.Data["person"] != "":
		return Subject{PersonRow, e.Data["person"]}, true
	case noun == "token" && e.Data["token"] != "":
		return Subject{TokenRow, e.Data["token"]}, true
	case e.Kind == LinkCreated:
		return Subject{LinkRow, e.Data["link"]}, true
	case e.Kind == InvitationCreated:
		return Subject{InvitationRow, e.Data["invitation"]}, true
	case noun == "identity":
		return Subject{IdentityRow, e.Data["person"]}, true
	case noun == "factor":
		return Subject{FactorRow, e.Data["factor"]}, true
	}
	return s, false
}

// mayChange are the facts of a row that an event may leave other than it found them. An
// event that is not listed may change all: a newer program knows what it does.
var mayChange = map[Kind][]string{
	RequestPlanned: {"status"}, RequestFailed: {"status"}, RequestCancelled: {"status"}, RequestRejected: {"status"},
	RequestReady: {"status", "complete", "archive_sha256", "prior_sha256"}, RequestInReview: {"status", "complete", "archive_sha256"},
	RequestRetried:  {"status", "complete", "archive_sha256", "prior_sha256"},
	RequestRevised:  {"status", "question", "reference", "complete", "archive_sha256", "prior_sha256"},
	RequestAmended:  {"reference", "received_at", "due_at"},
	RequestApproved: {"status", "prior_sha256"}, RequestExpired: {"status", "archive_sha256", "prior_sha256"},
	RequestWithheld: {"status", "prior_sha256"}, RequestDisclosed: {"status", "prior_sha256"},
	RepackagingAsked: {}, RepackagingFailed: {}, RequestRepackaged: {"status", "complete", "archive_sha256"},
	RequestExtended: {"due_at"}, RequestPaused: {"due_at"}, RequestResumed: {"due_at"}, RequestAnswered: {"answered_at", "outcome"}, RequestReopened: {"answered_at", "outcome"}, RequestHeld: {"held_at"}, RequestReleased: {"held_at"},
	RequestPurged:  {"status", "question", "reference", "complete", "archive_sha256", "prior_sha256"},
	TokenRotated:   {"secret", "expires_at", "former_secret", "former_until"},
	PersonDisabled: {"disabled"}, PersonEnabled: {"disabled"}, PasswordSet: {"password"}, PersonReset: {"password"}, RoleChanged: {"role"},
}

// foundIn are the statuses in which an event may find a request, where it changes them.
var foundIn = map[Kind][]string{
	RequestPlanned: {"queued"}, RequestReady: {"running"}, RequestInReview: {"running"}, RequestFailed: {"queued", "running"},
	RequestCancelled: {"queued", "running"}, RequestRetried: {"review", "ready", "failed"},
	RequestRevised:   {"review", "ready", "failed", "rejected", "expired", "cancelled"},
	RepackagingAsked: {"review", "ready", "expired"}, RepackagingFailed: {"review", "ready", "expired"}, RequestRepackaged: {"review", "ready", "expired"},
	RequestWithheld: {"review", "ready"}, RequestDisclosed: {"review", "ready"},
	RequestApproved: {"review"}, RequestRejected: {"review"},
}

// Ledger is how every row has to stand by the events so far.
type Ledger struct {
	rows     map[Subject]Facts // nil: the row is known, and not how it stands
	noted    bool              // rows from before the log spoke of them were put on record
	noting   bool              // that is going on
	Problems []string          // what no event accounts for
}

// Add takes the events in their order.
func (l *Ledger) Add(e Event) {
	if l.rows == nil {
		l.rows = map[Subject]Facts{}
	}
	note := e.Kind == RowsNoted || e.Kind == RequestNoted || e.Kind == PersonNoted || e.Kind == TokenNoted
	l.checkNoting(e, note)
	s, changes := SubjectOf(e)
	if !changes {
		return
	}
	before, known := l.rows[s]
	switch now := factsOf(s.Noun, e); {
	case e.Kind == TokenRevoked || e.Kind == FactorRemoved:
		delete(l.rows, s)
	case now == nil && !known:
		l.rows[s] = nil
	case now != nil:
		l.compare(s, e.Kind, before, now)
		l.rows[s] = now
	}
	if digest := e.Data["receipt"]; e.Kind == RequestPurged && digest != "" {
		l.rows[Subject{ReceiptRow, e.Request}] = Facts{digest}
	}
}

// checkNoting: rows that the log did not speak of are put on record once, together.
func (l *Ledger) checkNoting(e Event, note bool) {
	switch {
	case e.Kind == RowsNoted && l.noted:
		l.problem("existing rows were recorded a second time, at %s; that happens only once, after an upgrade", e.At.Format(timeForm))
	case note && e.Kind != RowsNoted && !l.noting:
		s, _ := SubjectOf(e)
		l.problem("%s: it was recorded as an existing row at %s, although there was no upgrade", s, e.At.Format(timeForm))
	}
	l.noting = note
	l.noted = l.noted || note
}

// factsOf returns the facts that an event repeats; nil when it is of a program that did not.
func factsOf(noun Noun, e Event) Facts {
	names := FactNames[noun]
	now := make(Facts, len(names))
	for i, name := range names {
		value, there := e.Data[name]
		if !there && !slices.Contains(laterFacts[noun], name) {
			return nil
		}
		now[i] = value
	}
	return now
}

// compare finds what has changed since the last event without one that says so.
func (l *Ledger) compare(s Subject, kind Kind, before, now Facts) {
	if before == nil {
		return
	}
	may, listed := mayChange[kind]
	for i, name := range FactNames[s.Noun] {
		if before[i] != now[i] && listed && !slices.Contains(may, name) {
			l.problem("%s: %s was changed from %s to %s before the event %s, and no event accounts for that", s, name, Value(name, before[i]), Value(name, now[i]), kind)
		}
	}
	if from, listed := foundIn[kind]; listed && s.Noun == RequestRow && !slices.Contains(from, before[0]) {
		l.problem("%s: the event %s is not possible from the status %s, which the audit log has before it", s, kind, before[0])
	}
}

// Knows reports whether an event has said how the row stands.
func (l *Ledger) Knows(s Subject) bool { return l.rows[s] != nil }

func (l *Ledger) problem(format string, args ...any) {
	l.Problems = append(l.Problems, fmt.Sprintf(format, args...))
}

// Row compares a row that there is with what the log says of it.
func (l *Ledger) Row(s Subject, now Facts) {
	want, known := l.rows[s]
	if !known {
		l.problem("%s: it is in the database, but no event in the audit log created it", s)
		return
	}
	delete(l.rows, s)
	if want == nil {
		return
	}
	for i, name := range FactNames[s.Noun] {
		if want[i] != now[i] {
			l.problem("%s: %s is %s in the database and %s in the audit log", s, name, Value(name, now[i]), Value(name, want[i]))
		}
	}
}

// Close is called when every row has been compared: what is left has gone. Links and
// invitations may go.
func (l *Ledger) Close() {
	var gone []string
	for s := range l.rows {
		if s.Noun != LinkRow && s.Noun != InvitationRow {
			gone = append(gone, s.String())
		}
	}
	slices.Sort(gone)
	for _, s := range gone {
		l.problem("%s: it is in the audit log, but missing from the database", s)
	}
}
