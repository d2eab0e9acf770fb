package ui

import (
	"context"

	"dsr-server/internal/dsr"
)

// webhookService is what the pages about webhooks need; a webhook that there is not is NotFound.
type webhookService interface {
	Webhooks(ctx context.Context) ([]dsr.Webhook, error)
	Webhook(ctx context.Context, id string) (dsr.Webhook, error)
	// CreateWebhook returns a secret that nobody is shown again.
	CreateWebhook(ctx context.Context, by dsr.Principal, address string, events []dsr.HookEvent) (dsr.HookSecret, error)
	DeleteWebhook(ctx context.Context, by dsr.Principal, id string) error
	// TestWebhook and ReplayDelivery have a message sent.
	TestWebhook(ctx context.Context, by dsr.Principal, id string) (dsr.Delivery, error)
	ReplayDelivery(ctx context.Context, by dsr.Principal, webhook, id string) (dsr.Delivery, error)
	Deliveries(ctx context.Context, q dsr.DeliveryQuery) ([]dsr.Delivery, error)
}
