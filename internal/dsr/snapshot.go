package dsr

import (
	"slices"
	"time"
)

// Snapshot is all that is stored about one request, of one moment. What people and
// programs are shown of a request follows from it and from the configuration.
type Snapshot struct {
	At        time.Time // the moment
	Request   Request   // its Progress without the time left
	Progress  []SourceProgress
	Searches  []SourceSearch // one for each source that has been planned, by name
	Units     []Unit         // read, or to be read, for the request; without what is sealed of them
	ReadRates map[string]ReadRate
	Near      NearMisses
	// Lacking are the first MaxLacking conversations of each source of which something is known to
	// be missing, once its search has ended with a reason for it.
	Lacking map[string][]Lacking
	Barred  *Error // what keeps the reader from deciding, beside their role; nil: nothing, or nobody asked
	// Attachments are the files that messages refer to, of each source for which they have
	// been counted.
	Attachments map[string]AttachmentCount
}

// View is one request as it is seen at one moment.
type View struct {
	Request  Request
	Coverage Coverage // what has been searched so far
	Staff    Staff    // for those who work on the request; never in the archive
	// ArchiveLost: the file of the archive that the reader may have is missing or damaged.
	ArchiveLost bool
	// Barred is what keeps the reader from deciding about the result, beside their role; nil:
	// nothing, or nobody asked.
	Barred  *Error
	Sources []SourceProgress // how far the search of each has come
}

// SourceProgress returns how far the search of one source has come; zero before it is planned.
func (v View) SourceProgress(source string) SourceProgress {
	return Snapshot{Progress: v.Sources}.ProgressOf(source)
}

// CoverageOf returns what has been searched of one source.
func (v View) CoverageOf(source string) (c SourceCoverage, known bool) {
	i := slices.IndexFunc(v.Coverage.Sources, func(c SourceCoverage) bool { return c.Name == source })
	if i < 0 {
		return c, false
	}
	return v.Coverage.Sources[i], true
}

// UnitsOf returns the units of one source.
func (s Snapshot) UnitsOf(source string) (own []Unit) {
	for _, u := range s.Units {
		if u.Source == source {
			own = append(own, u)
		}
	}
	return own
}

// ProgressOf returns how far the search of one source has come; zero before it is planned.
func (s Snapshot) ProgressOf(source string) SourceProgress {
	i := slices.IndexFunc(s.Progress, func(p SourceProgress) bool { return p.Source == source })
	if i < 0 {
		return SourceProgress{Source: source}
	}
	return s.Progress[i]
}
