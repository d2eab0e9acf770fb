package scan

import (
	"context"
	"time"

	"dsr-server/internal/dsr"
)

// Meter is told what the lanes do, for the figures of whoever operates the service. Several
// goroutines call it, and it must not keep them waiting.
type Meter interface {
	// Reading is told how many more readers a host has, or fewer.
	Reading(lane string, more int)
	// Waited is told how long a reader waited for its turn to call.
	Waited(lane string, e dsr.Endpoint, d time.Duration)
	// Call is told that a call to a vendor begins, and returns its context; end is told how
	// it ended.
	Call(ctx context.Context, lane string, e dsr.Endpoint) (_ context.Context, end func(error))
	// Read is told that a batch of a source has been committed.
	Read(source string, e dsr.Endpoint, records int64)
}

// unmetered is the Meter where nobody asks.
type unmetered struct{}

func (unmetered) Reading(string, int)                        {}
func (unmetered) Waited(string, dsr.Endpoint, time.Duration) {}
func (unmetered) Read(string, dsr.Endpoint, int64)           {}
func (unmetered) Call(ctx context.Context, _ string, _ dsr.Endpoint) (context.Context, func(error)) {
	return ctx, func(error) {}
}
