package fulfil

import (
	"context"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/report"
)

// Reported is what reports need to know of the configuration, with the pace at present.
func (f *Fulfiller) Reported() report.Config {
	c := report.Config{Sources: map[string]report.Source{}, ManyMatches: f.o.ManyMatches}
	for name, s := range f.sources {
		c.Sources[name] = f.reported(s)
	}
	return c
}

func (f *Fulfiller) reported(s Source) report.Source {
	out := report.Source{
		Source: s.Source.Source, Information: s.Information, Files: s.Pace == 0, EndCalls: s.Limit.Calls > 0,
		Gap: map[dsr.Endpoint]time.Duration{},
	}
	for _, e := range []dsr.Endpoint{dsr.Conversations, dsr.Messages} {
		out.Gap[e] = f.Gap(s.Lane, e)
	}
	out.Assumes = func(search dsr.SourceSearch, read int, total dsr.Tally, longest time.Duration, newest time.Time) []dsr.Assumption {
		return s.Export.Assumes(export.Searched{Source: s.Source.Source, Search: search, Read: read, Tally: total, Longest: longest, Newest: newest})
	}
	return out
}

// Estimate says what a valid submission would cost, due at the given time. It makes no
// call; of a folder of files it looks at their sizes.
func (f *Fulfiller) Estimate(ctx context.Context, s dsr.Submission, due time.Time, rates map[string]dsr.ReadRate) dsr.Estimate {
	c := f.Reported()
	for _, name := range s.Sources {
		reported := c.Sources[name]
		if !reported.Files {
			continue
		}
		p, err := f.sources[name].Export.Plan(ctx, export.Ask{Source: reported.Source, Stage: dsr.StageConversations})
		if err == nil { // else the search will say what is wrong
			reported.Size = p.Bytes
		}
		c.Sources[name] = reported
	}
	return report.Estimate(s, due, f.o.Now(), rates, c)
}
