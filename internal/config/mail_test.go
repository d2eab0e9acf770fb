package config

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestMailGoesOverTLSOrNotAtAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	password := file("password", []byte("canary-7f3a\n"))
	ca := file("ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	for text, want := range map[string]string{
		"": "off",
		"mail: {host: smtp.example.com, from: dsr@example.com}":                                             "smtp.example.com 587",
		"mail: {host: SMTP.example.com, from: dsr@example.com, tls: implicit}":                              "smtp.example.com 465",
		"mail: {host: 127.0.0.1, port: 25, from: dsr@bücher.example, ca_file: " + ca + "}":                  "127.0.0.1 25",
		"mail: {host: smtp.example.com, from: dsr@example.com, user: dsr, password_file: " + password + "}": "smtp.example.com 587",
		"mail: {from: dsr@example.com}":                                                                     "mail.host",
		"mail: {host: 'smtp.example.com:587', from: dsr@example.com}":                                       "mail.host",
		"mail: {host: 'smtps://smtp.example.com', from: dsr@example.com}":                                   "mail.host",
		"mail: {host: smtp.example.com}":                                                                    "mail.from",
		"mail: {host: smtp.example.com, from: 'DSR <dsr@example.com>'}":                                     "mail.from",
		"mail: {host: smtp.example.com, from: \"dsr@example.com\\r\\nBcc: eve@example.net\"}":               "mail.from",
		"mail: {host: smtp.example.com, from: dsr@example.com, tls: none}":                                  "mail.tls",
		"mail: {host: smtp.example.com, from: dsr@example.com, port: 70000}":                                "mail.port",
		"mail: {host: smtp.example.com, from: dsr@example.com, user: dsr}":                                  "mail.password_file",
		"mail: {host: smtp.example.com, from: dsr@example.com, password_file: " + password + "}":            "mail.password_file",
		"mail: {host: smtp.example.com, from: dsr@example.com, ca_file: " + password + "}":                  "mail.ca_file",
		"mail: {host: smtp.example.com, from: dsr@example.com, ca_file: ./none.pem}":                        "mail.ca_file",
	} {
		cfg, _, err := load(t, text+"\n")
		if err != nil {
			if !strings.HasPrefix(want, "mail.") || !strings.Contains(err.Error(), want+": ") || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: got %v, want %s", text, err, want)
			}
			continue
		}
		got := "off"
		if m := cfg.Mail; m.On() {
			got = m.Host + " " + strconv.Itoa(m.Port)
			if (m.Roots() != nil) != (m.CAFile != "") || (m.PasswordFile.Reveal() == "canary-7f3a") != (m.User != "") {
				t.Errorf("%s: got roots %v, password %v", text, m.Roots(), m.PasswordFile)
			}
		}
		if got != want || strings.Contains(cfg.Print(), "canary") {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
