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
	Parts     []Part     // one for each source that has been planned, by name
	Ranges    []Range    // read, or to be read, for the request; without cursors and vendor ids
	Files     []DumpFile // of dumps, by source, kind and name
	Densities map[string]Density
	Near      NearMisses
}

// View is one request as it is seen at one moment.
type View struct {
	Request  Request
	Coverage Coverage // what has been searched so far
	Staff    Staff    // for those who work on the request; never in the archive
}

// RangesOf returns the ranges of one source.
func (s Snapshot) RangesOf(source string) (own []Range) {
	for _, g := range s.Ranges {
		if g.Source == source {
			own = append(own, g)
		}
	}
	return own
}

// FilesOf returns the files of one source that is a dump.
func (s Snapshot) FilesOf(source string) (own []DumpFile) {
	for _, f := range s.Files {
		if f.Source == source {
			own = append(own, f)
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
