package config

import (
	"errors"
	"fmt"

	"dsr-server/internal/dsr"
)

// Webhooks says which webhooks there may be beside those that are public and made by an admin.
type Webhooks struct {
	AllowLoopback bool       `yaml:"allow_loopback"`
	Callbacks     []Callback `yaml:"callbacks" validate:"dive"`

	secrets map[string]string
}

// Callback is a host that the callback_url of a request may lead to, and the secret that signs
// what is sent there.
type Callback struct {
	Host       string     `yaml:"host" validate:"required"`
	SecretFile SecretFile `yaml:"secret_file"`
}

// Secrets are those of the callbacks' hosts.
func (w Webhooks) Secrets() map[string]string { return w.secrets }

func callbackPath(i int) string { return fmt.Sprintf("webhooks.callbacks[%d]", i) }

func (c *Config) checkWebhooks(r *report) {
	first := map[string]string{}
	for i := range c.Webhooks.Callbacks {
		b, path := &c.Webhooks.Callbacks[i], callbackPath(i)
		if r.broken[path] || b.Host == "" {
			continue
		}
		clean, ok := cleanHost(b.Host)
		switch other := first[clean]; {
		case !ok:
			r.fault(path+".host", "must be the name of one host, as in tools.example.com or tools.example.com:8443; no scheme, path or wildcard")
		case other != "":
			r.fault(path+".host", "is the same as %s; list a host once", other)
		}
		if b.Host = clean; first[clean] == "" {
			first[clean] = path + ".host"
		}
		if !r.given(path + ".secret_file") {
			r.fault(path+".secret_file", "is missing; name the file that holds the secret, as from: echo whsec_$(openssl rand -base64 32)")
		}
	}
	if c.Webhooks.AllowLoopback {
		r.warn("webhooks.allow_loopback", "lets webhooks lead to this machine, also without TLS; it is meant for tests, and for receivers that run beside the service")
	}
}

func (w *Webhooks) readSecrets(r *report) {
	w.secrets = map[string]string{}
	for i := range w.Callbacks {
		b := &w.Callbacks[i]
		if b.SecretFile.read(callbackPath(i)+".secret_file", r, checkHookSecret) {
			w.secrets[b.Host] = b.SecretFile.secret
		}
	}
}

func checkHookSecret(text string) error {
	if _, err := dsr.HookKey(text); err != nil {
		return errors.New("names a file that does not hold a secret of Standard Webhooks; make one with: echo whsec_$(openssl rand -base64 32)")
	}
	return nil
}
