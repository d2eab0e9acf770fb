package fulfil

import (
	"context"

	"dsr-server/internal/dsr"
	"dsr-server/internal/report"
)

// identities warns when what was found looks like several people's. It reads the found
// conversations once more; a source taken out of the configuration has no schema any more
// and warns of nothing.
func (f *Fulfiller) identities(ctx context.Context, r dsr.Request) ([]dsr.Warning, error) {
	found := report.NewIdentities(r)
	for _, name := range r.Sources {
		if _, configured := f.sources[name]; !configured {
			continue
		}
		if err := f.identitiesIn(ctx, r.ID, name, found); err != nil {
			return nil, err
		}
	}
	return found.Warnings(), nil
}

func (f *Fulfiller) identitiesIn(ctx context.Context, id, source string, found *report.Identities) error {
	fields := f.sources[source].Export.Schema().Conversation
	var derived []dsr.Record // their messages are what matched; read when this sequence is closed
	for c, err := range f.o.Found(id).Conversations(ctx, source) {
		switch {
		case err != nil:
			return err
		case c.Derived():
			derived = append(derived, c)
		default:
			fields.Leaves(c.Raw, func(path, text string) { found.Add(c.Why, path, text) })
		}
	}
	for _, c := range derived {
		for m, err := range f.o.Found(id).Messages(ctx, source, c.ID) {
			if err != nil {
				return err
			}
			fields.Leaves(m.Raw, func(path, text string) { found.Add(c.Why, path, text) })
		}
	}
	return nil
}
