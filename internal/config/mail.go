package config

import (
	"cmp"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"strings"

	"dsr-server/internal/dsr"
)

// Mail is the SMTP server that staff are told through; without a host nobody is.
type Mail struct {
	Host         string     `yaml:"host"`
	Port         int        `yaml:"port" validate:"omitempty,min=1,max=65535"`
	TLS          string     `yaml:"tls" validate:"oneof=starttls implicit"`
	User         string     `yaml:"user"`
	PasswordFile SecretFile `yaml:"password_file"`
	From         string     `yaml:"from"`
	CAFile       string     `yaml:"ca_file"` // of an authority of one's own, as PEM; empty: those that the machine knows

	roots *x509.CertPool
}

// On reports whether staff are told by mail.
func (m Mail) On() bool { return m.Host != "" }

// Implicit reports whether TLS begins with the first byte.
func (m Mail) Implicit() bool { return m.TLS == "implicit" }

// Roots verify the server's certificate; nil: those that the machine knows.
func (m Mail) Roots() *x509.CertPool { return m.roots }

// The usual ports: of submission over STARTTLS, and of submission over TLS (RFC 8314).
const (
	portSTARTTLS = 587
	portTLS      = 465
)

func (m *Mail) fillDefaults(given func(path string) bool) {
	setDefault(&m.TLS, "starttls", given("mail.tls"))
	if m.Implicit() {
		m.Port = cmp.Or(m.Port, portTLS)
	}
	m.Port = cmp.Or(m.Port, portSTARTTLS)
}

func (c *Config) checkMail(r *report) {
	m := &c.Mail
	if !m.On() {
		if r.given("mail") {
			r.fault("mail.host", "is missing; it is the name of the SMTP server, as in smtp.example.com")
		}
		return
	}
	host, ok := cleanHost(m.Host)
	if m.Host = host; !ok || strings.Contains(host, ":") {
		r.fault("mail.host", "must be the name of the SMTP server alone, as in smtp.example.com; its port is mail.port")
	}
	if from, ok := dsr.MailAddress(m.From); !ok {
		r.fault("mail.from", "must be an e-mail address that the server may send from, as in dsr@example.com, without a name beside it")
	} else {
		m.From = from
	}
	if (m.User != "") != r.given("mail.password_file") {
		r.fault("mail.password_file", "goes with mail.user: give both, or neither where the server takes mail without a password")
	}
	m.readRoots(r)
}

// maxCABytes is how large a file with certificates may be.
const maxCABytes = 1 << 20

func (m *Mail) readRoots(r *report) {
	if m.CAFile == "" {
		return
	}
	text, err := readAtMost(m.CAFile, maxCABytes)
	if m.roots = x509.NewCertPool(); err != nil || !m.roots.AppendCertsFromPEM(text) {
		r.fault("mail.ca_file", "must name a file that can be read and that holds certificates as PEM (-----BEGIN CERTIFICATE-----)")
	}
}

// readAtMost reads a file that is no secret.
func readAtMost(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if int64(len(text)) > limit {
		err = errors.New("the file is too large")
	}
	return text, err
}
