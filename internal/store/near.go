package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// storeNear keeps the near misses of a page or a part of a file, each place once, up
// to dsr.MaxNearMisses conversations of a request and source; the rest is counted, with
// untold.
func (t tx) storeNear(ctx context.Context, keys map[string]seal.Key, source string, near []dsr.NearFind, untold map[string]int64) error {
	rooms := map[string]int{} // by request: how many more may be kept
	untold = maps.Clone(untold)
	for _, n := range near {
		k, wanted := keys[n.RequestID]
		if !wanted {
			continue
		}
		if rooms[n.RequestID] == 0 {
			room, err := t.nearRoom(ctx, n.RequestID, source)
			if err != nil {
				return err
			}
			rooms[n.RequestID] = room
		}
		if rooms[n.RequestID] <= 0 {
			rooms[n.RequestID] = -1 // for good
			dsr.Count(&untold, n.RequestID, 1)
			continue
		}
		rooms[n.RequestID]-- // or fewer, if it is known: then there is another look
		for _, place := range n.Places {
			if err := t.insertNear(ctx, k, n, source, place); err != nil {
				return err
			}
		}
	}
	maps.DeleteFunc(untold, func(id string, _ int64) bool { _, wanted := keys[id]; return !wanted })
	return t.countUntold(ctx, source, untold)
}

func (t tx) nearRoom(ctx context.Context, request, source string) (room int, err error) {
	err = t.QueryRowContext(ctx, `SELECT ? - count(DISTINCT vendor_key) FROM near_misses WHERE request_id = ? AND source = ?`,
		dsr.MaxNearMisses, request, source).Scan(&room)
	if err != nil {
		return 0, fmt.Errorf("count near misses: %w", err)
	}
	return room, nil
}

func (t tx) insertNear(ctx context.Context, k seal.Key, n dsr.NearFind, source string, place dsr.NearHit) error {
	vendor := vendorKey(k, dsr.Record{ID: n.ConversationID})
	spot := k.MAC("path", []byte(place.Path))
	hit, err := json.Marshal(nearHit{place.Kind, place.Text})
	if err != nil {
		return fmt.Errorf("store near miss: %w", err)
	}
	at := nearPlace(n.RequestID, source, vendor, spot)
	_, err = t.ExecContext(ctx, `
		INSERT INTO near_misses (request_id, source, vendor_key, path_key, vendor_id, path, hit) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, n.RequestID, source, vendor, spot,
		k.Seal(at("vendor_id"), []byte(n.ConversationID)), k.Seal(at("path"), []byte(place.Path)), k.Seal(at("hit"), hit))
	if err != nil {
		return fmt.Errorf("store near miss: %w", err)
	}
	return nil
}

// nearHit is what is kept of a place beside its path.
type nearHit struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
}

func (t tx) countUntold(ctx context.Context, source string, untold map[string]int64) error {
	for request, n := range untold {
		_, err := t.ExecContext(ctx, `UPDATE request_sources SET near_untold = near_untold + ? WHERE request_id = ? AND source = ?`, n, request, source)
		if err != nil {
			return fmt.Errorf("count near misses: %w", err)
		}
	}
	return nil
}

// nearPlace returns the places of a near miss's sealed columns.
func nearPlace(request, source string, vendor, path []byte) func(column string) seal.Place {
	row := request + "|" + source + "|" + hex.EncodeToString(vendor) + "|" + hex.EncodeToString(path)
	return func(column string) seal.Place { return seal.At("near_misses", column, row) }
}

// unmatched leaves out a conversation that belongs to the request after all: another
// version of it has matched.
const unmatched = `NOT EXISTS (SELECT 1 FROM records f WHERE f.request_id = n.request_id AND f.source = n.source
	AND f.kind = 'conversation' AND f.vendor_key = n.vendor_key)`

// nearMisses returns what a request nearly matched so far.
func (t tx) nearMisses(ctx context.Context, id string) (out dsr.NearMisses, err error) {
	out.Near = []dsr.NearMiss{}
	err = t.QueryRowContext(ctx, `SELECT coalesce(sum(near_untold), 0) FROM request_sources WHERE request_id = ?`, id).Scan(&out.Untold)
	if err != nil {
		return out, fmt.Errorf("count near misses: %w", err)
	}
	k, err := t.dataKey(ctx, id)
	if err != nil {
		return out, err
	}
	rows, err := t.QueryContext(ctx, `
		SELECT n.source, n.vendor_key, n.path_key, n.vendor_id, n.path, n.hit FROM near_misses n
		WHERE n.request_id = ? AND `+unmatched+` ORDER BY n.source, n.vendor_key, n.path_key`, id)
	if err != nil {
		return out, fmt.Errorf("read near misses: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		miss, err := scanNear(rows, k, id)
		if err != nil {
			return out, err
		}
		last := len(out.Near) - 1
		if last >= 0 && out.Near[last].Source == miss.Source && out.Near[last].ConversationID == miss.ConversationID {
			out.Near[last].Places = append(out.Near[last].Places, miss.Places...)
			continue
		}
		out.Near = append(out.Near, miss)
	}
	for i := range out.Near {
		n := &out.Near[i]
		slices.SortFunc(n.Places, func(a, b dsr.NearHit) int { return strings.Compare(a.Path, b.Path) })
		for _, p := range n.Places {
			n.Paths = append(n.Paths, p.Path)
		}
	}
	return out, rows.Err()
}

func scanNear(rows *sql.Rows, k seal.Key, request string) (m dsr.NearMiss, err error) {
	var vendor, spot, sealedID, sealedPath, sealedHit []byte
	if err := rows.Scan(&m.Source, &vendor, &spot, &sealedID, &sealedPath, &sealedHit); err != nil {
		return m, fmt.Errorf("read near miss: %w", err)
	}
	at := nearPlace(request, m.Source, vendor, spot)
	id, err := k.Open(at("vendor_id"), sealedID)
	if err != nil {
		return m, err
	}
	path, err := k.Open(at("path"), sealedPath)
	if err != nil {
		return m, err
	}
	var hit nearHit
	if sealedHit != nil {
		text, err := k.Open(at("hit"), sealedHit)
		if err != nil {
			return m, err
		}
		if err := json.Unmarshal(text, &hit); err != nil {
			return m, fmt.Errorf("read near miss: %w", err)
		}
	}
	m.ConversationID, m.Places = string(id), []dsr.NearHit{{Path: string(path), Kind: hit.Kind, Text: hit.Text}}
	return m, nil
}
