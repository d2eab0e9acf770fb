package dsr

import "time"

// ResumeWithin is how long a download that broke off can be carried on without
// counting as another.
const ResumeWithin = 24 * time.Hour

// Link is a one-time download link. Its token is not kept, only a hash of it.
type Link struct {
	ID        string
	RequestID string
	ExpiresAt time.Time
}

// How long a one-time link may live.
const (
	DefaultLinkLife = time.Hour
	MaxLinkLife     = 24 * time.Hour
)
