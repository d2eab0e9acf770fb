package store

import (
	"context"
	"errors"
	"strconv"

	"dsr-server/internal/dsr"
)

// SubmitBatch implements api.Service: all rows in one transaction, in their order. A row that
// is refused leaves nothing behind; a fault of the storage stores none of them.
func (s *Store) SubmitBatch(ctx context.Context, call dsr.Call, rows []dsr.BatchRow, atomic bool) (done []dsr.BatchRow, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.commitTogether(func(t tx) (err error) {
		done, err = t.submitBatch(context.WithoutCancel(ctx), call, rows)
		if err == nil && atomic {
			err = dsr.BatchRefused(done)
		}
		return err
	})
	if err != nil {
		return nil, translate(err)
	}
	s.opts.Woken()
	return done, nil
}

// submitBatch returns the rows with what has become of each.
func (t tx) submitBatch(ctx context.Context, call dsr.Call, rows []dsr.BatchRow) (done []dsr.BatchRow, err error) {
	if _, err := t.replayed(ctx, call); err != nil {
		return nil, err
	}
	first := true // of those accepted
	for i, row := range rows {
		if row.Refused == nil {
			if err := t.submitRow(ctx, ofRow(call, i), &row); err != nil {
				return nil, err
			}
		}
		if row.ID != "" && first {
			first = false
			if err := t.rememberOnce(ctx, call, row.ID); err != nil {
				return nil, err
			}
		}
		done = append(done, row)
	}
	return done, nil
}

func (t tx) submitRow(ctx context.Context, call dsr.Call, row *dsr.BatchRow) error {
	refused, err := t.apart(func() (err error) {
		row.ID, err = t.submit(ctx, call, row.Submission)
		return err
	})
	if err != nil || refused == nil {
		return err
	}
	var known bool
	if row.Refused, known = errors.AsType[*dsr.Error](refused); !known {
		return refused
	}
	row.ID = ""
	return nil
}

// ofRow is the call with a key of the row's own, which no caller can send: so a batch that is
// sent again finds what each of its rows led to.
func ofRow(call dsr.Call, row int) dsr.Call {
	if call.Key.Key != "" {
		call.Key.Key += "\x00" + strconv.Itoa(row)
	}
	return call
}

// rememberOnce binds the key to the call as a whole, so that it goes with no other.
func (t tx) rememberOnce(ctx context.Context, call dsr.Call, id string) error {
	if earlier, err := t.replayed(ctx, call); err != nil || earlier != "" {
		return err
	}
	return t.remember(ctx, call, id)
}
