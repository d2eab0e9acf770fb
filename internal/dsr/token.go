package dsr

import (
	"regexp"
	"time"
)

// Token is an API token as it is listed; its secret is kept by nobody.
type Token struct {
	Name      string
	Role      Role
	Scopes    []Scope // none: whatever the role allows
	Bootstrap bool    // from the configuration
	CreatedAt time.Time
	CreatedBy string    // principal; empty where that is not known, and of the configuration's
	UsedAt    time.Time // last, to the hour; zero: not known
	ExpiresAt time.Time // zero: it does not
	// FormerUntil is until when the secret before the last rotation opens as well; zero: none does.
	FormerUntil time.Time
}

// NewToken is what a token is made of. Its secret is given as SHA-256.
type NewToken struct {
	Name      string
	Role      Role
	Scopes    []Scope
	ExpiresAt time.Time // zero: it does not
	Hash      [32]byte
}

// Rotation gives a token another secret.
type Rotation struct {
	Hash    [32]byte
	Overlap time.Duration // how long the secret that it replaces still opens
	// ExpiresAt is the token's new end; zero: it stays what it was.
	ExpiresAt time.Time
}

// How long two secrets of one token may open.
const (
	DefaultOverlap = 24 * time.Hour
	MaxOverlap     = 30 * 24 * time.Hour
)

// tokenName is what a new token may be called: it stands in addresses and in the log.
var tokenName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Check returns an *Error of kind Invalid that names the field when no such token may be
// made at this time.
func (t NewToken) Check(now time.Time) error {
	switch {
	case !tokenName.MatchString(t.Name):
		return FieldErrorf("name", "must be 1 to 64 letters, digits or . _ -, beginning with a letter or digit")
	case len(rights[t.Role]) == 0:
		return FieldErrorf("role", "is not one of requester, approver, auditor, admin")
	}
	return checkExpiry(t.ExpiresAt, now)
}

// Check is NewToken.Check for what a rotation changes.
func (r Rotation) Check(now time.Time) error {
	if r.Overlap < 0 || r.Overlap > MaxOverlap {
		return FieldErrorf("overlap_hours", "must be from 0 to %d", int(MaxOverlap/time.Hour))
	}
	return checkExpiry(r.ExpiresAt, now)
}

func checkExpiry(at, now time.Time) error {
	if !at.IsZero() && !at.After(now) {
		return FieldErrorf("expires_at", "has passed already")
	}
	return nil
}

// machineID is a client of an identity provider that can stand in the audit log.
var machineID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$`)

// MachineID reports whether a client of this id may call.
func MachineID(id string) bool { return machineID.MatchString(id) }
