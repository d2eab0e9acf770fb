package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/outbound"
	"dsr-server/internal/outbox"
)

// Timeout is how long one try may take, from the look-up of the name to the answer.
const Timeout = 15 * time.Second

// maxAnswer is how much of an answer is read, so that its connection can be used again.
const maxAnswer = 64 << 10

// Sender sends messages. It may be used by many at the same time.
type Sender struct {
	o      Options
	client *http.Client
}

// New returns a Sender; it makes no call.
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
	if o.Timeout == 0 {
		o.Timeout = Timeout
	}
	t := outbound.Transport(outbound.Options{AllowLoopback: o.AllowLoopback, Resolver: o.Resolver})
	t.MaxIdleConnsPerHost, t.IdleConnTimeout = keptOpen, time.Minute
	return &Sender{o: o, client: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// keptOpen are the connections to one receiver that wait for the next message.
const keptOpen = 4

// Close closes the connections that wait.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// result is what came of a try.
type result struct {
	status  int
	failure string        // by code; empty: delivered
	after   time.Duration // which the receiver asks for
}

// send tries once. Its error is the context's, or says that the message cannot be made.
func (s *Sender) send(ctx context.Context, m dsr.Outgoing) (result, error) {
	secrets, allowed := s.secrets(m)
	if !allowed {
		return result{failure: dsr.HookNotAllowed}, nil
	}
	try, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	req, err := s.request(try, m, secrets)
	if err != nil {
		return result{}, err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return result{}, context.Cause(ctx)
		}
		return result{failure: unanswered(err)}, nil
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)) // it says nothing that is needed
	return s.answered(resp), nil
}

// secrets are those that a message is signed with; allowed: it may be sent where it goes to.
func (s *Sender) secrets(m dsr.Outgoing) (secrets []string, allowed bool) {
	u, err := dsr.ReadHookURL("url", m.URL, s.o.AllowLoopback)
	if err != nil {
		return nil, false
	}
	if m.Webhook != dsr.CallbackHook {
		return m.Secrets, true
	}
	secret, listed := s.o.Callbacks[outbound.Host(u)]
	return []string{secret}, listed
}

func (s *Sender) request(ctx context.Context, m dsr.Outgoing, secrets []string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL, strings.NewReader(m.Body))
	if err != nil {
		return nil, errors.New("the address cannot be called") // the cause repeats it
	}
	at := s.o.Now()
	signed, err := signatures(secrets, m.MessageID, at, m.Body)
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{"Content-Type": "application/json", "User-Agent": s.o.Agent,
		headerID: m.MessageID, headerTimestamp: strconv.FormatInt(at.Unix(), 10), headerSignature: signed} {
		req.Header.Set(name, value)
	}
	return req, nil
}

// unanswered says why there was no answer. The error itself repeats the address.
func unanswered(err error) string {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	timeout, network := errors.AsType[net.Error](err)
	switch {
	case outbound.Refused(err):
		return dsr.HookPrivate
	case certificate:
		return dsr.HookCertificate
	case network && timeout.Timeout():
		return dsr.HookTimeout
	}
	return dsr.HookNoAnswer
}

func (s *Sender) answered(resp *http.Response) result {
	r := result{status: resp.StatusCode}
	switch status := resp.StatusCode; {
	case status >= 200 && status < 300:
	case status >= 300 && status < 400:
		r.failure = dsr.HookRedirect
	case status == http.StatusGone:
		r.failure = dsr.HookGone
	default:
		r.failure = dsr.HookStatus
		r.after = after(resp.Header.Get("Retry-After"), s.o.Now())
	}
	return r
}

// maxAfter bounds how long a receiver may ask to be left alone.
const maxAfter = time.Hour

// after reads a Retry-After, which is a number of seconds or a date (RFC 9110, 10.2.3); what is
// neither is as good as none.
func after(header string, now time.Time) time.Duration {
	text := strings.TrimSpace(header)
	wait := time.Duration(0)
	if seconds, err := strconv.Atoi(text); err == nil {
		wait = time.Duration(min(seconds, int(maxAfter.Seconds()))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return max(0, min(wait, maxAfter))
}
