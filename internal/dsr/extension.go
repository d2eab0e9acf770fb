package dsr

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Extension moves the deadline of Art. 12(3) GDPR, once, by one or two months. Its
// reason is what the data subject is told.
type Extension struct {
	Months int
	Reason string
}

// MaxReasonRunes bounds the reasons that people give: of an extension, of a hold.
const MaxReasonRunes = 4000

// Validate returns an *Error of kind Invalid that names the field.
func (e Extension) Validate() error {
	if e.Months != 1 && e.Months != 2 {
		return FieldErrorf("months", "must be 1 or 2: Art. 12(3) GDPR allows two further months")
	}
	return CheckReason(e.Reason)
}

// CheckReason returns an *Error of kind Invalid about the field reason.
func CheckReason(reason string) error {
	switch {
	case strings.TrimSpace(reason) == "":
		return FieldErrorf("reason", "is empty or white space; say why")
	case utf8.RuneCountInString(reason) > MaxReasonRunes:
		return TooLong("reason", MaxReasonRunes, "characters")
	}
	return nil
}

// MayExtend returns nil when the deadline of r may be extended at now: once, inside
// the first month, while the clock runs. loc is where due dates end.
func (r Request) MayExtend(now time.Time, loc *time.Location) error {
	switch {
	case r.Status == Cancelled:
		return Errorf(Conflict, "wrong_status", "a request that is cancelled has no deadline")
	case !r.AnsweredAt.IsZero():
		return Errorf(Conflict, "already_answered", "the request has been answered; its clock has stopped")
	case r.Extended:
		return Errorf(Conflict, "already_extended", "the deadline has been extended before; Art. 12(3) GDPR allows that once")
	case now.After(DueAt(r.ReceivedAt, loc)):
		return Errorf(Conflict, "too_late", "the deadline can be extended inside the first month only, and that is over")
	}
	return nil
}
