package report

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"dsr-server/internal/dsr"
)

// Coverage says what has been searched for a request so far.
func Coverage(snap dsr.Snapshot, c Config) dsr.Coverage {
	out := dsr.Coverage{AsOf: snap.Request.AsOf, Complete: len(snap.Searches) > 0, Sources: []dsr.SourceCoverage{}}
	if n := snap.Request.Withheld; n != (dsr.WithheldCount{}) {
		out.Withheld = &n
	}
	for _, search := range snap.Searches {
		s := sourceCoverage(snap, search, c.Sources[search.Source])
		out.Complete = out.Complete && s.Complete
		out.Sources = append(out.Sources, s)
	}
	return out
}

// unknownType is that of a source taken out of the configuration before it was searched.
const unknownType = "unknown"

// sourceCoverage is the proof of what was searched of one source.
func sourceCoverage(snap dsr.Snapshot, search dsr.SourceSearch, s Source) dsr.SourceCoverage {
	units := snap.UnitsOf(search.Source)
	total := tally(search, units)
	c := dsr.SourceCoverage{
		Name: search.Source, Type: cmp.Or(search.Type, s.Type, unknownType), Declaration: search.Declared, Complete: search.Ended && search.Complete, Reasons: search.Reasons, Asked: asked(search, s, units),
		Calls: filled(total.Calls), Retries: filled(total.Retries), Anomalies: anomalies(total), Assumes: []dsr.Assumption{},
	}
	c.Read = unitsRead(c.Asked, units)
	if s.Assumes != nil {
		_, newest := oldestAndNewest(units)
		c.Assumes = s.Assumes(search, len(c.Read), total, dsr.LongestFor(search, units), newest)
	}
	c.Assumes = append(c.Assumes, noMessages(search, total, snap.ProgressOf(search.Source))...)
	return withFiles(c, snap.Attachments, search)
}

// noMessages says of a declared source that it gave no message of anything that was found.
func noMessages(search dsr.SourceSearch, total dsr.Tally, found dsr.SourceProgress) []dsr.Assumption {
	asked := total.Calls[string(dsr.Messages)] > 0
	if search.Declared == nil || !search.Ended || !asked || found.Conversations == 0 || found.Messages > 0 {
		return nil
	}
	return []dsr.Assumption{dsr.Assume(dsr.AssumesNoMessages, strconv.FormatInt(found.Conversations, 10))}
}

// withFiles tells of the files that messages refer to. One that was to be fetched and could
// not be had makes the source incomplete, whatever the cause: it may hold data of the
// person. What the configuration leaves where it is does not: that is decided, and named.
func withFiles(c dsr.SourceCoverage, counts map[string]dsr.AttachmentCount, search dsr.SourceSearch) dsr.SourceCoverage {
	count, counted := counts[search.Source]
	if !counted || count.Waiting > 0 || !search.Ended {
		return c
	}
	c.Files = &dsr.FileCount{Referred: count.Referred, Fetched: count.Fetched, Missing: filled(count.Missing)}
	if n := count.Failed(); n > 0 {
		c.Complete = false
		c.Reasons = append(slices.Clone(c.Reasons), dsr.Reason{Code: dsr.ReasonFilesMissing,
			Detail: fmt.Sprintf("%d of the files that messages refer to could not be fetched", n)})
	}
	return c
}

// asked is the interval in which conversations were asked for, as far as the source can
// hold any.
func asked(search dsr.SourceSearch, s Source, units []dsr.Unit) dsr.Span {
	span := dsr.Span{Start: later(search.Window.Start, s.Earliest), End: search.AsOf}
	if !search.Window.End.IsZero() && search.Window.End.Before(search.AsOf) {
		span.End = search.Window.End
	}
	if s.Files && span.Start.IsZero() {
		span.Start, _ = oldestAndNewest(units)
	}
	if span.End.Before(span.Start) {
		span.End = span.Start
	}
	return span
}

// oldestAndNewest is the time of the oldest and of the newest record that was read; zero where none
// has a time.
func oldestAndNewest(units []dsr.Unit) (oldest, newest time.Time) {
	for _, u := range units {
		if oldest.IsZero() || !u.First.IsZero() && u.First.Before(oldest) {
			oldest = u.First
		}
		newest = later(newest, u.Last)
	}
	return oldest, newest
}

// tally is all that was counted for the search.
func tally(search dsr.SourceSearch, units []dsr.Unit) (total dsr.Tally) {
	total.Add(search.Tally) // a copy: search's own maps stay as they are
	for _, u := range units {
		total.Add(u.Tally)
	}
	return total
}

func anomalies(total dsr.Tally) []dsr.Anomaly {
	out := []dsr.Anomaly{}
	for rule, n := range total.Anomalies {
		out = append(out, dsr.Anomaly{Rule: rule, Count: n})
	}
	slices.SortFunc(out, func(a, b dsr.Anomaly) int { return ruleNumber(a.Rule) - ruleNumber(b.Rule) })
	return out
}

// ruleNumber sorts Q3 before Q10.
func ruleNumber(rule string) (n int) {
	_, _ = fmt.Sscanf(rule, "Q%d", &n) // a rule without a number sorts first
	return n
}

func filled(m map[string]int64) map[string]int64 {
	if m == nil {
		return map[string]int64{}
	}
	return m
}

// unitsRead lists the intervals and files that were read to their end.
func unitsRead(asked dsr.Span, units []dsr.Unit) []dsr.RangeRead {
	out := []dsr.RangeRead{}
	for _, u := range units {
		switch {
		case u.State != dsr.UnitDone || u.Probe:
		case u.Kind == dsr.File:
			out = append(out, fileRead(asked, u))
		case u.Endpoint == dsr.Conversations:
			out = append(out, intervalRead(u))
		}
	}
	return out
}

// intervalRead is an interval that was read to its end. The digest of a small one is left
// out: it could be guessed back to one record.
func intervalRead(u dsr.Unit) dsr.RangeRead {
	r := dsr.RangeRead{
		Start: time.Unix(u.Interval.Start, 0).UTC(), End: time.Unix(u.Interval.End, 0).UTC(), Pages: u.Pages, Records: u.Records,
		First: optional(u.First), Last: optional(u.Last),
	}
	if u.Records >= dsr.DigestMinRecords {
		r.Digest = hex.EncodeToString(u.Digest)
	}
	return r
}

// fileRead is a file that was read to its end, as one page.
func fileRead(asked dsr.Span, u dsr.Unit) dsr.RangeRead {
	return dsr.RangeRead{
		Start: asked.Start, End: asked.End, Pages: 1, Records: u.Records, First: optional(u.First), Last: optional(u.Last),
		File: u.File.Name, Size: u.File.Size, SHA256: hex.EncodeToString(u.SHA256),
	}
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
