package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/textproto"
	"time"

	gomail "github.com/wneessen/go-mail"

	"dsr-server/internal/dsr"
	"dsr-server/internal/outbox"
)

// timeout is how long one try may take at each of its steps.
const timeout = 15 * time.Second

// Sender sends mail. It may be used by many at the same time.
type Sender struct{ o Options }

// New returns a Sender; it makes no connection.
func New(o Options) *Sender {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Backoff == nil {
		o.Backoff = outbox.Backoff
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Sender{o}
}

// send tries once and says by code why it failed; empty: it did not.
func (s *Sender) send(ctx context.Context, m dsr.OutgoingMail) (failure string) {
	msg, err := s.write(m)
	if s.o.Host == "" || err != nil {
		return dsr.MailSetting
	}
	return failureOf(s.hand(ctx, msg))
}

// Test sends a message that is about nothing, and says what the server does not take.
func (s *Sender) Test(ctx context.Context, to, language string) error {
	msg, err := s.writeTest(to, language)
	if err != nil {
		return err
	}
	return s.hand(ctx, msg)
}

// hand hands a message over to the server.
func (s *Sender) hand(ctx context.Context, msg *gomail.Msg) error {
	c, err := s.client()
	if err != nil {
		return err
	}
	return c.DialAndSendWithContext(ctx, msg)
}

func (s *Sender) client() (*gomail.Client, error) {
	o := []gomail.Option{
		gomail.WithPort(s.o.Port), gomail.WithTimeout(timeout), gomail.WithTLSPolicy(gomail.TLSMandatory),
		gomail.WithTLSConfig(&tls.Config{ServerName: s.o.Host, RootCAs: s.o.Roots, MinVersion: tls.VersionTLS12}),
	}
	if s.o.Implicit {
		o = append(o, gomail.WithSSL())
	}
	if s.o.User != "" {
		o = append(o, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.o.User), gomail.WithPassword(s.o.Password))
	}
	return gomail.NewClient(s.o.Host, o...)
}

// failureOf says by code why a message could not be handed over. The error itself may repeat
// addresses.
func failureOf(err error) string {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, network := errors.AsType[net.Error](err)
	reply, replied := errors.AsType[*textproto.Error](err)
	sent, sending := errors.AsType[*gomail.SendError](err)
	switch {
	case err == nil:
		return ""
	case sending && sent.ErrorCode() >= 500 && sent.Reason == gomail.ErrSMTPMailFrom:
		return dsr.MailSignIn
	case sending && sent.ErrorCode() >= 500:
		return dsr.MailRefused
	case sending && sent.ErrorCode() >= 400 || replied && reply.Code < 500:
		return dsr.MailDeferred
	case replied:
		return dsr.MailSignIn
	case certificate:
		return dsr.MailCertificate
	case network || sending || errors.Is(err, io.EOF):
		return dsr.MailNoAnswer
	}
	return dsr.MailUnsafe
}
