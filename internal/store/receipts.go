package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"dsr-server/internal/dsr"
)

// gone is the error about a purged request; it carries the receipt.
func (t tx) gone(ctx context.Context, id string) error {
	e := dsr.Errorf(dsr.Gone, "purged", "the request has been purged; the receipt says when and why")
	err := t.QueryRowContext(ctx, `SELECT body FROM receipts WHERE request_id = ?`, id).Scan(&e.Receipt)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read receipt: %w", err)
	}
	return e
}

func (s *Store) gone(ctx context.Context, id string) error {
	return s.view(ctx, func(t tx) error { return t.gone(ctx, id) })
}

// Receipt implements api.Service.
func (s *Store) Receipt(ctx context.Context, id string) (r dsr.SignedReceipt, err error) {
	err = s.view(ctx, func(t tx) error {
		if _, err := t.request(ctx, id); err != nil {
			return err
		}
		err := t.QueryRowContext(ctx, `SELECT body, signature FROM receipts WHERE request_id = ?`, id).Scan(&r.Text, &r.Signature)
		if errors.Is(err, sql.ErrNoRows) {
			return dsr.Errorf(dsr.NotFound, "no_receipt", "the request has not been purged, so there is no receipt")
		}
		return err
	})
	r.Receipt = json.RawMessage(r.Text)
	return r, err
}
