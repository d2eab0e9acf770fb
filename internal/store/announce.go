package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
)

// Every event that webhooks tell is stored in the transaction of what it tells: one row for
// each that wants to know, and one job for each row of messages that keeps an order. The key of
// such a job is the webhook's id and the request's; it sends what waits under it, the earliest
// first, and nothing before what is earlier has been delivered or given up.

// JobWebhook sends what waits for a webhook about a request.
const JobWebhook = "webhook"

// testStream is in the place of the request's id for tests.
const testStream = "test"

func streamKey(webhook, request string) string { return webhook + "/" + request }

// announcement is what a message's body is made of: ids and codes alone.
type announcement struct {
	Type      dsr.HookEvent `json:"type"`
	Timestamp string        `json:"timestamp"`
	Data      announced     `json:"data"`
}

type announced struct {
	Request  string     `json:"request,omitempty"`
	Status   dsr.Status `json:"status,omitempty"`
	Complete *bool      `json:"complete,omitempty"`
	Source   string     `json:"source,omitempty"`
	Code     string     `json:"code,omitempty"`
	Webhook  string     `json:"webhook,omitempty"`
}

// announceStatus tells of the status that a request has now, if it is one that webhooks tell.
func (t tx) announceStatus(ctx context.Context, id string, to dsr.Status) error {
	event, told := dsr.StatusEvents[to]
	if !told {
		return nil
	}
	return t.announce(ctx, event, id, announced{})
}

// announceRefusal tells that a source has refused the search of a request for good.
func (t tx) announceRefusal(ctx context.Context, id, source string, why []dsr.Reason) error {
	for _, r := range why {
		if r.Code == dsr.ReasonKeyRefused || r.Code == dsr.ReasonVendorRefused {
			return t.announce(ctx, dsr.HookSourceRefused, id, announced{Source: source, Code: r.Code})
		}
	}
	return nil
}

// announce stores an event for every webhook that wants it, for the request's own
// callback_url, and for the staff whom it concerns.
func (t tx) announce(ctx context.Context, event dsr.HookEvent, id string, what announced) error {
	if mail, told := mailEvents[event]; told {
		if err := t.notify(ctx, mail, id, ""); err != nil {
			return err
		}
	}
	to, err := t.listeners(ctx, event, id)
	if err != nil || len(to) == 0 {
		return err
	}
	var complete sql.NullBool
	var code string
	err = t.QueryRowContext(ctx, `SELECT status, complete, coalesce(error_code, '') FROM requests WHERE id = ?`, id).Scan(&what.Status, &complete, &code)
	if err != nil {
		return fmt.Errorf("announce %s: %w", event, err)
	}
	what.Request = id
	if complete.Valid {
		what.Complete = &complete.Bool
	}
	if what.Code == "" {
		what.Code = code
	}
	message := newMessageID()
	for _, webhook := range to {
		if err := t.insertDelivery(ctx, dsr.Delivery{Webhook: webhook, Request: id, MessageID: message, Event: event}, what); err != nil {
			return err
		}
	}
	return nil
}

// listeners are the webhooks that want an event, and CallbackHook where the request has one.
func (t tx) listeners(ctx context.Context, event dsr.HookEvent, id string) ([]string, error) {
	return t.ids(ctx, `
		SELECT id FROM webhooks WHERE active = 1 AND EXISTS (SELECT 1 FROM json_each(webhooks.events) e WHERE e.value = ?1)
		UNION ALL SELECT '`+dsr.CallbackHook+`' FROM requests WHERE id = ?2 AND callback_url IS NOT NULL`, string(event), id)
}

// insertDelivery stores a new message.
func (t tx) insertDelivery(ctx context.Context, d dsr.Delivery, what announced) error {
	var err error
	if d.Body, err = t.bodyOf(d.Event, what); err != nil {
		return err
	}
	_, err = t.queueDelivery(ctx, d)
	return err
}

func (t tx) bodyOf(event dsr.HookEvent, what announced) (string, error) {
	body, err := json.Marshal(announcement{event, t.now.Format(messageTime), what})
	if err != nil {
		return "", fmt.Errorf("encode %s: %w", event, err)
	}
	return string(body), nil
}

// messageTime is RFC 3339 to the millisecond.
const messageTime = "2006-01-02T15:04:05.000Z07:00"

func newMessageID() string { return "msg_" + strings.ReplaceAll(newID(), "-", "") }

// queueDelivery stores a message and has it sent in its turn; it returns its id.
func (t tx) queueDelivery(ctx context.Context, d dsr.Delivery) (id string, err error) {
	id = newID()
	webhook := text(d.Webhook)
	if d.Webhook == dsr.CallbackHook {
		webhook.Valid = false
	}
	_, err = t.ExecContext(ctx, `
		INSERT INTO deliveries (id, webhook_id, request_id, message_id, event, body, state, created_at, next_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?7, ?7)`,
		id, webhook, text(d.Request), d.MessageID, string(d.Event), d.Body, t.now.UnixMilli())
	if err != nil {
		return "", fmt.Errorf("store delivery: %w", err)
	}
	stream := d.Request
	if stream == "" {
		stream = testStream
	}
	return id, t.enqueueStream(ctx, d.Webhook, stream)
}

// enqueueStream has what waits under a webhook and a request sent. Webhooks take turns.
func (t tx) enqueueStream(ctx context.Context, webhook, stream string) error {
	return jobs.Enqueue(ctx, t.Tx, t.now, jobs.Job{Kind: JobWebhook, Key: streamKey(webhook, stream), Line: webhook})
}

// resumeWebhook has everything sent that waits for a webhook, unless that is not active.
func (t tx) resumeWebhook(ctx context.Context, h dsr.Webhook) error {
	if !h.Active {
		return nil
	}
	streams, err := t.ids(ctx, `SELECT DISTINCT coalesce(request_id, ?) FROM deliveries WHERE webhook_id = ? AND state = 'waiting'`, testStream, h.ID)
	if err != nil {
		return err
	}
	for _, stream := range streams {
		if err := t.enqueueStream(ctx, h.ID, stream); err != nil {
			return err
		}
	}
	return nil
}

// forgetStreams forgets the jobs that were given up of a request's messages.
func (t tx) forgetStreams(ctx context.Context, id string) error {
	hooks, err := t.ids(ctx, `SELECT DISTINCT coalesce(webhook_id, ?) FROM deliveries WHERE request_id = ?`, dsr.CallbackHook, id)
	if err != nil {
		return err
	}
	for _, webhook := range hooks {
		if err := jobs.Forget(ctx, t.Tx, JobWebhook, streamKey(webhook, id)); err != nil {
			return err
		}
	}
	return nil
}
