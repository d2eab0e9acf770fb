package auth_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
)

// accessToken is one that the provider has signed for a machine, with changes.
func (m *mock) accessToken(typ string, change map[string]any) string {
	m.t.Helper()
	claims := jwt.MapClaims{"iss": m.Issuer(), "sub": "tickets", "client_id": "tickets", "aud": "dsr-api", "scope": "openid read dsr:archives other",
		"iat": m.now.Unix(), "exp": m.now.Add(time.Hour).Unix(), "jti": "1"}
	maps.Copy(claims, change)
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	t.Header["typ"], t.Header["kid"] = typ, m.Keypair.Kid
	text, err := t.SignedString(m.Keypair.PrivateKey)
	if err != nil {
		m.t.Fatal(err)
	}
	return text
}

func forMachines(s *auth.ProviderSettings) {
	s.Audience, s.Machines = "dsr-api", map[string]dsr.Role{"tickets": dsr.Approver}
}

func TestAMachineCallsWithAnAccessToken(t *testing.T) {
	t.Parallel()
	m := newMock(t, forMachines)
	by, err := m.auth.Machine(t.Context(), m.accessToken("at+jwt", nil))
	if err != nil || by.ID != "client:tickets" || by.Role != dsr.Approver || !slices.Equal(by.Scopes, []dsr.Scope{dsr.ScopeRead, dsr.ScopeArchives}) {
		t.Errorf("got %+v, %v", by, err)
	}
	if _, err := m.auth.Machine(t.Context(), m.accessToken("application/at+jwt", nil)); err != nil {
		t.Errorf("with the long name of the type: %v", err)
	}
}

func TestOtherAccessTokensAreRefused(t *testing.T) {
	t.Parallel()
	m := newMock(t, forMachines)
	for what, change := range map[string]map[string]any{
		"another issuer":    {"iss": "https://evil.example"},
		"another audience":  {"aud": "somebody-else"},
		"the staff's":       {"aud": m.ClientID},
		"expired":           {"exp": m.now.Add(-time.Second).Unix()},
		"no end":            {"exp": nil},
		"not yet":           {"nbf": m.now.Add(time.Hour).Unix()},
		"an unknown client": {"client_id": "somebody-else"},
		"no client":         {"client_id": nil},
		"no scope":          {"scope": nil},
		"no scope of ours":  {"scope": "openid reader"},
	} {
		if by, err := m.auth.Machine(t.Context(), m.accessToken("at+jwt", change)); dsr.KindOf(err) != dsr.Unauthenticated {
			t.Errorf("%s: got %+v, %v", what, by, err)
		}
	}
	none := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{"iss": m.Issuer(), "aud": "dsr-api", "client_id": "tickets", "scope": "read", "exp": m.now.Add(time.Hour).Unix()})
	none.Header["typ"] = "at+jwt"
	unsigned, err := none.SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	for what, token := range map[string]string{"an ID token": m.accessToken("JWT", nil), "alg none": unsigned, "text": "at+jwt", "dots": "a.b.c"} {
		if by, err := m.auth.Machine(t.Context(), token); dsr.KindOf(err) != dsr.Unauthenticated {
			t.Errorf("%s: got %+v, %v", what, by, err)
		}
	}
	off := newMock(t)
	if _, err := off.auth.Machine(t.Context(), off.accessToken("at+jwt", nil)); dsr.KindOf(err) != dsr.Unauthenticated {
		t.Errorf("without an audience: %v", err)
	}
}
