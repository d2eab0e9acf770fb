package store

import (
	"context"
	"fmt"
	"strconv"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// ErasureList reads what was found of a request, for whoever deletes it at the vendors. It
// is on record before it is returned, each time.
func (s *Store) ErasureList(ctx context.Context, by dsr.Principal, id string) (list dsr.ErasureList, err error) {
	conversations := 0
	err = s.view(ctx, func(t tx) error {
		r, err := t.request(ctx, id)
		if err != nil {
			return err
		}
		if r.Status == dsr.Purged {
			return t.gone(ctx, id)
		}
		if err := r.MayListErasure(); err != nil {
			return err
		}
		list = dsr.ErasureList{Version: 1, Request: id, MadeAt: t.now, Complete: r.Complete != nil && *r.Complete}
		if list.Archive, err = t.digestBefore(ctx, r); err != nil {
			return err
		}
		list.Sources, err = t.erasureSources(ctx, id)
		return err
	})
	if err != nil {
		return list, err
	}
	for _, source := range list.Sources {
		conversations += len(source.Conversations)
	}
	return list, s.recordAlone(ctx, audit.Event{Kind: audit.ErasureListRead, Actor: by.ID, Request: id,
		Data: map[string]string{"archive": list.Archive, "conversations": strconv.Itoa(conversations)}})
}

func (t tx) erasureSources(ctx context.Context, id string) ([]dsr.ErasureSource, error) {
	sources := []dsr.ErasureSource{}
	rows, err := t.QueryContext(ctx, `SELECT source, type FROM request_sources WHERE request_id = ? ORDER BY source`, id)
	if err != nil {
		return nil, fmt.Errorf("read searches: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		s := dsr.ErasureSource{Conversations: []string{}, Identifiers: []dsr.IdentifierKind{}}
		if err := rows.Scan(&s.Source, &s.Vendor); err != nil {
			return nil, fmt.Errorf("read searches: %w", err)
		}
		sources = append(sources, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read searches: %w", err)
	}
	for i := range sources {
		if err := t.addConversations(ctx, id, &sources[i]); err != nil {
			return nil, err
		}
		sources[i].Sort()
	}
	return sources, nil
}

// addConversations unseals the ids alone: what the conversations say is not needed.
func (t tx) addConversations(ctx context.Context, id string, s *dsr.ErasureSource) error {
	k, err := t.dataKey(ctx, id)
	if err != nil {
		return err
	}
	rows, err := t.QueryContext(ctx, `SELECT vendor_key, vendor_id, why FROM records WHERE request_id = ? AND source = ? AND kind = ?`,
		id, s.Source, string(dsr.Conversation))
	if err != nil {
		return fmt.Errorf("read conversations: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var vendor, sealedID, sealedWhy []byte
		if err := rows.Scan(&vendor, &sealedID, &sealedWhy); err != nil {
			return fmt.Errorf("read conversations: %w", err)
		}
		at := recordPlace(id, s.Source, dsr.Conversation, vendor)
		plain, err := k.Open(at("vendor_id"), sealedID)
		if err != nil {
			return err
		}
		var why []dsr.Why
		if err := k.OpenJSON(at("why"), sealedWhy, &why); err != nil {
			return err
		}
		s.Add(string(plain), why)
	}
	return rows.Err()
}
