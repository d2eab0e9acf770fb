package store

import (
	"context"

	"github.com/google/uuid"

	"dsr-server/internal/dsr"
)

// Snapshot reads everything about one request, of one moment and in a number of statements that does
// not grow with what was found. Of a purged request there is only what is left of it. It records no view:
// see Viewed.
func (s *Store) Snapshot(ctx context.Context, id string) (dsr.Snapshot, error) {
	return s.snapshot(ctx, id, func(t tx, snap *dsr.Snapshot) error { return t.whole(ctx, snap) })
}

// whole reads what there is beside the request itself.
func (t tx) whole(ctx context.Context, snap *dsr.Snapshot) (err error) {
	if err := t.searched(ctx, snap); err != nil {
		return err
	}
	if snap.Attachments, err = t.attachmentCounts(ctx, snap.Request.ID); err != nil {
		return err
	}
	if err := t.namesLacking(ctx, snap); err != nil {
		return err
	}
	snap.Near, err = t.nearMisses(ctx, snap.Request.ID)
	return err
}

// Glance is Snapshot for whoever asks again and again how far the request has come: it
// has what was searched only while the search runs, and no near misses.
func (s *Store) Glance(ctx context.Context, id string) (dsr.Snapshot, error) {
	return s.snapshot(ctx, id, func(t tx, snap *dsr.Snapshot) error {
		if snap.Request.Status != dsr.Running {
			return nil
		}
		return t.searched(ctx, snap)
	})
}

func (s *Store) snapshot(ctx context.Context, id string, more func(tx, *dsr.Snapshot) error) (snap dsr.Snapshot, err error) {
	if _, err := uuid.Parse(id); err != nil {
		return snap, notFound()
	}
	err = s.view(ctx, func(t tx) error {
		snap.At = t.now
		snap.Request, snap.Progress, err = t.requestAndProgress(ctx, id)
		if err != nil {
			return err
		}
		if snap.Request.Status == dsr.Purged {
			return nil
		}
		return more(t, &snap)
	})
	return snap, err
}

// searched reads what has been read for a request and what is still to be read.
func (t tx) searched(ctx context.Context, snap *dsr.Snapshot) (err error) {
	id := snap.Request.ID
	if snap.Searches, err = t.searches(ctx, `r.id = ?`, id); err != nil {
		return err
	}
	var sealed []sealedUnit
	snap.Units, sealed, err = t.sealedUnits(ctx, `u.id IN (SELECT unit_id FROM unit_requests WHERE request_id = ?)`, id)
	if err != nil {
		return err
	}
	for i, u := range snap.Units { // staff are told whose messages were refused
		if u.State == dsr.UnitFailed && u.Query.Kind != "" {
			if err := t.unsealUnits(ctx, snap.Units[i:i+1], sealed[i:i+1]); err != nil {
				return err
			}
		}
	}
	if snap.Request.Status != dsr.Running {
		return nil
	}
	snap.ReadRates, err = t.readRates(ctx)
	return err
}

// Viewed is read, Snapshot or Glance, for somebody who looks at the request: that is first
// put on record, once per principal, request and hour. A purged request is Gone.
func (s *Store) Viewed(ctx context.Context, by dsr.Principal, id string, read func(context.Context, string) (dsr.Snapshot, error)) (snap dsr.Snapshot, err error) {
	if err := s.recordView(ctx, by, id); err != nil {
		return snap, translate(err)
	}
	if snap, err = read(ctx, id); err != nil {
		return snap, err
	}
	if snap.Request.Status == dsr.Purged {
		return dsr.Snapshot{}, s.gone(ctx, id)
	}
	return snap, nil
}
