package archive

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"dsr-server/internal/dsr"
)

// checkCoverage refuses a coverage that contradicts itself or is about other
// sources than those asked: an archive never says complete on half a search.
func checkCoverage(c dsr.Coverage, asked []string) error {
	var covered []string
	complete := true
	for _, s := range c.Sources {
		covered = append(covered, s.Name)
		complete = complete && s.Complete
		if s.Complete != (len(s.Reasons) == 0) {
			return fmt.Errorf("coverage of %s: complete is %t with %d reasons", s.Name, s.Complete, len(s.Reasons))
		}
		if f := s.Files; f != nil && f.Referred != f.Fetched+sum(f.Missing) {
			return fmt.Errorf("coverage of %s: of %d files %d were fetched and %d are missing", s.Name, f.Referred, f.Fetched, sum(f.Missing))
		}
	}
	if !slices.Equal(slices.Sorted(slices.Values(covered)), slices.Sorted(slices.Values(asked))) {
		return fmt.Errorf("coverage is about the sources %q, asked were %q", covered, asked)
	}
	if len(covered) == 0 {
		return fmt.Errorf("coverage has no source")
	}
	if c.Complete != complete {
		return fmt.Errorf("coverage says complete is %t, its sources say %t", c.Complete, complete)
	}
	return nil
}

// tidyCoverage returns c with its times in UTC and empty lists instead of absent
// ones, so that readers need not tell null from empty. It shares nothing with c.
func tidyCoverage(c dsr.Coverage) dsr.Coverage {
	c.AsOf = c.AsOf.UTC()
	c.Sources = append([]dsr.SourceCoverage{}, c.Sources...)
	for i := range c.Sources {
		s := &c.Sources[i]
		s.Asked = dsr.Span{Start: s.Asked.Start.UTC(), End: s.Asked.End.UTC()}
		s.Reasons = append([]dsr.Reason{}, s.Reasons...)
		s.Assumes = append([]dsr.Assumption{}, s.Assumes...)
		s.Anomalies = append([]dsr.Anomaly{}, s.Anomalies...)
		s.Read = append([]dsr.RangeRead{}, s.Read...)
		for j := range s.Read {
			r := &s.Read[j]
			r.Start, r.End = r.Start.UTC(), r.End.UTC()
			r.First, r.Last = utc(r.First), utc(r.Last)
		}
		s.Calls, s.Retries = orEmpty(s.Calls), orEmpty(s.Retries)
		if s.Files != nil {
			s.Files = &dsr.FileCount{Referred: s.Files.Referred, Fetched: s.Files.Fetched, Missing: orEmpty(s.Files.Missing)}
		}
	}
	return c
}

func sum(counts map[string]int64) (n int64) {
	for _, count := range counts {
		n += count
	}
	return n
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

func orEmpty(m map[string]int64) map[string]int64 {
	if m == nil {
		return map[string]int64{}
	}
	return m
}

func (p *packer) writeCoverage(context.Context) error {
	return p.zip.add(coverageName, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(p.in.Coverage)
	})
}
