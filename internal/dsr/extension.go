package dsr

import (
	"strings"
	"unicode/utf8"
)

// Extension moves the deadline, as far as the regime allows. Its reason is what the data
// subject is told.
type Extension struct {
	Months int // 0: as much as there is, where the regime counts days
	Reason string
}

// MaxReasonRunes bounds the reasons that people give: of an extension, of a hold.
const MaxReasonRunes = 4000

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

// ExtendedBy is by how much in all the deadline of r is extended after e, in the regime's
// unit: until the first deadline, in one or more steps, while nobody has answered. first is
// the deadline as it would be without an extension.
func (r Request) ExtendedBy(e Extension, first, today Day) (int, error) {
	regime, _ := RegimeOf(r.Regime)
	more, err := e.adds(regime)
	if err != nil {
		return 0, err
	}
	if err := CheckReason(e.Reason); err != nil {
		return 0, err
	}
	most := max(regime.MoreMonths, regime.MoreDays)
	switch {
	case r.Status == Cancelled:
		return 0, Errorf(Conflict, "wrong_status", "a request that is cancelled has no deadline")
	case !r.AnsweredAt.IsZero():
		return 0, Errorf(Conflict, "already_answered", "the request has been answered; its clock has stopped")
	case r.ExtendedSoFar+more > most:
		return 0, Errorf(Conflict, "already_extended", "the deadline has been extended by %d %s before; %s allows %d in all",
			r.ExtendedSoFar, regime.unit(r.ExtendedSoFar), regime.Law, most)
	case today > first:
		return 0, Errorf(Conflict, "too_late", "the deadline can be extended until the first one only, and that is over")
	}
	return r.ExtendedSoFar + more, nil
}

// adds is how much an extension adds, in the regime's unit.
func (e Extension) adds(regime Regime) (int, error) {
	switch {
	case regime.MoreMonths == 0 && regime.MoreDays == 0:
		return 0, Errorf(Conflict, "no_extension", "the regime %s has no extension", regime.Name)
	case regime.MoreMonths == 0 && e.Months != 0:
		return 0, FieldErrorf("months", "leave it out: the regime %s extends by %d days", regime.Name, regime.MoreDays)
	case regime.MoreMonths == 0:
		return regime.MoreDays, nil
	case e.Months != 1 && e.Months != 2:
		return 0, FieldErrorf("months", "must be 1 or 2: %s allows two further months", regime.Law)
	}
	return e.Months, nil
}
