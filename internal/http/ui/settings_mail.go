package ui

import (
	"context"

	"dsr-server/internal/dsr"
)

// mailView is how mail to staff stands.
type mailView struct {
	Server         string // empty: there is none
	Waiting, Given string
	Dead           []mailFailureRow
}

// mailFailureRow is a notice that was given up.
type mailFailureRow struct {
	Login, Event, Request, Why string
	When                       instant
}

func (p *pages) mailView(ctx context.Context) (mailView, error) {
	if p.opts.Settings.Mail == "" {
		return mailView{}, nil
	}
	report, err := p.svc.MailReport(ctx)
	if err != nil {
		return mailView{}, err
	}
	view := mailView{Server: p.opts.Settings.Mail, Waiting: p.number(report.Notices[dsr.DeliveryWaiting]), Given: p.number(report.Notices[dsr.DeliveryDead])}
	for _, f := range report.Dead {
		view.Dead = append(view.Dead, mailFailureRow{f.Login, p.mailWords(f.Event), f.Request, p.mailFailure(f.Failure), p.precise(f.EndedAt)})
	}
	return view, nil
}

// mailEvents are the events in words.
var mailEvents = map[dsr.MailEvent]text{
	dsr.MailAssigned: "assigned", dsr.MailReview: "somebody has to decide", dsr.MailDueSoon: "deadline near", dsr.MailOverdue: "deadline passed",
}

func (p *pages) mailWords(e dsr.MailEvent) string { return p.say(mailEvents[e]) }

// mailFailures say why the latest try failed.
var mailFailures = map[string]text{
	dsr.MailNoAnswer: "The mail server does not answer.", dsr.MailCertificate: "The mail server’s certificate cannot be verified.",
	dsr.MailUnsafe: "The mail server offers no TLS, or no way to sign in.", dsr.MailSignIn: "The mail server does not let this service in.",
	dsr.MailDeferred: "The mail server asks to try later.", dsr.MailRefused: "The mail server does not take it.",
	dsr.MailSetting: "The configuration or the address has changed.",
}

func (p *pages) mailFailure(code string) string { return p.say(mailFailures[code]) }
