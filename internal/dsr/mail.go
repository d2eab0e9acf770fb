package dsr

import (
	"net/mail"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// MailEvent is something that mail tells staff.
type MailEvent string

const (
	MailAssigned MailEvent = "assigned" // a request was assigned to the reader by somebody else
	MailReview   MailEvent = "review"   // somebody has to decide
	MailDueSoon  MailEvent = "due_soon" // the deadline is less than DueSoon away
	MailOverdue  MailEvent = "overdue"
)

// MailEvents are all of them.
var MailEvents = []MailEvent{MailAssigned, MailReview, MailDueSoon, MailOverdue}

// MailMode is how somebody wants their mail.
type MailMode string

const (
	MailOff    MailMode = "off"
	MailEach   MailMode = "each"   // every notice by itself, at once
	MailDigest MailMode = "digest" // those of a day together, in the morning of a working day
)

// MailModes are all of them.
var MailModes = []MailMode{MailOff, MailEach, MailDigest}

// Mailbox is where somebody of the staff gets mail.
type Mailbox struct {
	Address  string // empty with MailOff
	Mode     MailMode
	Language string
}

// NewMailbox returns a mailbox, or what is wrong with the fields "address", "mode" and
// "language". With MailOff the other two say nothing.
func NewMailbox(address string, mode MailMode, language string) (Mailbox, Faults) {
	if mode == MailOff {
		return Mailbox{Mode: MailOff}, nil
	}
	var f Faults
	if !slices.Contains(MailModes, mode) {
		f.Add("mode", FaultUnknownMode, "off, each, digest")
	}
	if !slices.Contains(Languages, language) {
		f.Add("language", FaultUnknownLanguage, strings.Join(Languages, ", "))
	}
	address, ok := MailAddress(address)
	if !ok {
		f.Add("address", FaultMailAddress)
	}
	return Mailbox{Address: address, Mode: mode, Language: language}, f
}

// maxMailAddress is the longest that SMTP can take (RFC 5321, 4.5.3.1.3).
const maxMailAddress = 254

// MailAddress returns the bare address that a text is, in ASCII, as it may stand in a header.
func MailAddress(text string) (address string, ok bool) {
	local, domain, _ := strings.Cut(strings.TrimSpace(text), "@")
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || ascii == "" {
		return "", false
	}
	address = local + "@" + ascii
	odd := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"(),:;<>[\]`, r) }
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || len(address) > maxMailAddress || strings.ContainsFunc(address, odd) {
		return "", false
	}
	return address, true
}

// Morning is when the next digest goes out: at seven on a working day.
func (d Deadlines) Morning(now time.Time) time.Time {
	d = d.Filled()
	day := d.Day(now)
	if !day.atSeven(d.Location).After(now) {
		day = day.Add(1)
	}
	return day.next(1, d.Working).atSeven(d.Location)
}

func (d Day) atSeven(loc *time.Location) time.Time {
	y, m, day := d.time().Date()
	return time.Date(y, m, day, 7, 0, 0, 0, loc).UTC()
}

// Notice is what somebody is to be told about a request.
type Notice struct {
	Number   int64
	Request  string
	Event    MailEvent
	Attempts int
	Since    time.Time // when it was to be sent first
}

// OutgoingMail is a message to one of the staff: notices that go out together.
type OutgoingMail struct {
	Mailbox

	Notices []Notice  // at least one, the earliest first
	NextAt  time.Time // when it is sent, or tried again
}

// MaxNotices are in one message; more go into the next.
const MaxNotices = 100

// Why a try to send mail failed.
const (
	MailNoAnswer    = "no_answer"   // no connection, or it broke
	MailCertificate = "certificate" // which could not be verified
	MailUnsafe      = "unsafe"      // the server offers no TLS, or no way to sign in over it
	MailSignIn      = "sign_in"     // the server does not let the service in
	MailDeferred    = "deferred"    // the server says: later
	MailRefused     = "refused"     // the server will never take it
	MailSetting     = "setting"     // mail is switched off, or the address is none
)

// MailFailures are all of them.
var MailFailures = []string{MailNoAnswer, MailCertificate, MailUnsafe, MailSignIn, MailDeferred, MailRefused, MailSetting}

// MailFailure is a notice that was given up.
type MailFailure struct {
	Notice

	Login   string // whose it was
	Failure string
	EndedAt time.Time
}

// MailReport is how the mail to staff stands.
type MailReport struct {
	Notices map[DeliveryState]int64 // those that have ended for 30 days
	Dead    []MailFailure           // the newest first, at most MaxMailFailures
}

// MaxMailFailures are in a MailReport.
const MaxMailFailures = 20
