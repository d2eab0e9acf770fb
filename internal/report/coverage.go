package report

import (
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"dsr-server/internal/dsr"
)

// Coverage says what has been searched for a request so far.
func Coverage(snap dsr.Snapshot, c Config) dsr.Coverage {
	out := dsr.Coverage{AsOf: snap.Request.AsOf, Complete: len(snap.Parts) > 0, Sources: []dsr.SourceCoverage{}}
	for _, p := range snap.Parts {
		s := sourceCoverage(snap, p, c.Sources[p.Source])
		out.Complete = out.Complete && s.Complete
		out.Sources = append(out.Sources, s)
	}
	return out
}

func sourceCoverage(snap dsr.Snapshot, p dsr.Part, s Source) dsr.SourceCoverage {
	ranges, files := snap.RangesOf(p.Source), snap.FilesOf(p.Source)
	total := tally(p, ranges, files)
	c := dsr.SourceCoverage{
		Name: p.Source, Type: s.Type, Complete: p.Ended && p.Complete, Reasons: p.Reasons, Asked: asked(p, s), Read: readRanges(ranges),
		Calls: filled(total.Calls), Retries: filled(total.Retries), Anomalies: anomalies(total), Assumes: assumes(s, p, ranges, total),
	}
	if c.Type == "" {
		c.Type = "unknown" // taken out of the configuration
	}
	if s.Files {
		c.Read = append(c.Read, readFiles(c.Asked, files)...)
	}
	return c
}

// asked is the part of the window that the source can hold something of.
func asked(p dsr.Part, s Source) dsr.Span {
	span := dsr.Span{Start: later(p.Window.Start, s.Earliest), End: p.AsOf}
	if !p.Window.End.IsZero() && p.Window.End.Before(p.AsOf) {
		span.End = p.Window.End
	}
	if span.End.Before(span.Start) {
		span.End = span.Start
	}
	if s.Files && span.Start.IsZero() {
		span.Start = time.Unix(0, 0).UTC() // whatever the files hold
	}
	return span
}

// tally adds up what the search of a source did.
func tally(p dsr.Part, ranges []dsr.Range, files []dsr.DumpFile) (total dsr.Tally) {
	total.Add(p.Tally) // a copy: p's own maps stay as they are
	for _, g := range ranges {
		total.Add(g.Tally)
	}
	for _, f := range files {
		total.Add(f.Tally)
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

// readRanges lists the ranges of conversations that were read to their end. The
// digest of a small range is left out: it could be guessed back to one record.
func readRanges(ranges []dsr.Range) []dsr.RangeRead {
	read := []dsr.RangeRead{}
	for _, g := range ranges {
		if g.Endpoint != dsr.Conversations || g.State != dsr.RangeDone {
			continue
		}
		r := dsr.RangeRead{
			Start: time.Unix(g.Reach.Start, 0).UTC(), End: time.Unix(g.Reach.End, 0).UTC(), Pages: g.Pages, Records: g.Records,
			First: optional(g.First), Last: optional(g.Last),
		}
		if g.Records >= dsr.DigestMinRecords {
			r.Digest = hex.EncodeToString(g.Chain)
		}
		read = append(read, r)
	}
	return read
}

// readFiles lists the files that were read to their end, each as one page.
func readFiles(asked dsr.Span, files []dsr.DumpFile) (read []dsr.RangeRead) {
	for _, f := range files {
		if f.State != dsr.RangeDone {
			continue
		}
		read = append(read, dsr.RangeRead{
			Start: asked.Start, End: asked.End, Pages: 1, Records: f.Records, First: optional(f.First), Last: optional(f.Last),
			File: f.Name, Size: f.Size, SHA256: hex.EncodeToString(f.SHA256),
		})
	}
	return read
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
