// Package report says what is to be said about a request: what was searched for it
// (coverage), how far the search has come and how long it will take, what another one
// would cost, and what staff should know.
//
// It keeps true that every report is a pure function of one dsr.Snapshot and of the
// configuration: it reads no database, no clock and no file and calls nobody, so that two
// reports of the same snapshot cannot contradict each other, and the coverage in the
// archive is the one that the page and the API show.
package report

import (
	"time"

	"dsr-server/internal/dsr"
)

// Config is what reports need to know of the configuration.
type Config struct {
	Sources map[string]Source // by name
	// ManyMatches is how many conversations one person is taken to have at most.
	ManyMatches int64
}

// Source is one configured source, as reports see it. The zero Source is one
// that is no longer in the configuration.
type Source struct {
	dsr.Source
	// Information is what the archive tells beside the source's data.
	Information dsr.Information
	// Files is set for a folder of files, which has neither timeline nor pace.
	Files bool
	// Size is how many bytes the files have; only estimates need it.
	Size int64
	// Assumes says in words what searching it rests on: of a search, how many units of it
	// were read to their end, what was counted, the longest activity seen, and the time of
	// the newest record.
	Assumes func(s dsr.SourceSearch, read int, total dsr.Tally, longest time.Duration, newest time.Time) []dsr.Assumption
	// EndCalls is set where the end of a list shows only on an empty page, which is a
	// call of its own.
	EndCalls bool
	// Gap is the time between two calls at the present pace, by endpoint.
	Gap map[dsr.Endpoint]time.Duration
}

func (s Source) paced(e dsr.Endpoint, calls int64) time.Duration {
	return time.Duration(calls) * s.Gap[e]
}
