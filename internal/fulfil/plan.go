package fulfil

import (
	"context"
	"slices"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// Plan fixes for a queued request up to when and what of each source is
// read, and wakes the lanes. A second run keeps the first one's as_of, so that what
// has been read stays valid.
func (f *Fulfiller) Plan(ctx context.Context, st Store, id string) error {
	r, err := st.Lookup(ctx, id)
	if err != nil || r.Status != dsr.Queued {
		return err
	}
	asOf := r.AsOf
	if asOf.IsZero() {
		asOf = f.o.Now().UTC().Add(-f.lag(r.Sources)).Truncate(time.Second)
	}
	var plans []dsr.SearchPlan
	var lanes []string
	for _, name := range r.Sources {
		p, err := f.search(ctx, r, name, asOf)
		if err != nil {
			return err
		}
		plans = append(plans, p)
		if s, configured := f.sources[name]; configured && !slices.Contains(lanes, s.Lane) {
			lanes = append(lanes, s.Lane)
		}
	}
	return st.Plan(ctx, id, asOf, plans, lanes)
}

// lag is how far behind now all of the sources are complete.
func (f *Fulfiller) lag(names []string) (lag time.Duration) {
	for _, name := range names {
		lag = max(lag, f.sources[name].IngestLag)
	}
	return lag
}

// search is what the search of one source has to read.
func (f *Fulfiller) search(ctx context.Context, r dsr.Request, name string, asOf time.Time) (p dsr.SearchPlan, err error) {
	s, configured := f.sources[name]
	if !configured {
		p.Interval, p.Ended = dsr.Nothing, true
		p.Reasons = []dsr.Reason{{Code: dsr.ReasonNotConfigured, Detail: "the source is no longer in the configuration"}}
	} else if p, err = s.Export.Plan(ctx, export.Ask{Source: s.Source.Source, Request: r, AsOf: asOf, Stage: dsr.StageConversations}); err != nil {
		return p, err
	}
	p.RequestID, p.Source, p.Type, p.Declared, p.PageSize = r.ID, name, s.Type, s.Declared, s.PageSize
	return p, nil
}
