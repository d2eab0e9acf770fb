package report

import (
	"fmt"

	"dsr-server/internal/dsr"
)

// Warnings says what makes a result look like more than one person's. Of a run that has
// ended it is what was found then, whatever has been configured since.
func Warnings(snap dsr.Snapshot, c Config) []dsr.Warning {
	if snap.Request.Complete != nil {
		return snap.Request.Warnings
	}
	return tooMany(snap, c)
}

// tooMany warns when more conversations match than one person has.
func tooMany(snap dsr.Snapshot, c Config) []dsr.Warning {
	n := snap.Request.Progress.Conversations
	if n <= c.ManyMatches {
		return nil
	}
	return []dsr.Warning{{
		Code: dsr.WarnManyMatches, Detail: fmt.Sprintf("%d conversations match; more than %d suggests a value that is not one person's", n, c.ManyMatches),
	}}
}
