package dsr

import (
	"regexp"
	"time"
)

// Token is an API token as it is listed; its secret is kept by nobody.
type Token struct {
	Name      string
	Role      Role
	Bootstrap bool // from the configuration
	CreatedAt time.Time
	CreatedBy string    // principal; empty where that is not known, and of the configuration's
	UsedAt    time.Time // last, to the hour; zero: not known
}

// tokenName is what a new token may be called: it stands in addresses and in the log.
var tokenName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// CheckToken returns an *Error of kind Invalid that names the field when no token may
// be made with this name and role.
func CheckToken(name string, role Role) error {
	switch {
	case !tokenName.MatchString(name):
		return FieldErrorf("name", "must be 1 to 64 letters, digits or . _ -, beginning with a letter or digit")
	case len(rights[role]) == 0:
		return FieldErrorf("role", "is not one of requester, approver, auditor, admin")
	}
	return nil
}
