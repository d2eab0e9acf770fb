package dsr

import "time"

// StaffIdentity is who an identity provider says that somebody is. Issuer and subject tell
// people apart; the rest may change, or be somebody else's tomorrow.
type StaffIdentity struct {
	Issuer, Subject string
	Login, Name     string // what the provider calls them; may be empty
	Role            Role   // what the configuration makes of their groups; empty: none
	// AuthenticatedAt is when they showed the provider who they are; zero: it did not say.
	AuthenticatedAt time.Time
}
