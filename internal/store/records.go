package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// found is what is compared when a record comes again.
type found struct {
	id      int64
	seen    sql.NullInt64
	body    []byte
	present bool
}

func (t tx) storeFind(ctx context.Context, k seal.Key, perPage int, f dsr.Find) error {
	r := f.Record
	vendor := vendorKey(k, r)
	before, err := t.lookupFound(ctx, f.RequestID, r, vendor)
	if err != nil {
		return err
	}
	if before.present {
		if err := t.placeFirst(ctx, r, before.id); err != nil {
			return err
		}
		return t.replaceOlder(ctx, k, f, vendor, before)
	}
	if err := t.insertFound(ctx, k, f, vendor); err != nil {
		return err
	}
	if r.Kind == dsr.Conversation && r.ID == "" {
		// Its messages cannot be told from others. That it has no id is counted of the unit.
		if err := t.countFor(ctx, f.RequestID, r.Source, dsr.Tally{Marks: map[string]int64{dsr.MarkWithoutID: 1}}); err != nil {
			return err
		}
	}
	return t.follow(ctx, k, f, perPage)
}

// placeFirst gives a record that came more than once the first of its places, whichever
// was read first: only records without a time are ordered by it.
func (t tx) placeFirst(ctx context.Context, r dsr.Record, id int64) error {
	if nanos(sortTime(r)).Valid {
		return nil
	}
	_, err := t.ExecContext(ctx, `UPDATE records SET place_unit = ?1, place = ?2 WHERE id = ?3 AND (place_unit, place) > (?1, ?2)`,
		r.Order.Unit, r.Order.Number, id)
	if err != nil {
		return fmt.Errorf("place record: %w", err)
	}
	return nil
}

// vendorKey identifies a record within its request; one without an id by its content.
// The number in front of a scope keeps two pairs of scope and id apart.
func vendorKey(k seal.Key, r dsr.Record) []byte {
	scope := ""
	if r.Scope != "" {
		scope = strconv.Itoa(len(r.Scope)) + " " + r.Scope
	}
	if r.ID == "" {
		return k.MAC("record without id", slices.Concat([]byte(scope), r.Raw))
	}
	return k.MAC("record", []byte(scope+r.ID))
}

func (t tx) lookupFound(ctx context.Context, request string, r dsr.Record, vendor []byte) (b found, err error) {
	err = t.QueryRowContext(ctx, `
		SELECT id, seen_ns, body FROM records WHERE request_id = ? AND source = ? AND kind = ? AND vendor_key = ?`,
		request, r.Source, string(r.Kind), vendor).Scan(&b.id, &b.seen, &b.body)
	if errors.Is(err, sql.ErrNoRows) {
		return b, nil
	}
	if err != nil {
		return b, fmt.Errorf("look up record: %w", err)
	}
	b.present = true
	return b, nil
}

func (t tx) insertFound(ctx context.Context, k seal.Key, f dsr.Find, vendor []byte) error {
	r, at := f.Record, recordPlace(f.RequestID, f.Record.Source, f.Record.Kind, vendor)
	why, err := k.SealJSON(at("why"), r.Why)
	if err != nil {
		return err
	}
	conversation := r.ConversationID
	if r.Kind == dsr.Conversation {
		conversation = r.ID
	}
	_, err = t.ExecContext(ctx, `
		INSERT INTO records (request_id, source, kind, vendor_key, conversation_key, sort_ns, seen_ns, vendor_id, body, why, place_unit, place, counted, counted_own, own)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		f.RequestID, r.Source, string(r.Kind), vendor, k.MAC("conversation", []byte(conversation)), nanos(sortTime(r)), nanos(seenTime(r)),
		k.Seal(at("vendor_id"), []byte(r.ID)), k.Seal(at("body"), r.Raw), why, r.Order.Unit, r.Order.Number, r.Counted, r.CountedOwn, r.Own)
	if err != nil {
		return fmt.Errorf("store record: %w", err)
	}
	return nil
}

// replaceOlder keeps the newest version that matched, and counts that there were several.
func (t tx) replaceOlder(ctx context.Context, k seal.Key, f dsr.Find, vendor []byte, before found) error {
	r, at := f.Record, recordPlace(f.RequestID, f.Record.Source, f.Record.Kind, vendor)
	old, err := k.Open(at("body"), before.body)
	if err != nil {
		return err
	}
	derived := dsr.Record{Raw: old}.Derived()
	if derived || r.Derived() { // it holds several records together: each adds its reasons
		if err := t.addWhy(ctx, k, f.RequestID, r); err != nil {
			return err
		}
	}
	if string(old) == string(r.Raw) || r.Derived() {
		return nil
	}
	if derived {
		return t.replaceDerived(ctx, k, r, at, before)
	}
	if err := t.countAnomaly(ctx, f, "Q7"); err != nil {
		return err
	}
	if !dsr.Newer(fromNanos(nanos(seenTime(r))), fromNanos(before.seen), sha256.Sum256(r.Raw), sha256.Sum256(old)) {
		return nil
	}
	why, err := k.SealJSON(at("why"), r.Why)
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `UPDATE records SET sort_ns = ?, seen_ns = ?, body = ?, why = ?, counted = ?, counted_own = ?, own = ?, lacks = '' WHERE id = ?`,
		nanos(sortTime(r)), nanos(seenTime(r)), k.Seal(at("body"), r.Raw), why, r.Counted, r.CountedOwn, r.Own, before.id)
	if err != nil {
		return fmt.Errorf("replace record: %w", err)
	}
	return nil
}

// replaceDerived puts the vendor's own record in the place of one made up for it. Why it
// belongs to the request stays.
func (t tx) replaceDerived(ctx context.Context, k seal.Key, r dsr.Record, at func(string) seal.Place, before found) error {
	_, err := t.ExecContext(ctx, `UPDATE records SET sort_ns = ?, seen_ns = ?, body = ? WHERE id = ?`,
		nanos(sortTime(r)), nanos(seenTime(r)), k.Seal(at("body"), r.Raw), before.id)
	if err != nil {
		return fmt.Errorf("replace record: %w", err)
	}
	return nil
}

// recordPlace returns the places of a record's sealed columns.
func recordPlace(request, source string, kind dsr.RecordKind, vendor []byte) func(column string) seal.Place {
	row := request + "|" + source + "|" + string(kind) + "|" + hex.EncodeToString(vendor)
	return func(column string) seal.Place { return seal.At("records", column, row) }
}

func sortTime(r dsr.Record) time.Time {
	if r.Kind == dsr.Conversation {
		return r.Start
	}
	return r.Time
}

func seenTime(r dsr.Record) time.Time {
	if r.Kind == dsr.Conversation {
		return r.LastAction
	}
	return r.Time
}

// follow stores what goes with a record that has just been kept: the group that holds
// it, and the messages that it leads to.
func (t tx) follow(ctx context.Context, k seal.Key, f dsr.Find, perPage int) error {
	if f.Group != nil {
		group := dsr.Find{RequestID: f.RequestID, Record: *f.Group}
		if err := t.storeFind(ctx, k, 0, group); err != nil {
			return err
		}
	}
	for _, q := range f.Next {
		if err := t.askNext(ctx, k, f, q, perPage); err != nil {
			return err
		}
	}
	if f.Weak {
		return t.countAnomaly(ctx, f, dsr.WeakMatch)
	}
	return nil
}

// addWhy adds reasons to those of a record that is kept, in an order that does not
// depend on which came first.
func (t tx) addWhy(ctx context.Context, k seal.Key, request string, r dsr.Record) error {
	vendor := vendorKey(k, r)
	at := recordPlace(request, r.Source, r.Kind, vendor)
	const record = `request_id = ? AND source = ? AND kind = ? AND vendor_key = ?`
	var sealed []byte
	err := t.QueryRowContext(ctx, `SELECT why FROM records WHERE `+record, request, r.Source, string(r.Kind), vendor).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read reasons: %w", err)
	}
	var before []dsr.Why
	if err := k.OpenJSON(at("why"), sealed, &before); err != nil {
		return err
	}
	if sealed, err = k.SealJSON(at("why"), union(before, r.Why)); err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, `UPDATE records SET why = ? WHERE `+record, sealed, request, r.Source, string(r.Kind), vendor); err != nil {
		return fmt.Errorf("add reasons: %w", err)
	}
	return nil
}

func union(a, b []dsr.Why) []dsr.Why {
	all := slices.SortedFunc(slices.Values(slices.Concat(a, b)), func(x, y dsr.Why) int {
		return cmp.Or(cmp.Compare(x.Selector, y.Selector), cmp.Compare(x.Path, y.Path))
	})
	return slices.Compact(all)
}
