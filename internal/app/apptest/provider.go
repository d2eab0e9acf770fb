package apptest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/oauth2-proxy/mockoidc"
)

// Somebody is a user of the mock provider of identities, with claims of the test's own.
type Somebody struct {
	Subject string
	Say     map[string]any
}

// ID implements mockoidc.User.
func (u Somebody) ID() string { return u.Subject }

// Userinfo implements mockoidc.User.
func (u Somebody) Userinfo([]string) ([]byte, error) {
	return json.Marshal(map[string]any{"sub": u.Subject})
}

// Claims implements mockoidc.User.
func (u Somebody) Claims(_ []string, base *mockoidc.IDTokenClaims) (jwt.Claims, error) {
	raw, err := json.Marshal(base)
	c := jwt.MapClaims{}
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	maps.Copy(c, u.Say)
	return c, err
}

// Provider is a mock provider of identities that runs until the test ends.
func Provider(t testing.TB) *mockoidc.MockOIDC {
	t.Helper()
	m, err := mockoidc.Run()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Shutdown() })
	return m
}

// ProviderReturn is where providers send browsers back that With has made known.
const ProviderReturn = "http://127.0.0.1/sign-in/provider/done"

// With joins a provider to the program, whose clock is then the real one; keys are further
// ones of oidc, as YAML flow.
func With(t testing.TB, issuer, client, secret, keys string) func(*Setup) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(o *Setup) {
		o.Now, o.BaseURL = time.Now(), "http://127.0.0.1"
		o.Config += fmt.Sprintf("oidc: {issuer: %q, client_id: %q, client_secret_file: %q, %s}\n", issuer, client, file, keys)
	}
}

// AtProvider signs somebody in at the address to which the service has sent a browser, and
// returns what the browser brings back, from its path on.
func AtProvider(t testing.TB, m *mockoidc.MockOIDC, who Somebody, address string) string {
	t.Helper()
	m.QueueUser(who)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	to := resp.Header.Get("Location")
	if !strings.HasPrefix(to, ProviderReturn+"?") {
		t.Fatalf("the provider answers %d and leads to %q", resp.StatusCode, to)
	}
	return strings.TrimPrefix(to, "http://127.0.0.1")
}
