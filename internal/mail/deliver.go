package mail

import (
	"context"
	"log/slog"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/outbox"
)

// Deliver sends what waits for one mailbox, as outbox.Drain does.
func (s *Sender) Deliver(ctx context.Context, messages Store) error {
	return outbox.Drain(ctx, messages, outbox.Steps[dsr.OutgoingMail]{
		Next: messages.NextMail, DueAt: func(m dsr.OutgoingMail) time.Time { return m.NextAt }, Now: s.o.Now,
		Try: func(ctx context.Context, m dsr.OutgoingMail) error { return s.try(ctx, messages, m) },
	})
}

func (s *Sender) try(ctx context.Context, messages Store, m dsr.OutgoingMail) error {
	failure := s.send(ctx, m)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if failure == "" {
		return messages.Mailed(ctx, m.Notices, "", time.Time{})
	}
	wait := s.o.Backoff(m.Notices[0].Attempts + 1)
	late, rest := s.givenUp(m.Notices, wait, failure == dsr.MailRefused)
	for _, n := range late {
		s.o.Log.WarnContext(ctx, "mail to staff is given up", slog.Int64("notice", n.Number), slog.String("why", failure))
	}
	if len(rest) > 0 {
		if err := messages.Mailed(ctx, rest, failure, s.o.Now().Add(wait)); err != nil {
			return err
		}
	}
	if len(late) == 0 {
		return nil
	}
	return messages.Mailed(ctx, late, failure, time.Time{})
}

// givenUp parts the notices that are given up from those that are tried again: a digest has
// some that have waited for days, and some of today.
func (s *Sender) givenUp(notices []dsr.Notice, wait time.Duration, all bool) (late, rest []dsr.Notice) {
	for _, n := range notices {
		if all || outbox.Again(s.o.Now(), n.Since, wait).IsZero() {
			late = append(late, n)
		} else {
			rest = append(rest, n)
		}
	}
	return late, rest
}
