package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
	"dsr-server/internal/seal"
)

// Withhold implements api.Service: all of it or nothing. What was found stays as it is; the
// archive is made again without it and has to be looked at.
func (s *Store) Withhold(ctx context.Context, call dsr.Call, id string, w dsr.Withholding) (items []dsr.Withheld, err error) {
	if err := w.Check(); err != nil {
		return nil, err
	}
	event := audit.Event{Kind: audit.RequestWithheld, Data: map[string]string{"reason": string(w.Reason), "items": strconv.Itoa(len(w.Items))}}
	_, err = s.changeAs(ctx, call, id, event, func(t tx, r dsr.Request) error {
		if err := r.MayWithhold(); err != nil {
			return err
		}
		if items, err = t.withhold(ctx, call.By.ID, r, w); err != nil {
			return err
		}
		event.Data["first"], event.Data["last"] = items[0].ID, items[len(items)-1].ID
		return t.withheldChanged(ctx, r, len(items))
	})
	if err != nil || items != nil {
		return items, err
	}
	return s.withheldBefore(ctx, id, w)
}

// Disclose implements api.Service: it undoes one item.
func (s *Store) Disclose(ctx context.Context, call dsr.Call, id, item string) error {
	event := audit.Event{Kind: audit.RequestDisclosed, Data: map[string]string{"item": item}}
	_, err := s.changeAs(ctx, call, id, event, func(t tx, r dsr.Request) error {
		number, named := numberOf(item)
		if !named {
			return unknownItem()
		}
		if err := r.MayWithhold(); err != nil {
			return err
		}
		done, err := t.ExecContext(ctx, `DELETE FROM withheld WHERE request_id = ? AND number = ?`, id, number)
		if err != nil {
			return fmt.Errorf("undo withholding: %w", err)
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return unknownItem()
		}
		return t.withheldChanged(ctx, r, 1)
	})
	return err
}

func unknownItem() error {
	e := dsr.Errorf(dsr.NotFound, "not_found", "nothing of this id is withheld; GET …/withheld lists what is")
	e.Field = "item"
	return e
}

// withhold stores the items of a withholding, each of which is there to be withheld.
func (t tx) withhold(ctx context.Context, by string, r dsr.Request, w dsr.Withholding) ([]dsr.Withheld, error) {
	k, err := t.dataKey(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	before, err := t.withheld(ctx, k, r.ID)
	if err != nil {
		return nil, err
	}
	if len(before)+len(w.Items) > dsr.MaxWithheld {
		return nil, dsr.Errorf(dsr.Conflict, "too_much_withheld", "of the request %d things are withheld, and %d is the limit; it is fixed, withhold whole messages or conversations instead", len(before), dsr.MaxWithheld)
	}
	if err := t.checkPlaces(ctx, k, r, w.Items); err != nil {
		return nil, err
	}
	var items []dsr.Withheld
	for i, p := range w.Items {
		if at := slices.IndexFunc(before, func(b dsr.Withheld) bool { return b.Place == p }); at >= 0 {
			return nil, dsr.AlreadyWithheld(i, before[at].ID)
		}
		item := dsr.Withheld{ID: itemID(r.WithheldChanges + int64(i) + 1), Place: p, Reason: w.Reason, Note: w.Note, At: t.now, By: by}
		if err := t.insertWithheld(ctx, k, r.ID, item); err != nil {
			return nil, err
		}
		items, before = append(items, item), append(before, item)
	}
	return items, nil
}

// withheldChanged has the archive made again, n changes later. What was ready has to be looked
// at again; the archive that was released stays in force until another is.
func (t tx) withheldChanged(ctx context.Context, r dsr.Request, n int) error {
	if err := t.recordsAreThere(ctx, r); err != nil {
		return err
	}
	_, err := t.ExecContext(ctx, `
		UPDATE requests SET withheld_changes = withheld_changes + ?, repackaging = 1, repackaging_failed = 0, updated_at = ? WHERE id = ?`, n, t.now.UnixMilli(), r.ID)
	if err != nil {
		return fmt.Errorf("note what is withheld: %w", err)
	}
	if r.Status == dsr.Ready {
		if err := t.reviewAgain(ctx, r); err != nil {
			return err
		}
	}
	return t.enqueue(ctx, JobRepackage, r.ID)
}

// reviewAgain moves what is ready back to review. Until its archive has been made again, that
// is the one in force.
func (t tx) reviewAgain(ctx context.Context, r dsr.Request) error {
	if r.Released != nil {
		if err := t.setPrior(ctx, r, ``); err != nil {
			return err
		}
	}
	if err := t.move(ctx, r, dsr.Review); err != nil {
		return err
	}
	return t.startRetention(ctx, r.ID)
}

// checkPlaces refuses items that are not there to be withheld. Of each conversation the
// messages are read once.
func (t tx) checkPlaces(ctx context.Context, k seal.Key, r dsr.Request, items []dsr.Place) error {
	type talk struct{ source, conversation string }
	wanted := map[talk][]int{}
	for i, p := range items {
		at := talk{p.Source, p.Conversation}
		wanted[at] = append(wanted[at], i)
	}
	for i, p := range items { // in their order, so that the first fault is named
		at := talk{p.Source, p.Conversation}
		if wanted[at] == nil {
			continue
		}
		if !slices.Contains(r.Sources, p.Source) {
			return dsr.FieldErrorf(itemField(i, "source"), "is no source of this request; its sources say which are")
		}
		rec, err := t.conversation(ctx, k, r, p.Source, p.Conversation)
		if dsr.KindOf(err) == dsr.NotFound {
			return dsr.FieldErrorf(itemField(i, "conversation"), "no such conversation was found for this request in this source; GET …/conversations lists those that were")
		}
		if err != nil {
			return err
		}
		if err := t.checkWithin(ctx, r, rec, items, wanted[at]); err != nil {
			return err
		}
		delete(wanted, at)
	}
	return nil
}

func itemField(i int, name string) string { return fmt.Sprintf("items[%d].%s", i, name) }

// checkWithin checks the items, by their numbers, that are of one conversation.
func (t tx) checkWithin(ctx context.Context, r dsr.Request, conversation dsr.Record, items []dsr.Place, numbers []int) error {
	open := map[string][]int{} // items by message
	for _, i := range numbers {
		switch p := items[i]; {
		case p.Message != "":
			open[p.Message] = append(open[p.Message], i)
		case p.Text != "":
			if err := occurs(conversation, p, i); err != nil {
				return err
			}
		}
	}
	if len(open) == 0 {
		return nil
	}
	err := t.eachMessage(ctx, r.ID, conversation, func(rec dsr.Record) error {
		for _, i := range open[rec.Name()] {
			if err := occurs(rec, items[i], i); err != nil {
				return err
			}
		}
		delete(open, rec.Name())
		return nil
	})
	if err != nil {
		return err
	}
	for _, i := range numbers {
		if _, missing := open[items[i].Message]; missing {
			return dsr.FieldErrorf(itemField(i, "message"), "no such message was found in this conversation; GET …/conversations/{source}/{conversation} has those that were")
		}
	}
	return nil
}

// occurs refuses a passage that the record does not have.
func occurs(rec dsr.Record, p dsr.Place, item int) error {
	if p.Text == "" {
		return nil
	}
	if _, counts := record.Without(rec.Raw, []string{p.Text}, rec.Names()...); counts[0] > 0 {
		return nil
	}
	return dsr.FieldErrorf(itemField(item, "text"), "does not occur there, letter by letter; copy it from the transcript. An id stays, and a passage that spans several texts is several items")
}
