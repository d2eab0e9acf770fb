package fulfil

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// Searched is what coverage is made of; the store has it.
type Searched interface {
	Lookup(ctx context.Context, id string) (dsr.Request, error)
	Searched(ctx context.Context, id string) ([]dsr.Part, []dsr.Range, error)
	SearchedFiles(ctx context.Context, id string) ([]dsr.DumpFile, error)
}

// Coverage says what has been searched for a request so far. It follows from what is
// stored and from the sources' configuration alone.
func (f *Fulfiller) Coverage(ctx context.Context, st Searched, id string) (dsr.Coverage, error) {
	r, err := st.Lookup(ctx, id)
	if err != nil {
		return dsr.Coverage{}, err
	}
	parts, ranges, err := st.Searched(ctx, id)
	if err != nil {
		return dsr.Coverage{}, err
	}
	files, err := st.SearchedFiles(ctx, id)
	if err != nil {
		return dsr.Coverage{}, err
	}
	c := dsr.Coverage{AsOf: r.AsOf, Complete: len(parts) > 0, Sources: []dsr.SourceCoverage{}}
	for _, p := range parts {
		s := f.sourceCoverage(p, ranges)
		if f.sources[p.Source].Dump != nil {
			addFiles(&s, p, files)
		}
		c.Complete = c.Complete && s.Complete
		c.Sources = append(c.Sources, s)
	}
	return c, nil
}

func (f *Fulfiller) sourceCoverage(p dsr.Part, ranges []dsr.Range) dsr.SourceCoverage {
	own := slices.DeleteFunc(slices.Clone(ranges), func(g dsr.Range) bool { return g.Source != p.Source })
	s := f.sources[p.Source]
	c := dsr.SourceCoverage{
		Name: p.Source, Type: s.Type, Complete: p.Ended && p.Complete, Reasons: p.Reasons, Read: readRanges(own),
		Asked: dsr.Span{Start: later(p.Window.Start, s.Earliest), End: p.AsOf}, Anomalies: []dsr.Anomaly{},
	}
	if !p.Window.End.IsZero() {
		c.Asked.End = earlier(p.Window.End, p.AsOf)
	}
	if c.Asked.End.Before(c.Asked.Start) {
		c.Asked.End = c.Asked.Start
	}
	if c.Type == "" {
		c.Type = "unknown" // taken out of the configuration
	}
	total := p.Tally
	for _, g := range own {
		total.Add(g.Tally)
	}
	c.Calls, c.Retries = filled(total.Calls), filled(total.Retries)
	for rule, n := range total.Anomalies {
		c.Anomalies = append(c.Anomalies, dsr.Anomaly{Rule: rule, Count: n})
	}
	slices.SortFunc(c.Anomalies, func(a, b dsr.Anomaly) int { return ruleNumber(a.Rule) - ruleNumber(b.Rule) })
	c.Assumes = assumes(s.Source, p, own, total)
	if e, ok := s.Export.(export.Entries); ok {
		c.Assumes = assumesOfEntries(s.Source, e, p, total)
	}
	return c
}

func filled(m map[string]int64) map[string]int64 {
	if m == nil {
		return map[string]int64{}
	}
	return m
}

// ruleNumber sorts Q3 before Q10.
func ruleNumber(rule string) (n int) {
	_, _ = fmt.Sscanf(rule, "Q%d", &n) // a rule without a number sorts first
	return n
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

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// assumes lists what the completeness of a source rests on, in words.
func assumes(s dsr.Source, p dsr.Part, own []dsr.Range, total dsr.Tally) []string {
	if s.Name == "" {
		return []string{}
	}
	if arrived(p) && p.Ended && p.Complete {
		return []string{"conversation ids are unique within the source: every conversation asked for was found, so no other part of the timeline was searched"}
	}
	out := []string{
		fmt.Sprintf("nothing was recorded before %s (the source's setting earliest)", s.Earliest.Format(time.RFC3339)),
		fmt.Sprintf("the vendor's export is complete up to %s, and conversations active after it were still listed by their earlier activity", p.AsOf.Format(time.RFC3339)),
	}
	if p.Window.End.IsZero() || p.Window.End.After(p.AsOf) {
		out = append(out, "the window has no end or one in the future: it was searched up to as_of")
	}
	if s.WindowField != dsr.FieldOverlap && (!p.Window.Start.IsZero() || !p.Window.End.IsZero()) {
		out = append(out, fmt.Sprintf("no conversation is active for longer than %s; longest seen %s", hours(p.Margin), hours(longestSeen(own, p))))
	}
	if n := total.Anomalies["Q11"]; n > 0 {
		out = append(out, fmt.Sprintf("%d times in records could not be read; such a conversation counts as active up to as_of", n))
	}
	return out
}

func hours(d time.Duration) string { return fmt.Sprintf("%.0f h", d.Hours()) }
