// Package mailtest is an SMTP server for tests. It keeps true that it takes no message and no
// password without TLS, and none before its one user has signed in where there is one; it keeps
// what it has taken.
package mailtest

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Message is one that was taken.
type Message struct {
	From, To string
	Text     string // header and body as they came
}

// Options of a Server; the zero value offers STARTTLS and knows no user.
type Options struct {
	Implicit       bool // TLS from the first byte on
	Plain          bool // no TLS at all
	User, Password string
	// Refuse is an answer to a recipient in place of "250"; nil: all are taken.
	Refuse func(to string) error
}

// Server listens on this machine until the test ends.
type Server struct {
	Port  int
	Roots *x509.CertPool // which verify it, for 127.0.0.1
	PEM   []byte         // the same

	o        Options
	mu       sync.Mutex
	messages []Message
}

// New starts a server.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{o: o, Roots: x509.NewCertPool()}
	web := httptest.NewTLSServer(nil) // for its certificate
	web.Close()
	certificate := web.TLS.Certificates[0]
	s.Roots.AddCert(web.Certificate())
	s.PEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw})
	server := smtp.NewServer(smtp.BackendFunc(s.session))
	server.Domain, server.ErrorLog = "localhost", log.New(io.Discard, "", 0)
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Port = listener.Addr().(*net.TCPAddr).Port
	switch {
	case o.Implicit:
		listener = tls.NewListener(listener, server.TLSConfig)
	case o.Plain:
		server.TLSConfig = nil
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

// Messages are what it has taken, in order.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

func (s *Server) session(c *smtp.Conn) (smtp.Session, error) {
	return &session{s: s, conn: c}, nil
}

// session is what one client says.
type session struct {
	s     *Server
	conn  *smtp.Conn
	known bool
	m     Message
}

func (c *session) AuthMechanisms() []string {
	if c.s.o.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (c *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != c.s.o.User || password != c.s.o.Password {
			return smtp.ErrAuthFailed
		}
		c.known = true
		return nil
	}), nil
}

func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	if _, encrypted := c.conn.TLSConnectionState(); !encrypted {
		return errors.New("TLS first")
	}
	if c.s.o.User != "" && !c.known {
		return smtp.ErrAuthRequired
	}
	c.m.From = from
	return nil
}

func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if c.s.o.Refuse != nil {
		if err := c.s.o.Refuse(to); err != nil {
			return err
		}
	}
	c.m.To = to
	return nil
}

func (c *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	c.m.Text = string(text)
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.messages = append(c.s.messages, c.m)
	return nil
}

func (c *session) Reset()        { c.m = Message{} }
func (c *session) Logout() error { return nil }
