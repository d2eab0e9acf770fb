package mail_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"maps"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"dsr-server/internal/dsr"
	"dsr-server/internal/mail"
	"dsr-server/internal/mail/mailtest"
	"dsr-server/internal/outbox"
)

const request = "0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3e"

var monday = time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)

// box is one mailbox, in memory.
type box struct {
	dsr.Mailbox

	waiting, delivered, dead []dsr.Notice
	nextAt                   time.Time
	failures                 []string
}

func (b *box) NextMail(context.Context) (*dsr.OutgoingMail, error) {
	if len(b.waiting) == 0 {
		return nil, nil
	}
	m := dsr.OutgoingMail{Mailbox: b.Mailbox, Notices: b.waiting, NextAt: b.nextAt}
	if b.Mode == dsr.MailEach {
		m.Notices = b.waiting[:1]
	}
	return &m, nil
}

func (b *box) Mailed(_ context.Context, notices []dsr.Notice, failure string, again time.Time) error {
	if len(notices) == 0 {
		return errors.New("nothing is put on record")
	}
	var still []dsr.Notice
	for _, n := range b.waiting {
		switch tried := slices.ContainsFunc(notices, func(m dsr.Notice) bool { return m.Number == n.Number }); {
		case !tried:
			still = append(still, n)
		case failure == "":
			b.delivered = append(b.delivered, n)
		case again.IsZero():
			b.dead = append(b.dead, n)
		default:
			n.Attempts++
			still, b.nextAt = append(still, n), again
		}
	}
	b.waiting, b.failures = still, append(b.failures, failure)
	return nil
}

func (b *box) NoteWakes(context.Context) error { return nil }
func (b *box) Alive() bool                     { return true }
func (b *box) Stopping() <-chan struct{}       { return nil }

// boxOf is a mailbox with a notice of each event.
func boxOf(mode dsr.MailMode, language string) *box {
	b := &box{Mailbox: dsr.Mailbox{Address: "ana@example.com", Mode: mode, Language: language}, nextAt: monday}
	for i, event := range dsr.MailEvents {
		b.waiting = append(b.waiting, dsr.Notice{Number: int64(i + 1), Request: request, Event: event, Since: monday})
	}
	return b
}

func sender(s *mailtest.Server, change func(*mail.Options)) *mail.Sender {
	o := mail.Options{Host: "127.0.0.1", Port: s.Port, From: "dsr@example.com", Roots: s.Roots,
		Link: func(path string) string { return "https://dsr.example.com" + path },
		Now:  func() time.Time { return monday }, Backoff: func(int) time.Duration { return time.Minute }}
	if change != nil {
		change(&o)
	}
	return mail.New(o)
}

// read takes a message apart.
func read(t *testing.T, m mailtest.Message) (header netmail.Header, body string) {
	t.Helper()
	parsed, err := netmail.ReadMessage(strings.NewReader(m.Text))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(parsed.Body))
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Header, strings.ReplaceAll(string(text), "\r\n", "\n")
}

func TestAMessageHasAnIDAndALinkAndNothingElse(t *testing.T) {
	t.Parallel()
	s := mailtest.New(t, mailtest.Options{})
	b := boxOf(dsr.MailEach, "en")
	if err := sender(s, nil).Deliver(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	got := s.Messages()
	if len(got) != len(dsr.MailEvents) || len(b.delivered) != len(got) {
		t.Fatalf("%d messages, %d notices are delivered", len(got), len(b.delivered))
	}
	header, body := read(t, got[0])
	want := "A request was assigned to you: " + request + "\nhttps://dsr.example.com/requests/" + request +
		"\n\nYou get this message because you asked for it on the page of your account:\nhttps://dsr.example.com/account\n"
	if body != want {
		t.Errorf("got body %q, want %q", body, want)
	}
	for name, want := range map[string]string{"From": "<dsr@example.com>", "To": "<ana@example.com>", "Auto-Submitted": "auto-generated",
		"Subject": "A request was assigned to you: " + request, "User-Agent": "", "X-Mailer": ""} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	ids := map[string]bool{}
	for _, m := range got {
		header, _ := read(t, m)
		ids[header.Get("Message-ID")] = true
	}
	if len(ids) != len(got) {
		t.Errorf("%d messages have %d ids", len(got), len(ids))
	}
}

func TestADigestIsOneMessageInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	s := mailtest.New(t, mailtest.Options{Implicit: true})
	b := boxOf(dsr.MailDigest, "de")
	if err := sender(s, func(o *mail.Options) { o.Implicit = true }).Deliver(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if len(s.Messages()) != 1 || len(b.delivered) != len(dsr.MailEvents) {
		t.Fatalf("%d messages, %d notices are delivered", len(s.Messages()), len(b.delivered))
	}
	header, body := read(t, s.Messages()[0])
	if header.Get("Subject") != "4 Hinweise zu Anfragen" || strings.Count(body, "/requests/"+request) != 4 || !strings.Contains(body, "läuft bald ab") {
		t.Errorf("got %s\n%s", header.Get("Subject"), body)
	}
}

// TestARepeatIsKnownAsOne: after a crash the same notices go out under the same Message-ID.
func TestARepeatIsKnownAsOne(t *testing.T) {
	t.Parallel()
	s := mailtest.New(t, mailtest.Options{})
	for range 2 {
		if err := sender(s, nil).Deliver(t.Context(), boxOf(dsr.MailDigest, "en")); err != nil {
			t.Fatal(err)
		}
	}
	first, _ := read(t, s.Messages()[0])
	second, _ := read(t, s.Messages()[1])
	if id := first.Get("Message-ID"); id == "" || id != second.Get("Message-ID") {
		t.Errorf("got %q, then %q", id, second.Get("Message-ID"))
	}
}

// TestNothingBecomesALineOfTheHeader: whatever got into the database or the configuration.
func TestNothingBecomesALineOfTheHeader(t *testing.T) {
	t.Parallel()
	s := mailtest.New(t, mailtest.Options{})
	for _, hostile := range []string{
		"ana@example.com\r\nBcc: eve@example.net", "ana@example.com\nBcc: eve@example.net", "ana@example.com\r\n\r\nbody", "ana@example.com, eve@example.net",
		`"a\r\nBcc: eve@example.net"@example.com`, "Ana <ana@example.com>", "ana@example.com\x00", "ana", "", "ana@exa mple.com", "<ana@example.com>", "ana@[127.0.0.1]",
	} {
		b := boxOf(dsr.MailEach, "en")
		b.Address = hostile
		err := sender(s, nil).Deliver(t.Context(), b)
		if _, later := errors.AsType[outbox.Later](err); !later || b.failures[0] != dsr.MailSetting {
			t.Errorf("to %q: got %v, %q", hostile, err, b.failures)
		}
		b = boxOf(dsr.MailEach, "en")
		_ = sender(s, func(o *mail.Options) { o.From = hostile }).Deliver(t.Context(), b)
		if len(b.delivered) > 0 {
			t.Errorf("from %q: it is sent", hostile)
		}
	}
	for _, m := range s.Messages() {
		if header, _ := read(t, m); header.Get("Bcc") != "" || m.To != "ana@example.com" {
			t.Errorf("got\n%s", m.Text)
		}
	}
	b := boxOf(dsr.MailEach, "en\r\nBcc: eve@example.net")
	b.waiting = []dsr.Notice{{Number: 1, Request: "x\r\nBcc: eve@example.net", Event: "y\r\nBcc: eve@example.net", Since: monday}}
	if err := sender(s, nil).Deliver(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	all := s.Messages()
	if header, _ := read(t, all[len(all)-1]); header.Get("Bcc") != "" {
		t.Errorf("got\n%s", all[len(all)-1].Text)
	}
}

func TestWhyMailIsNotSent(t *testing.T) {
	t.Parallel()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = gone.Close()
	unreachable := &mailtest.Server{Port: gone.Addr().(*net.TCPAddr).Port}
	refusing := func(code int) mailtest.Options {
		return mailtest.Options{Refuse: func(string) error { return &smtp.SMTPError{Code: code, Message: "no"} }}
	}
	known := mailtest.Options{User: "dsr", Password: "right"}
	for name, c := range map[string]struct {
		server *mailtest.Server
		change func(*mail.Options)
		want   string
	}{
		"not there":      {unreachable, nil, dsr.MailNoAnswer},
		"no STARTTLS":    {mailtest.New(t, mailtest.Options{Plain: true}), nil, dsr.MailUnsafe},
		"certificate":    {mailtest.New(t, mailtest.Options{}), func(o *mail.Options) { o.Roots = x509.NewCertPool() }, dsr.MailCertificate},
		"certificate 2":  {mailtest.New(t, mailtest.Options{Implicit: true}), func(o *mail.Options) { o.Implicit, o.Roots = true, x509.NewCertPool() }, dsr.MailCertificate},
		"wrong password": {mailtest.New(t, known), func(o *mail.Options) { o.User, o.Password = "dsr", "wrong" }, dsr.MailSignIn},
		"no user":        {mailtest.New(t, known), nil, dsr.MailSignIn},
		"no sign-in":     {mailtest.New(t, mailtest.Options{}), func(o *mail.Options) { o.User, o.Password = "dsr", "right" }, dsr.MailUnsafe},
		"later":          {mailtest.New(t, refusing(451)), nil, dsr.MailDeferred},
		"never":          {mailtest.New(t, refusing(550)), nil, dsr.MailRefused},
		"switched off":   {mailtest.New(t, mailtest.Options{}), func(o *mail.Options) { o.Host = "" }, dsr.MailSetting},
		"good":           {mailtest.New(t, known), func(o *mail.Options) { o.User, o.Password = "dsr", "right" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := boxOf(dsr.MailDigest, "en")
			err := sender(c.server, c.change).Deliver(t.Context(), b)
			_, later := errors.AsType[outbox.Later](err)
			if final := c.want == "" || c.want == dsr.MailRefused; later == final || len(b.failures) != 1 || b.failures[0] != c.want {
				t.Errorf("got %v, %q, want %q", err, b.failures, c.want)
			}
			if sent := len(c.server.Messages()); (sent == 1) != (c.want == "") {
				t.Errorf("%d messages were taken", sent)
			}
			if gave := len(b.dead); (gave > 0) != (c.want == dsr.MailRefused) {
				t.Errorf("%d notices were given up", gave)
			}
		})
	}
}

// TestEachNoticeOfADigestIsTriedForThreeDays: one of today is not given up with one that has
// waited since Monday.
func TestEachNoticeOfADigestIsTriedForThreeDays(t *testing.T) {
	t.Parallel()
	s := mailtest.New(t, mailtest.Options{Plain: true})
	b := boxOf(dsr.MailDigest, "en")
	b.waiting[0].Since = monday.Add(-outbox.GiveUpAfter)
	_ = sender(s, nil).Deliver(t.Context(), b)
	if len(b.dead) != 1 || b.dead[0].Number != 1 || len(b.waiting) != 3 || !b.nextAt.Equal(monday.Add(time.Minute)) {
		t.Errorf("%d are dead, %d wait until %s", len(b.dead), len(b.waiting), b.nextAt)
	}
}

func TestATestSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := mailtest.New(t, mailtest.Options{})
	if err := sender(s, nil).Test(t.Context(), "ana@example.com", "de"); err != nil || len(s.Messages()) != 1 {
		t.Errorf("got %v, %d messages", err, len(s.Messages()))
	}
	plain := mailtest.New(t, mailtest.Options{Plain: true})
	if err := sender(plain, nil).Test(t.Context(), "ana@example.com", "en"); err == nil || !strings.Contains(err.Error(), "STARTTLS") {
		t.Errorf("got %v", err)
	}
	if err := sender(s, nil).Test(t.Context(), "ana", "en"); err == nil {
		t.Error("an address that is none is taken")
	}
}

// TestEveryLanguageSaysEveryEvent: in words of its own.
func TestEveryLanguageSaysEveryEvent(t *testing.T) {
	t.Parallel()
	s := mailtest.New(t, mailtest.Options{})
	subjects := map[string]bool{}
	for _, language := range dsr.Languages {
		if err := sender(s, nil).Deliver(t.Context(), boxOf(dsr.MailEach, language)); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range s.Messages() {
		header, _ := read(t, m)
		words, _, _ := strings.Cut(header.Get("Subject"), ":")
		subjects[words] = len(words) > 10
	}
	if want := len(dsr.Languages) * len(dsr.MailEvents); len(subjects) != want || slices.Contains(slices.Collect(maps.Values(subjects)), false) {
		t.Errorf("got %d subjects, want %d: %v", len(subjects), want, subjects)
	}
}
