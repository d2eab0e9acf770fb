package dsr

import "slices"

// Status is where a request stands.
type Status string

const (
	// Queued: accepted and stored; no vendor call has been made for this run.
	Queued Status = "queued"
	// Running: planned; ranges are being read or the archive is being packaged.
	Running Status = "running"
	// Review: a run ended and a person decides: retry, approve or reject.
	Review Status = "review"
	// Ready: the archive can be downloaded.
	Ready Status = "ready"
	// Rejected: a person decided in review that this result is not released.
	Rejected Status = "rejected"
	// Expired: the archive's retention ended; the request is still on record.
	Expired Status = "expired"
	// Cancelled: stopped by a person before it was ready.
	Cancelled Status = "cancelled"
	// Failed: our own fault; there is no archive; retry is possible.
	Failed Status = "failed"
	// Purged: everything but the receipt is gone.
	Purged Status = "purged"
)

// Statuses are all of them, in the order a request may go through them.
var Statuses = []Status{Queued, Running, Review, Ready, Rejected, Expired, Cancelled, Failed, Purged}

// moves is the state machine; migrations repeat it as a trigger.
var moves = map[Status][]Status{
	Queued:    {Running, Cancelled, Failed, Purged},
	Running:   {Review, Ready, Cancelled, Failed, Purged},
	Review:    {Queued, Ready, Rejected, Purged},
	Ready:     {Queued, Review, Expired, Purged},
	Failed:    {Queued, Purged},
	Rejected:  {Queued, Purged},
	Expired:   {Queued, Ready, Review, Purged},
	Cancelled: {Queued, Purged},
}

// CanMove reports whether a request may go from s to to.
func (s Status) CanMove(to Status) bool { return slices.Contains(moves[s], to) }

// Open reports whether work for the request may still be waiting or under way.
func (s Status) Open() bool { return s == Queued || s == Running }

// MayRepackage reports whether somebody may ask for the archive to be made again from what
// is sealed: not while that is going on.
func (r Request) MayRepackage() bool {
	return !r.Screens() && !r.Repackaging && r.Result != nil && (r.Status == Ready || r.Status == Review || r.Status == Expired)
}

// Retryable reports whether a person may ask for what is missing to be read again:
// from failed, from review, and from ready with complete: false.
func (r Request) Retryable() bool {
	incomplete := r.Complete != nil && !*r.Complete
	return r.Status == Failed || r.Status == Review || r.Status == Ready && incomplete
}
