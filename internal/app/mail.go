package app

import (
	"context"

	"dsr-server/internal/config"
	"dsr-server/internal/jobs"
	"dsr-server/internal/mail"
)

// mailsAtOnce is how many messages to staff are on their way to the server at the same time.
const mailsAtOnce = 2

// NewMail makes the sender of mail to staff; no connection is made.
func NewMail(c config.Mail, link func(path string) string) *mail.Sender {
	return mail.New(mailOptions(c, link))
}

func mailOptions(c config.Mail, link func(path string) string) mail.Options {
	return mail.Options{Host: c.Host, Port: c.Port, Implicit: c.Implicit(), User: c.User, Password: c.PasswordFile.Reveal(),
		From: c.From, Roots: c.Roots(), Link: link}
}

func (p *Program) openMail() {
	o := mailOptions(p.Config.Mail, func(path string) string { return p.URL() + path })
	o.Log, o.Now, o.Backoff = p.env.Log, p.env.Now, p.env.Backoff
	p.mail = mail.New(o)
}

// mailStaff sends what waits for one mailbox.
func (p *Program) mailStaff(ctx context.Context, l *jobs.Lease) error {
	return drained(p.mail.Deliver(ctx, p.Store.Under(l)))
}
