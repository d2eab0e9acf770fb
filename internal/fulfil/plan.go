package fulfil

import (
	"context"
	"slices"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// Plan fixes for a queued request up to when and over which stretch each source is
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
	var parts []dsr.Part
	var lanes []string
	for _, name := range r.Sources {
		parts = append(parts, f.part(r, name, asOf))
		if s, configured := f.sources[name]; configured && !slices.Contains(lanes, s.Lane) {
			lanes = append(lanes, s.Lane)
		}
	}
	return st.Plan(ctx, id, asOf, parts, lanes)
}

// lag is how far behind now all of the sources are complete.
func (f *Fulfiller) lag(names []string) (lag time.Duration) {
	for _, name := range names {
		lag = max(lag, f.sources[name].IngestLag)
	}
	return lag
}

func (f *Fulfiller) part(r dsr.Request, name string, asOf time.Time) dsr.Part {
	p := dsr.Part{RequestID: r.ID, Source: name, Window: r.Window, AsOf: asOf}
	s, configured := f.sources[name]
	if !configured {
		p.Ended = true
		p.Reasons = []dsr.Reason{{Code: dsr.ReasonNotConfigured, Detail: "the source is no longer in the configuration"}}
		return p
	}
	p.Margin = s.Margin
	if s.Dump != nil {
		return p // a dump has no timeline: its files are what there is to read
	}
	p.Want = s.Want(r.Window, asOf, s.Margin)
	if e, ok := s.Export.(export.Entries); ok {
		planEntries(&p, s, e, r)
		return p
	}
	if ids := r.ConversationIDs(); len(ids) > 0 {
		start := min(s.Earliest.Unix(), asOf.Unix())
		p.Direct = &dsr.Direct{IDs: ids, Messages: dsr.Reach{Start: start, End: asOf.Unix()}, PageSize: s.PageSize}
	}
	return p
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
