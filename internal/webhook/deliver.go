package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/outbox"
)

// Deliver sends what waits under one key, as outbox.Drain does.
func (s *Sender) Deliver(ctx context.Context, messages Store) error {
	return outbox.Drain(ctx, messages, outbox.Steps[dsr.Outgoing]{
		Next: messages.NextDelivery, DueAt: func(m dsr.Outgoing) time.Time { return m.NextAt }, Now: s.o.Now,
		Try: func(ctx context.Context, m dsr.Outgoing) error { return s.try(ctx, messages, m) },
	})
}

func (s *Sender) try(ctx context.Context, messages Store, m dsr.Outgoing) error {
	r, err := s.send(ctx, m)
	if err != nil {
		return fmt.Errorf("delivery %s: %w", m.ID, err)
	}
	again := outbox.Again(s.o.Now(), m.CreatedAt, max(s.o.Backoff(m.Attempts+1), r.after))
	if r.failure == dsr.HookGone {
		again = time.Time{}
	}
	if r.failure != "" && again.IsZero() {
		s.o.Log.WarnContext(ctx, "a message to a webhook is given up", slog.String("delivery", m.ID), slog.String("webhook", m.Webhook), slog.String("why", r.failure))
	}
	return messages.Tried(ctx, m.Delivery, r.status, r.failure, again)
}
