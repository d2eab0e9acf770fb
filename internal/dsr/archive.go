package dsr

import "time"

// Access is how much of an archive somebody wants to read.
type Access int

const (
	Describe Access = iota // its size and digest alone: no download
	FromStart
	// Resume is a part that does not begin at the first byte. It is the same download
	// as the one that the principal has begun within ResumeWithin; else a new one.
	Resume
)

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
