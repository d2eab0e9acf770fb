package api

import (
	"context"
	"time"

	"dsr-server/internal/dsr"
)

// webhookService is what the calls about webhooks need. Each that changes something is one
// transaction with its audit event; a webhook that there is not is NotFound.
type webhookService interface {
	Webhooks(ctx context.Context) ([]dsr.Webhook, error)
	Webhook(ctx context.Context, id string) (dsr.Webhook, error)
	// CreateWebhook and RotateWebhook return a secret that nobody is shown again.
	CreateWebhook(ctx context.Context, by dsr.Principal, address string, events []dsr.HookEvent) (dsr.HookSecret, error)
	RotateWebhook(ctx context.Context, by dsr.Principal, id string, overlap time.Duration) (dsr.HookSecret, error)
	ChangeWebhook(ctx context.Context, by dsr.Principal, id string, c dsr.WebhookChange) (dsr.Webhook, error)
	DeleteWebhook(ctx context.Context, by dsr.Principal, id string) error
	// TestWebhook and ReplayDelivery have a message sent, which is returned as it waits.
	TestWebhook(ctx context.Context, by dsr.Principal, id string) (dsr.Delivery, error)
	ReplayDelivery(ctx context.Context, by dsr.Principal, webhook, id string) (dsr.Delivery, error)
	Deliveries(ctx context.Context, q dsr.DeliveryQuery) ([]dsr.Delivery, error)
}
