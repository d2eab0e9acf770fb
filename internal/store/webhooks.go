package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// webhookKey seals addresses and secrets of webhooks. Like the device key it follows from one
// that outlives the master key.
func (s *Store) webhookKey() seal.Key { return s.equal.Derive("webhooks") }

func webhookPlace(column, id string) seal.Place { return seal.At("webhooks", column, id) }

// newHookSecret is 256 random bits in the form of Standard Webhooks.
func newHookSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return dsr.HookSecretPrefix + base64.StdEncoding.EncodeToString(b[:])
}

// CreateWebhook implements api.Service: its secret is in the answer alone.
func (s *Store) CreateWebhook(ctx context.Context, by dsr.Principal, address string, events []dsr.HookEvent) (made dsr.HookSecret, err error) {
	made = dsr.HookSecret{ID: newID(), Secret: newHookSecret()}
	err = s.update(ctx, func(t tx) error {
		var n int
		if err := t.QueryRowContext(ctx, `SELECT count(*) FROM webhooks`).Scan(&n); err != nil {
			return fmt.Errorf("count webhooks: %w", err)
		}
		if n >= dsr.MaxWebhooks {
			return dsr.Errorf(dsr.Conflict, "too_many_webhooks", "there are %d webhooks, which is the limit; it is fixed, delete one first", n)
		}
		names, err := json.Marshal(events)
		if err != nil {
			return fmt.Errorf("encode events: %w", err)
		}
		k := s.webhookKey()
		_, err = t.ExecContext(ctx, `INSERT INTO webhooks (id, url, secret, events, created_at, created_by) VALUES (?, ?, ?, ?, ?, ?)`,
			made.ID, k.Seal(webhookPlace("url", made.ID), []byte(address)), k.Seal(webhookPlace("secret", made.ID), []byte(made.Secret)),
			string(names), t.now.UnixMilli(), by.ID)
		if err != nil {
			return fmt.Errorf("store webhook: %w", err)
		}
		return t.recordWebhook(ctx, audit.WebhookCreated, by, made.ID, map[string]string{"host": hostOf(address)})
	})
	return made, translate(err)
}

// recordWebhook puts on record what was done to a webhook. Of an address only the host is
// told: the rest may be a secret.
func (t tx) recordWebhook(ctx context.Context, kind audit.Kind, by dsr.Principal, id string, more map[string]string) error {
	data := map[string]string{"webhook": id}
	for name, value := range more {
		data[name] = value
	}
	return t.record(ctx, audit.Event{Kind: kind, Actor: by.ID, Data: data})
}

// hostOf is the host of an address that was checked.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

const selectWebhook = `SELECT id, url, events, active, created_at, created_by, prior_until, gone_at,
	(SELECT count(*) FROM deliveries d WHERE d.webhook_id = webhooks.id AND d.state = 'waiting'),
	(SELECT count(*) FROM deliveries d WHERE d.webhook_id = webhooks.id AND d.state = 'dead') FROM webhooks `

// Webhooks implements api.Service: the earliest first.
func (s *Store) Webhooks(ctx context.Context) (hooks []dsr.Webhook, err error) {
	rows, err := s.r.QueryContext(ctx, selectWebhook+`ORDER BY created_at, id`)
	if err != nil {
		return nil, fmt.Errorf("list webhooks: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		h, err := s.scanWebhook(rows)
		if err != nil {
			return nil, err
		}
		hooks = append(hooks, h)
	}
	return hooks, rows.Err()
}

// Webhook implements api.Service.
func (s *Store) Webhook(ctx context.Context, id string) (dsr.Webhook, error) {
	return s.scanWebhook(s.r.QueryRowContext(ctx, selectWebhook+`WHERE id = ?`, id))
}

func (s *Store) scanWebhook(row scanner) (h dsr.Webhook, err error) {
	var sealed []byte
	var events string
	var created int64
	var prior, gone sql.NullInt64
	err = row.Scan(&h.ID, &sealed, &events, &h.Active, &created, &h.CreatedBy, &prior, &gone, &h.Waiting, &h.Dead)
	if errors.Is(err, sql.ErrNoRows) {
		return h, noWebhook()
	}
	if err != nil {
		return h, fmt.Errorf("read webhook: %w", err)
	}
	if err := json.Unmarshal([]byte(events), &h.Events); err != nil {
		return h, fmt.Errorf("decode events of webhook %s: %w", h.ID, err)
	}
	h.CreatedAt, h.GoneAt = time.UnixMilli(created).UTC(), fromMillis(gone)
	if h.PriorUntil = fromMillis(prior); !h.PriorUntil.After(s.now()) {
		h.PriorUntil = time.Time{}
	}
	plain, err := s.webhookKey().Open(webhookPlace("url", h.ID), sealed)
	h.URL = string(plain)
	return h, err
}

func noWebhook() error {
	return dsr.Errorf(dsr.NotFound, "not_found", "there is no webhook with this id")
}

// ChangeWebhook implements api.Service. What waits goes to the new address; a webhook that is
// made active again is told what has waited.
func (s *Store) ChangeWebhook(ctx context.Context, by dsr.Principal, id string, c dsr.WebhookChange) (dsr.Webhook, error) {
	err := s.update(ctx, func(t tx) error {
		h, err := s.scanWebhook(t.QueryRowContext(ctx, selectWebhook+`WHERE id = ?`, id))
		if err != nil {
			return err
		}
		h, data := changedWebhook(h, c)
		names, err := json.Marshal(h.Events)
		if err != nil {
			return fmt.Errorf("encode events: %w", err)
		}
		_, err = t.ExecContext(ctx, `UPDATE webhooks SET url = ?1, events = ?2, active = ?3, gone_at = iif(?3, NULL, gone_at) WHERE id = ?4`,
			s.webhookKey().Seal(webhookPlace("url", id), []byte(h.URL)), string(names), h.Active, id)
		if err != nil {
			return fmt.Errorf("change webhook: %w", err)
		}
		if err := t.resumeWebhook(ctx, h); err != nil {
			return err
		}
		return t.recordWebhook(ctx, audit.WebhookChanged, by, id, data)
	})
	if err != nil {
		return dsr.Webhook{}, translate(err)
	}
	s.opts.Woken()
	return s.Webhook(ctx, id)
}

// changedWebhook is the webhook after the change, and what of that goes on record.
func changedWebhook(h dsr.Webhook, c dsr.WebhookChange) (dsr.Webhook, map[string]string) {
	if c.URL != nil {
		h.URL = *c.URL
	}
	if c.Events != nil {
		h.Events = c.Events
	}
	if c.Active != nil {
		h.Active = *c.Active
	}
	return h, map[string]string{"host": hostOf(h.URL), "active": fmt.Sprint(h.Active), "events": fmt.Sprint(len(h.Events))}
}

// DeleteWebhook implements api.Service: what waits goes with it, and the log of its deliveries.
func (s *Store) DeleteWebhook(ctx context.Context, by dsr.Principal, id string) error {
	return translate(s.update(ctx, func(t tx) error {
		done, err := t.ExecContext(ctx, `DELETE FROM webhooks WHERE id = ?`, id)
		if err != nil {
			return fmt.Errorf("delete webhook: %w", err)
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, noWebhook())
		}
		return t.recordWebhook(ctx, audit.WebhookDeleted, by, id, nil)
	}))
}

// RotateWebhook implements api.Service: what is sent during the overlap is signed with both
// secrets, the new and the one before.
func (s *Store) RotateWebhook(ctx context.Context, by dsr.Principal, id string, overlap time.Duration) (made dsr.HookSecret, err error) {
	made = dsr.HookSecret{ID: id, Secret: newHookSecret()}
	err = s.update(ctx, func(t tx) error {
		var sealed []byte
		err := t.QueryRowContext(ctx, `SELECT secret FROM webhooks WHERE id = ?`, id).Scan(&sealed)
		if errors.Is(err, sql.ErrNoRows) {
			return noWebhook()
		}
		if err != nil {
			return fmt.Errorf("read webhook: %w", err)
		}
		k := s.webhookKey()
		before, err := k.Open(webhookPlace("secret", id), sealed)
		if err != nil {
			return err
		}
		var prior []byte
		if overlap > 0 {
			made.PriorUntil = t.now.Add(overlap)
			prior = k.Seal(webhookPlace("prior_secret", id), before)
		}
		_, err = t.ExecContext(ctx, `UPDATE webhooks SET secret = ?, prior_secret = ?, prior_until = ? WHERE id = ?`,
			k.Seal(webhookPlace("secret", id), []byte(made.Secret)), prior, millis(made.PriorUntil), id)
		if err != nil {
			return fmt.Errorf("rotate webhook's secret: %w", err)
		}
		return t.recordWebhook(ctx, audit.WebhookRotated, by, id, map[string]string{"overlap_seconds": fmt.Sprint(int64(overlap.Seconds()))})
	})
	return made, translate(err)
}
