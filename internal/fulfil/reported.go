package fulfil

import (
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
		Source: s.Source, Information: s.Information, Files: s.Dump != nil, EndCalls: s.Window.Calls > 0,
		Gap: map[dsr.Endpoint]time.Duration{},
	}
	for _, e := range []dsr.Endpoint{dsr.Conversations, dsr.Messages} {
		out.Gap[e] = f.pacer(s.Lane, e).Gap()
	}
	if e, ok := s.Export.(export.Entries); ok {
		out.Utterances, out.Assumes = true, e.Assumes()
	}
	return out
}

// Estimate says what a valid submission would cost, due at the given time. It makes no
// call; of a dump it looks at the folder.
func (f *Fulfiller) Estimate(s dsr.Submission, due time.Time, densities map[string]dsr.Density) dsr.Estimate {
	c := f.Reported()
	for _, name := range s.Sources {
		if source := f.sources[name]; source.Dump != nil {
			reported := c.Sources[name]
			reported.Size = source.Dump.Size()
			c.Sources[name] = reported
		}
	}
	return report.Estimate(s, due, f.o.Now(), densities, c)
}
