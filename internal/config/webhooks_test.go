package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCallbacksAreHostsEachWithASecret(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, short := file("good", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=\n"), file("short", "whsec_MfKQ9r8GKYqr")
	bare := file("bare", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=")
	for text, fault := range map[string]string{
		"{host: Tools.Example.com, secret_file: " + good + "}":                                       "",
		"{host: 'tools.example.com:8443', secret_file: " + good + "}":                                "",
		"{host: 'https://tools.example.com', secret_file: " + good + "}":                             "webhooks.callbacks[0].host",
		"{host: '*.example.com', secret_file: " + good + "}":                                         "webhooks.callbacks[0].host",
		"{secret_file: " + good + "}":                                                                "webhooks.callbacks[0].host",
		"{host: tools.example.com}":                                                                  "webhooks.callbacks[0].secret_file",
		"{host: tools.example.com, secret_file: " + short + "}":                                      "webhooks.callbacks[0].secret_file",
		"{host: tools.example.com, secret_file: " + bare + "}":                                       "webhooks.callbacks[0].secret_file",
		"{host: a.example, secret_file: " + good + "}, {host: A.example, secret_file: " + good + "}": "webhooks.callbacks[1].host",
	} {
		cfg, _, err := load(t, "webhooks: {callbacks: ["+text+"]}\n")
		if err == nil != (fault == "") || err != nil && (!strings.Contains(err.Error(), fault+": ") || strings.Contains(err.Error(), "MfKQ")) {
			t.Errorf("%s: got %v, want a fault in %q", text, err, fault)
		}
		if err == nil && len(cfg.Webhooks.Secrets()) != 1 {
			t.Errorf("%s: got %d secrets", text, len(cfg.Webhooks.Secrets()))
		}
		if err == nil && strings.Contains(cfg.Print(), "MfKQ") {
			t.Errorf("the secret is printed")
		}
	}
}
