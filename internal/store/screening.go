package store

import (
	"context"
	"encoding/json"
	"fmt"

	"dsr-server/internal/dsr"
)

// Screening implements api.Service. Like a list it has nothing of what was searched for, and
// records nothing.
func (s *Store) Screening(ctx context.Context, by dsr.Principal, ids []string) (out []dsr.Screened, err error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("encode ids: %w", err)
	}
	found := map[string]dsr.Screened{}
	err = s.view(ctx, func(t tx) error { return t.readScreened(ctx, ownerShown(by), string(list), found) })
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		r, screens := found[id]
		if !screens {
			return nil, dsr.FieldErrorf(fmt.Sprintf("requests[%d]", i), "there is no request with this id that screens (mode screen)")
		}
		out = append(out, r)
	}
	return out, nil
}

func (t tx) readScreened(ctx context.Context, owner, ids string, into map[string]dsr.Screened) error {
	rows, err := t.QueryContext(ctx, `
		SELECT id, coalesce(reference, ''), status, sources, iif(complete IS NULL, '{}', coalesce(held, '{}')),
			iif(complete IS NULL, '{}', (SELECT json_group_object(source, json(iif(p.complete, 'true', 'false'))) FROM request_sources p WHERE p.request_id = requests.id AND p.state = 'ended'))
		FROM requests WHERE mode = 'screen' AND id IN (SELECT value FROM json_each(?1)) AND (?2 = '' OR created_by = ?2)`, ids, owner)
	if err != nil {
		return fmt.Errorf("read screenings: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r dsr.Screened
		var sources, held, complete string
		if err := rows.Scan(&r.Request, &r.Reference, &r.Status, &sources, &held, &complete); err != nil {
			return fmt.Errorf("read screening: %w", err)
		}
		if r.Sources, err = screenedSources(sources, held, complete); err != nil {
			return fmt.Errorf("decode screening %s: %w", r.Request, err)
		}
		into[r.Request] = r
	}
	return rows.Err()
}

func screenedSources(sources, held, complete string) (map[string]dsr.ScreenedSource, error) {
	var names []string
	counts, whole := map[string]*int64{}, map[string]*bool{}
	for _, column := range []struct {
		text string
		into any
	}{{sources, &names}, {held, &counts}, {complete, &whole}} {
		if err := json.Unmarshal([]byte(column.text), column.into); err != nil {
			return nil, err
		}
	}
	out := make(map[string]dsr.ScreenedSource, len(names))
	for _, name := range names {
		out[name] = dsr.ScreenedSource{Conversations: counts[name], Complete: whole[name]}
	}
	return out, nil
}
