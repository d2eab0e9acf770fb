package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

const deliveryColumns = `number, id, coalesce(webhook_id, '` + dsr.CallbackHook + `'), coalesce(request_id, ''), message_id, event, body,
	state, attempts, created_at, next_at, ended_at, coalesce(status, 0), coalesce(failure, '')`

func scanDelivery(row scanner) (d dsr.Delivery, err error) {
	var created int64
	var next, ended sql.NullInt64
	err = row.Scan(&d.Number, &d.ID, &d.Webhook, &d.Request, &d.MessageID, &d.Event, &d.Body,
		&d.State, &d.Attempts, &created, &next, &ended, &d.Status, &d.Failure)
	if err != nil {
		return d, fmt.Errorf("read delivery: %w", err)
	}
	d.CreatedAt, d.NextAt, d.EndedAt = time.UnixMilli(created).UTC(), fromMillis(next), fromMillis(ended)
	return d, nil
}

// ofWebhook selects the deliveries of a webhook, which dsr.CallbackHook may stand for.
const ofWebhook = `webhook_id IS nullif(?1, '` + dsr.CallbackHook + `')`

// Deliveries implements api.Service: the newest first.
func (s *Store) Deliveries(ctx context.Context, q dsr.DeliveryQuery) (list []dsr.Delivery, err error) {
	if err := s.webhookExists(ctx, q.Webhook); err != nil {
		return nil, err
	}
	rows, err := s.r.QueryContext(ctx, `SELECT `+deliveryColumns+` FROM deliveries WHERE `+ofWebhook+`
			AND (?2 = '' OR state = ?2) AND (?3 = '' OR number < (SELECT number FROM deliveries WHERE id = ?3))
		ORDER BY number DESC LIMIT ?4`, q.Webhook, string(q.State), q.Before, q.Limit)
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		d, err := scanDelivery(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, rows.Err()
}

func (s *Store) webhookExists(ctx context.Context, id string) error {
	if id == dsr.CallbackHook {
		return nil
	}
	var there bool
	if err := s.r.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM webhooks WHERE id = ?)`, id).Scan(&there); err != nil {
		return fmt.Errorf("look for webhook: %w", err)
	}
	if !there {
		return noWebhook()
	}
	return nil
}

// TestWebhook implements api.Service: a message that is about no request.
func (s *Store) TestWebhook(ctx context.Context, by dsr.Principal, webhook string) (dsr.Delivery, error) {
	return s.send(ctx, by, audit.WebhookTested, func(t tx) (d dsr.Delivery, err error) {
		var active bool
		err = t.QueryRowContext(ctx, `SELECT active FROM webhooks WHERE id = ?`, webhook).Scan(&active)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return d, noWebhook()
		case err != nil:
			return d, fmt.Errorf("read webhook: %w", err)
		case !active:
			return d, notActive()
		}
		d = dsr.Delivery{Webhook: webhook, MessageID: newMessageID(), Event: dsr.HookTest}
		d.Body, err = t.bodyOf(d.Event, announced{Webhook: webhook})
		return d, err
	})
}

// ReplayDelivery implements api.Service: the same message again, with the same id, after what
// waits about its request.
func (s *Store) ReplayDelivery(ctx context.Context, by dsr.Principal, webhook, id string) (dsr.Delivery, error) {
	return s.send(ctx, by, audit.WebhookReplayed, func(t tx) (d dsr.Delivery, err error) {
		d, err = scanDelivery(t.QueryRowContext(ctx, `SELECT `+deliveryColumns+` FROM deliveries WHERE `+ofWebhook+` AND id = ?2`, webhook, id))
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return d, dsr.Errorf(dsr.NotFound, "not_found", "this webhook has no delivery with this id; what has ended is kept for 30 days")
		case err != nil:
			return d, err
		case d.State == dsr.DeliveryWaiting:
			return d, dsr.Errorf(dsr.Conflict, "delivery_waiting", "this delivery still waits to be sent, or to be sent again; it is replayed once it has ended")
		}
		return d, t.isActive(ctx, webhook)
	})
}

func notActive() error {
	return dsr.Errorf(dsr.Conflict, "webhook_inactive", "this webhook is not active, so nothing is sent to it; make it active first")
}

func (t tx) isActive(ctx context.Context, webhook string) error {
	var off bool
	err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM webhooks WHERE id = ? AND active = 0)`, webhook).Scan(&off)
	if err != nil {
		return fmt.Errorf("read webhook: %w", err)
	}
	if off {
		return notActive()
	}
	return nil
}

// send queues the message that somebody has asked for, and puts that on record.
func (s *Store) send(ctx context.Context, by dsr.Principal, kind audit.Kind, message func(tx) (dsr.Delivery, error)) (sent dsr.Delivery, err error) {
	err = s.update(ctx, func(t tx) error {
		d, err := message(t)
		if err != nil {
			return err
		}
		id, err := t.queueDelivery(ctx, d)
		if err != nil {
			return err
		}
		if sent, err = scanDelivery(t.QueryRowContext(ctx, `SELECT `+deliveryColumns+` FROM deliveries WHERE id = ?`, id)); err != nil {
			return err
		}
		return t.recordWebhook(ctx, kind, by, d.Webhook, map[string]string{"delivery": id})
	})
	if err == nil {
		s.opts.Woken()
	}
	return sent, translate(err)
}

// NextDelivery is the earliest message that waits under the job's key, whenever it is to be
// sent; nil: there is none, or nothing is to be sent there.
func (w *Work) NextDelivery(ctx context.Context) (*dsr.Outgoing, error) {
	webhook, stream, _ := strings.Cut(w.lease.Key, "/")
	var out *dsr.Outgoing
	err := w.view(ctx, func(t tx) error {
		d, err := scanDelivery(t.QueryRowContext(ctx, `SELECT `+deliveryColumns+` FROM deliveries
			WHERE `+ofWebhook+` AND request_id IS nullif(?2, '`+testStream+`') AND state = 'waiting' ORDER BY number LIMIT 1`, webhook, stream))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		out = &dsr.Outgoing{Delivery: d}
		if webhook == dsr.CallbackHook {
			out.URL, err = t.callbackURL(ctx, d.Request)
			return err
		}
		active, err := t.address(ctx, out)
		if !active {
			out = nil
		}
		return err
	})
	return out, err
}

// address fills in where a message goes and what it is signed with.
func (t tx) address(ctx context.Context, out *dsr.Outgoing) (active bool, err error) {
	id := out.Webhook
	var address, secret, prior []byte
	var until sql.NullInt64
	err = t.QueryRowContext(ctx, `SELECT url, secret, prior_secret, prior_until, active FROM webhooks WHERE id = ?`, id).
		Scan(&address, &secret, &prior, &until, &active)
	if err != nil {
		return false, fmt.Errorf("read webhook: %w", err)
	}
	k := t.s.webhookKey()
	plain, err := k.Open(webhookPlace("url", id), address)
	if err != nil {
		return false, err
	}
	out.URL = string(plain)
	if plain, err = k.Open(webhookPlace("secret", id), secret); err != nil {
		return false, err
	}
	out.Secrets = []string{string(plain)}
	if prior == nil || !fromMillis(until).After(t.now) {
		return active, nil
	}
	plain, err = k.Open(webhookPlace("prior_secret", id), prior)
	out.Secrets = append(out.Secrets, string(plain))
	return active, err
}

func (t tx) callbackURL(ctx context.Context, request string) (string, error) {
	var sealed []byte
	if err := t.QueryRowContext(ctx, `SELECT callback_url FROM requests WHERE id = ?`, request).Scan(&sealed); err != nil {
		return "", fmt.Errorf("read callback_url: %w", err)
	}
	k, err := t.dataKey(ctx, request)
	if err != nil {
		return "", err
	}
	plain, err := k.Open(requestPlace("callback_url", request), sealed)
	return string(plain), err
}

// Tried puts a try in the log: delivered if there was no failure, to be tried again at again,
// or, if that is zero, dead. A message that has gone meanwhile, with its webhook or its
// request, is none any more.
func (w *Work) Tried(ctx context.Context, d dsr.Delivery, status int, failure string, again time.Time) error {
	state, again := stateAfter(failure, again)
	return w.step(ctx, func(t tx) error {
		ended := sql.NullInt64{Int64: t.now.UnixMilli(), Valid: state != dsr.DeliveryWaiting}
		_, err := t.ExecContext(ctx, `UPDATE deliveries SET state = ?, attempts = attempts + 1, next_at = ?, ended_at = ?, status = nullif(?, 0), failure = ?
			WHERE number = ? AND state = 'waiting'`, string(state), millis(again), ended, status, text(failure), d.Number)
		if err != nil {
			return fmt.Errorf("log delivery: %w", err)
		}
		if failure == dsr.HookGone {
			return t.switchOff(ctx, d.Webhook)
		}
		return nil
	})
}

// stateAfter is how a message stands after a try, and when it is tried next; zero: no more.
func stateAfter(failure string, again time.Time) (dsr.DeliveryState, time.Time) {
	switch {
	case failure == "":
		return dsr.DeliveryDelivered, time.Time{}
	case again.IsZero():
		return dsr.DeliveryDead, again
	}
	return dsr.DeliveryWaiting, again
}

// switchOff sends nothing more to a webhook that wants no more, and puts that on record. What
// waits stays, as it does for a webhook that a person has switched off.
func (t tx) switchOff(ctx context.Context, webhook string) error {
	done, err := t.ExecContext(ctx, `UPDATE webhooks SET active = 0, gone_at = ? WHERE id = ? AND active = 1`, t.now.UnixMilli(), webhook)
	if err != nil {
		return fmt.Errorf("switch off webhook: %w", err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return t.recordWebhook(ctx, audit.WebhookChanged, dsr.Principal{ID: audit.System}, webhook, map[string]string{"active": "false", "code": dsr.HookGone})
}
