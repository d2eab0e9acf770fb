// Package mail tells staff of requests by mail. It keeps true that
//
//   - a message has the id of a request, a link and a sentence of ours, and nothing of a person
//     but the address that it goes to;
//   - it goes over TLS with a certificate that was verified, or not at all;
//   - no text of anybody's becomes a line of its header;
//   - a notice is sent until it is delivered or given up, and nothing else waits for that.
//
// In reading order: deliver.go, send.go, write.go, words.go.
package mail

import (
	"context"
	"crypto/x509"
	"log/slog"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/outbox"
)

// Store is what waits for a mailbox, to the holder of its lease.
type Store interface {
	// NextMail is the earliest message that waits; nil: nothing is to be sent.
	NextMail(ctx context.Context) (*dsr.OutgoingMail, error)
	// Mailed puts a try on record. Without a failure the notices are delivered; otherwise they
	// are tried again at again, or are dead if that is zero.
	Mailed(ctx context.Context, notices []dsr.Notice, failure string, again time.Time) error
	outbox.Lease
}

// Options of a Sender.
type Options struct {
	Host     string // of the SMTP server; empty: nothing is sent
	Port     int
	Implicit bool // TLS from the first byte on; else STARTTLS
	User     string
	Password string
	From     string         // as dsr.MailAddress returns it
	Roots    *x509.CertPool // nil: those of the machine
	// Link is the address of a page of ours.
	Link    func(path string) string
	Log     *slog.Logger            // discarded
	Now     func() time.Time        // time.Now
	Backoff func(int) time.Duration // after the nth failure in a row; outbox.Backoff
}
