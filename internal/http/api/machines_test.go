package api_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/oauth2-proxy/mockoidc"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
)

// accessToken is what the provider hands a machine by client credentials (RFC 9068).
func accessToken(t *testing.T, m *mockoidc.MockOIDC, change map[string]any) string {
	t.Helper()
	now := time.Now()
	claims := jwt.MapClaims{"iss": m.Issuer(), "sub": "tickets", "client_id": "tickets", "aud": "dsr-api", "scope": "dsr:submit dsr:own", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "jti": "1"}
	maps.Copy(claims, change)
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["typ"], token.Header["kid"] = "at+jwt", m.Keypair.Kid
	text, err := token.SignedString(m.Keypair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestMachinesCallWithAccessTokensOfTheProvider, within role and scopes, and are on record by
// their client's name.
func TestMachinesCallWithAccessTokensOfTheProvider(t *testing.T) {
	t.Parallel()
	m := apptest.Provider(t)
	g := apptest.NewRig(t, apptest.With(t, m.Issuer(), m.ClientID, m.ClientSecret, "audience: dsr-api, machines: [{client_id: tickets, role: requester}]"))
	token := accessToken(t, m, nil)
	id := submitAs(g, token, apptest.Minimal)
	others := g.Submit(apptest.Minimal)
	if by := g.Call("GET", "/api/v1/requests/"+id, token, "").Want(200).Object()["created_by"]; by != "client:tickets" {
		t.Errorf("submitted by %v", by)
	}
	if events := g.Events(audit.RequestSubmitted); len(events) != 2 || events[0].Actor != "client:tickets" {
		t.Errorf("on record: %+v", events)
	}
	g.Call("GET", "/api/v1/requests/"+others, token, "").Problem(http.StatusNotFound, "not_found")
	g.Call("GET", "/metrics", token, "").Problem(http.StatusForbidden, "insufficient_scope")
	g.Call("POST", "/api/v1/requests/"+id+"/approve", token, "").Problem(http.StatusForbidden, "forbidden")
	for what, change := range map[string]map[string]any{
		"expired": {"exp": time.Now().Add(-time.Minute).Unix()}, "for others": {"aud": m.ClientID}, "of nobody": {"client_id": "eve"},
		"without scopes of ours": {"scope": "openid"}, "of another issuer": {"iss": "https://evil.example"},
	} {
		a := g.Call("GET", "/api/v1/requests", accessToken(t, m, change), "")
		if a.Problem(http.StatusUnauthorized, "bad_token"); !strings.Contains(a.Header.Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Errorf("%s: %q", what, a.Header.Get("WWW-Authenticate"))
		}
	}
	g.Call("GET", "/api/v1/requests", "auditor", "").Want(200) // API tokens go on
	g.Call("GET", "/sign-in/provider", "", "").Want(http.StatusNotFound)
}
