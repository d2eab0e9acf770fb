// Package webhook sends messages as Standard Webhooks describes (standardwebhooks.com). It
// keeps true that
//
//   - a message is sent until it is delivered or given up after three days, and nothing that
//     follows it under the same key is sent before;
//   - it carries the signature of every secret that is in force, made at the moment of the try;
//   - only public addresses are called, redirects are not followed, and of an answer the
//     status alone is used.
//
// In reading order: deliver.go, send.go, sign.go.
package webhook

import (
	"context"
	"log/slog"
	"net"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/outbox"
)

// Store is what is known of the messages under one key, to the holder of its lease.
type Store interface {
	// NextDelivery is the earliest that waits; nil: nothing is to be sent.
	NextDelivery(ctx context.Context) (*dsr.Outgoing, error)
	// Tried puts a try on record. Without a failure the message is delivered; otherwise it is
	// tried again at again, or is dead if that is zero.
	// HookGone switches the webhook off.
	Tried(ctx context.Context, d dsr.Delivery, status int, failure string, again time.Time) error
	outbox.Lease
}

// Options of a Sender.
type Options struct {
	AllowLoopback bool
	// Callbacks are the secrets of the hosts that requests may have called, as outbound.Host names them.
	Callbacks map[string]string
	Log       *slog.Logger            // discarded
	Agent     string                  // User-Agent
	Now       func() time.Time        // time.Now
	Backoff   func(int) time.Duration // after the nth failure in a row; outbox.Backoff
	Timeout   time.Duration           // of one try; Timeout
	Resolver  *net.Resolver           // nil: the machine's
}
