package app

import (
	"context"
	"errors"

	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
	"dsr-server/internal/outbound"
	"dsr-server/internal/outbox"
	"dsr-server/internal/store"
	"dsr-server/internal/webhook"
)

// webhooksAtOnce is how many messages are sent at the same time. One receiver that does not
// answer holds up as many for as long as a try may take; the others take turns with it.
const webhooksAtOnce = 16

// openWebhooks makes the sender; no call is made.
func (p *Program) openWebhooks() {
	p.hooks = webhook.New(webhook.Options{
		AllowLoopback: p.Config.Webhooks.AllowLoopback, Callbacks: p.Config.Webhooks.Secrets(),
		Agent: Software(), Now: p.env.Now, Backoff: p.env.Backoff, Log: p.env.Log,
	})
	p.closers = append(p.closers, func() error {
		p.hooks.Close()
		return nil
	})
}

// deliver sends what waits for a webhook about one request.
func (p *Program) deliver(ctx context.Context, l *jobs.Lease) error {
	return drained(p.hooks.Deliver(ctx, p.Store.Under(l)))
}

// drained is what the end of outbox.Drain means for its job.
func drained(err error) error {
	if later, ok := errors.AsType[outbox.Later](err); ok {
		return jobs.Snooze(later.Until)
	}
	if _, stopped := errors.AsType[outbox.Stopped](err); stopped {
		return jobs.ErrStopped
	}
	return err
}

// tellDeadlines announces the deadlines that have come near or passed, unless the clock is not
// to be believed: what was told cannot be taken back.
func (p *Program) tellDeadlines(ctx context.Context, l *jobs.Lease) error {
	if err := l.NoteWakes(ctx); err != nil {
		return err
	}
	if p.Store.ClockDoubt() == "" {
		if err := p.Store.Under(l).TellDeadlines(ctx); err != nil {
			return err
		}
	}
	return jobs.Snooze(p.Store.Now().Add(store.DeadlinesEvery))
}

// checkHookURL refuses an address that no webhook may have.
func (p *Program) checkHookURL(address string) error {
	_, err := dsr.ReadHookURL("url", address, p.Config.Webhooks.AllowLoopback)
	return err
}

// staffCallback is checkCallback where the configuration lists hosts; else nil.
func (p *Program) staffCallback() func(address string) error {
	if len(p.Config.Webhooks.Callbacks) == 0 {
		return nil
	}
	return p.checkCallback
}

// checkCallback refuses an address that the configuration does not list.
func (p *Program) checkCallback(address string) error {
	if address == "" {
		return nil
	}
	u, err := dsr.ReadHookURL("callback_url", address, p.Config.Webhooks.AllowLoopback)
	if err != nil {
		return err
	}
	if _, listed := p.Config.Webhooks.Secrets()[outbound.Host(u)]; !listed {
		return dsr.FieldErrorf("callback_url", "its host is not listed in webhooks.callbacks of the configuration; have it added there, or use a webhook")
	}
	return nil
}
