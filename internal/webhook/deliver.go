package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"dsr-server/internal/dsr"
)

// GiveUpAfter is how long a message is tried.
const GiveUpAfter = 72 * time.Hour

// Backoff is how long a message waits after its nth failure: from 5 s, three times as long
// each time, to 6 h, with a random tenth so that receivers are not met by all at once.
func Backoff(n int) time.Duration {
	wait := 5 * time.Second
	for range n - 1 {
		if wait *= 3; wait >= maxBackoff {
			wait = maxBackoff
			break
		}
	}
	return wait + rand.N(wait/10+1) //nolint:gosec // G404: spreads load, guards nothing
}

const maxBackoff = 6 * time.Hour

// Later says that nothing is due before a time.
type Later struct{ Until time.Time }

func (l Later) Error() string { return "the next try is at " + l.Until.UTC().Format(time.RFC3339) }

// Stopped says that the program is about to stop.
type Stopped struct{}

func (Stopped) Error() string { return "webhooks: the program is stopping" }

// Deliver sends what waits under one key, one after the other, and returns nil when nothing
// does. A message whose try is not on record, because of a crash or a lost lease, is sent
// again.
func (s *Sender) Deliver(ctx context.Context, messages Store) error {
	for {
		if err := messages.NoteWakes(ctx); err != nil {
			return err
		}
		m, err := messages.NextDelivery(ctx)
		if err != nil || m == nil {
			return err
		}
		if m.NextAt.After(s.o.Now()) {
			return Later{m.NextAt}
		}
		select {
		case <-messages.Stopping():
			return Stopped{}
		default:
		}
		if err := s.try(ctx, messages, *m); err != nil {
			return err
		}
	}
}

func (s *Sender) try(ctx context.Context, messages Store, m dsr.Outgoing) error {
	if !messages.Alive() {
		return Stopped{}
	}
	r, err := s.send(ctx, m)
	if err != nil {
		return fmt.Errorf("delivery %s: %w", m.ID, err)
	}
	again := s.o.Now().Add(max(s.o.Backoff(m.Attempts+1), r.after))
	if again.After(m.CreatedAt.Add(GiveUpAfter)) {
		again = time.Time{}
	}
	if r.failure != "" && again.IsZero() {
		s.o.Log.WarnContext(ctx, "a message to a webhook is given up", slog.String("delivery", m.ID), slog.String("webhook", m.Webhook), slog.String("why", r.failure))
	}
	return messages.Tried(ctx, m.Delivery, r.status, r.failure, again)
}
