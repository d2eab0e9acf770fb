package dsr

import "time"

// Limits on what is kept of forms that were begun.
const (
	DraftLife = 24 * time.Hour // after a draft was last saved
	MaxDrafts = 20             // of one person; the oldest makes room
)

// Draft is a form that somebody has begun to fill in, kept for them alone. What its body
// means is known to the pages.
type Draft struct {
	ID   string
	Body []byte // nil: it was sent in
	// Request is the one that the draft was made from; of one that was sent in, the one that
	// it became. The draft goes when that request is purged.
	Request string
}

// Sent reports whether the draft was sent in.
func (d Draft) Sent() bool { return d.Body == nil }

// Alike is an earlier request that asks for something which a submission asks for too.
type Alike struct {
	Request    string // its id
	Reference  string
	Status     Status
	ReceivedAt time.Time
	Values     []int // the selectors of the submission that it shares, by index
}
