package dsr

import (
	"strings"
	"time"
	"unicode"
)

// ResumeWithin is how long a download that broke off can be carried on without
// counting as another.
const ResumeWithin = 24 * time.Hour

// Link is a one-time download link. Its token is not kept, only a hash of it.
type Link struct {
	ID        string
	RequestID string
	ExpiresAt time.Time
	CreatedAt time.Time
	CreatedBy string    // principal, as in Principal.ID
	UsedAt    time.Time // of the first complete download; zero: there was none
	Passcode  bool      // it asks for one
	Ended     bool      // it hands out nothing more
	// What whoever holds the link is told of who answers, and in which language.
	Language   string
	Controller Controller
}

// NewLink is a link that is to be made.
type NewLink struct {
	Hash     [32]byte // of the token
	Life     time.Duration
	Passcode []byte // a hash of the token and the passcode; nil: none is asked for
}

// How long a one-time link may live.
const (
	DefaultLinkLife = 7 * 24 * time.Hour
	MaxLinkLife     = 30 * 24 * time.Hour
)

// Of a passcode: so many characters at least, and so often a wrong one is only refused.
const (
	MinPasscode  = 6
	MaxLinkTries = 10
)

// NormalPasscode is what counts of a passcode as it is written down or typed: its letters and
// digits, in lower case.
func NormalPasscode(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, text)
}
