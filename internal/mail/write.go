package mail

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"dsr-server/internal/dsr"
)

// write is the message as it goes out. What is not an address, in whatever way it got into the
// database, is an error.
func (s *Sender) write(m dsr.OutgoingMail) (*gomail.Msg, error) {
	w := wordsOf(m.Language)
	first := m.Notices[0]
	subject := w.events[first.Event] + ": " + first.Request
	if len(m.Notices) > 1 {
		subject = fmt.Sprintf(w.digest, len(m.Notices))
	}
	var body, numbers strings.Builder
	for _, n := range m.Notices {
		fmt.Fprintf(&body, "%s: %s\n%s\n\n", w.events[n.Event], n.Request, s.o.Link("/requests/"+n.Request))
		fmt.Fprintln(&numbers, n.Number, n.Request, n.Event)
	}
	fmt.Fprintf(&body, "%s\n%s\n", w.why, s.o.Link("/account"))
	return s.compose(m.Address, subject, body.String(), numbers.String())
}

func (s *Sender) writeTest(to, language string) (*gomail.Msg, error) {
	w := wordsOf(language)
	return s.compose(to, w.test, w.test+".\n"+s.o.Link("/")+"\n", s.o.Now().String())
}

// compose makes a message. Its Message-ID follows from identity, so that a repeat after a crash
// is known as one.
func (s *Sender) compose(to, subject, body, identity string) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if !bare(to) || !bare(s.o.From) || msg.From(s.o.From) != nil || msg.To(to) != nil {
		return nil, errors.New("an address is no e-mail address") // the cause repeats it
	}
	_, domain, _ := strings.Cut(s.o.From, "@")
	msg.SetMessageIDWithValue(fmt.Sprintf("%x@%s", sha256.Sum256([]byte(identity)), domain))
	msg.SetDateWithValue(s.o.Now())
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no answer by a machine
	msg.Subject(subject)
	msg.SetBodyString(gomail.TypeTextPlain, body)
	return msg, nil
}

// bare reports whether a text is an address and nothing else, as dsr.MailAddress returns it.
func bare(text string) bool {
	address, ok := dsr.MailAddress(text)
	return ok && address == text
}
