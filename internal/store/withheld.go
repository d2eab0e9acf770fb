package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
	"dsr-server/internal/seal"
)

// Withheld implements api.Service: the first first. That by has looked is put on record.
func (s *Store) Withheld(ctx context.Context, by dsr.Principal, id string) ([]dsr.Withheld, error) {
	if _, err := s.Viewed(ctx, by, id, s.Glance); err != nil {
		return nil, err
	}
	return s.Contents(id).Withheld(ctx)
}

// Withheld implements archive.Contents: the first first.
func (c Contents) Withheld(ctx context.Context) (items []dsr.Withheld, err error) {
	err = c.s.view(ctx, func(t tx) (err error) {
		items, err = t.withheldOf(ctx, c.id)
		return err
	})
	return items, err
}

// withheldOf is withheld of a request whose key is still to be had.
func (t tx) withheldOf(ctx context.Context, id string) ([]dsr.Withheld, error) {
	k, err := t.dataKey(ctx, id)
	if err != nil {
		return nil, err
	}
	return t.withheld(ctx, k, id)
}

func (t tx) withheld(ctx context.Context, k seal.Key, id string) (items []dsr.Withheld, err error) {
	rows, err := t.QueryContext(ctx, `SELECT number, place, reason, note, created_at, created_by FROM withheld WHERE request_id = ? ORDER BY number`, id)
	if err != nil {
		return nil, fmt.Errorf("read what is withheld: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var item dsr.Withheld
		var number, at int64
		var place, note []byte
		if err := rows.Scan(&number, &place, &item.Reason, &note, &at, &item.By); err != nil {
			return nil, fmt.Errorf("read what is withheld: %w", err)
		}
		item.ID, item.At = itemID(number), time.UnixMilli(at).UTC()
		if err := k.OpenJSON(withheldPlace("place", id, number), place, &item.Place); err != nil {
			return nil, err
		}
		plain, err := k.Open(withheldPlace("note", id, number), note)
		if err != nil {
			return nil, err
		}
		item.Note = string(plain)
		items = append(items, item)
	}
	return items, rows.Err()
}

func (t tx) insertWithheld(ctx context.Context, k seal.Key, id string, item dsr.Withheld) error {
	number, _ := numberOf(item.ID)
	place, err := k.SealJSON(withheldPlace("place", id, number), item.Place)
	if err != nil {
		return err
	}
	var note, message []byte
	if item.Note != "" {
		note = k.Seal(withheldPlace("note", id, number), []byte(item.Note))
	}
	if item.Message != "" {
		message = k.MAC("withheld message", []byte(strings.Join([]string{item.Source, strconv.Itoa(len(item.Conversation)), item.Conversation, item.Message}, " ")))
	}
	_, err = t.ExecContext(ctx, `
		INSERT INTO withheld (request_id, number, kind, conversation_key, message_key, place, reason, note, created_at, created_by)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, number, string(item.Kind()), conversationKey(k, item.Source, item.Conversation), message, place, string(item.Reason), note, item.At.UnixMilli(), item.By)
	if err != nil {
		return fmt.Errorf("store what is withheld: %w", err)
	}
	return nil
}

func withheldPlace(column, id string, number int64) seal.Place {
	return seal.At("withheld", column, id+"|"+itemID(number))
}

// itemID is what people call an item that is withheld.
func itemID(number int64) string { return "w" + strconv.FormatInt(number, 10) }

func numberOf(item string) (number int64, ok bool) {
	digits, named := strings.CutPrefix(item, "w")
	number, err := strconv.ParseInt(digits, 10, 64)
	return number, named && err == nil && itemID(number) == item
}

// withheldBefore is what an earlier call with the same idempotency key has withheld.
func (s *Store) withheldBefore(ctx context.Context, id string, w dsr.Withholding) (items []dsr.Withheld, err error) {
	all, err := s.Contents(id).Withheld(ctx)
	for _, p := range w.Items {
		for _, item := range all {
			if item.Place == p {
				items = append(items, item)
			}
		}
	}
	return items, err
}

// AlsoHere returns where else passages that are withheld stand in what was found, once for
// each place: nobody has decided about those, and each can be withheld as it is returned.
func (s *Store) AlsoHere(ctx context.Context, id string) (places []dsr.Place, err error) {
	err = s.view(ctx, func(t tx) error {
		r, err := t.request(ctx, id)
		if err != nil {
			return err
		}
		search, err := t.newAlsoSearch(ctx, id)
		if err != nil || len(search.passages) == 0 {
			return err
		}
		for _, source := range r.Sources {
			if err := t.alsoIn(ctx, id, source, search); err != nil {
				return err
			}
		}
		places = search.places
		return nil
	})
	return places, err
}

// alsoSearch looks for passages where they are not withheld.
type alsoSearch struct {
	passages []string
	withheld map[dsr.Place]bool
	places   []dsr.Place
}

func (t tx) newAlsoSearch(ctx context.Context, id string) (*alsoSearch, error) {
	items, err := t.withheldOf(ctx, id)
	if err != nil {
		return nil, err
	}
	a := &alsoSearch{withheld: map[dsr.Place]bool{}}
	seen := map[string]bool{}
	for _, item := range items {
		a.withheld[item.Place] = true
		if item.Text != "" && !seen[item.Text] {
			seen[item.Text] = true
			a.passages = append(a.passages, item.Text)
		}
	}
	return a, nil
}

func (t tx) alsoIn(ctx context.Context, id, source string, a *alsoSearch) error {
	return t.reading(ctx, id, source, dsr.Conversation, func(rd reading) error {
		entries, err := rd.entries(ctx, "")
		if err != nil {
			return err
		}
		for _, e := range entries {
			rec, err := rd.record(ctx, e.row)
			if err != nil {
				return err
			}
			at := dsr.Place{Source: source, Conversation: rec.Name()}
			if a.withheld[at] {
				continue
			}
			a.look(rec, at)
			err = t.eachMessage(ctx, id, rec, func(m dsr.Record) error {
				in := at
				if in.Message = m.Name(); !a.withheld[in] {
					a.look(m, in)
				}
				return ctx.Err()
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// look adds the passages of a record for which nothing has been decided. One that stands only
// where a longer one is withheld goes with that.
func (a *alsoSearch) look(rec dsr.Record, at dsr.Place) {
	var decided []string
	for _, passage := range a.passages {
		in := at
		if in.Text = passage; a.withheld[in] {
			decided = append(decided, passage)
		}
	}
	left, _ := record.Without(rec.Raw, decided, rec.Names()...)
	_, counts := record.Without(left, a.passages, rec.Names()...)
	for i, n := range counts {
		if n > 0 {
			at.Text = a.passages[i]
			a.places = append(a.places, at)
		}
	}
}
