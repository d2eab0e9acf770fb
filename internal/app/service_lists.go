package app

import (
	"context"

	"dsr-server/internal/dsr"
)

// SourceOverviews implements ui.Service.
func (s service) SourceOverviews(ctx context.Context) ([]dsr.SourceOverview, error) {
	health, err := s.SourceHealth(ctx)
	if err != nil {
		return nil, err
	}
	reaches, refusals, err := s.SourceReaches(ctx, s.p.Config.SourceNames())
	if err != nil {
		return nil, err
	}
	titles := s.p.Config.Presentation().Titles
	out := make([]dsr.SourceOverview, len(health))
	for i, source := range s.p.Config.DomainSources() {
		out[i] = dsr.SourceOverview{SourceHealth: health[i], Title: titles[source.Name], Files: source.Type == "dump", Earliest: source.Earliest,
			ExportedAt: source.ExportedAt, Reach: reaches[source.Name], Information: s.p.Config.Sources[i].Information.Domain()}
		if r, refused := refusals[source.Name]; refused {
			out[i].Refusal = &r
		}
	}
	return out, nil
}

// TakeCheckpoint implements ui.Service: that it was taken is on record before it is.
func (s service) TakeCheckpoint(ctx context.Context, by dsr.Principal) ([]byte, error) {
	if err := s.RecordCheckpoint(ctx, by); err != nil {
		return nil, err
	}
	return s.Checkpoint(ctx)
}
