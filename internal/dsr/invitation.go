package dsr

import "time"

// InvitationLife is how long the link of an invitation can be used.
const InvitationLife = 24 * time.Hour

// ResetSettles is how long after a reset whoever made the link decides about nothing that
// was submitted since from that account: whose password no longer works has noticed by then.
const ResetSettles = 7 * 24 * time.Hour

// Invitation lets its holder choose the name and the password of an account, once.
type Invitation struct {
	ID        string
	Person    Person
	Reset     bool // the person had a password of their own before
	ExpiresAt time.Time
}

// Colleague is somebody as the list of people shows them.
type Colleague struct {
	Person
	SignedInAt   time.Time // zero: never
	InvitedUntil time.Time // zero: they have chosen a password
}

// SecondFactor is that of somebody's sign-in.
type SecondFactor struct {
	Since     time.Time // zero: there is none
	CodesLeft int       // recovery codes
}
