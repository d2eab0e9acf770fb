package api_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
)

func TestATokenHasScopesAnEndItsMakerAndItsLastUse(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	made := g.Call("POST", "/api/v1/tokens", "admin", `{"name":"tickets","role":"requester","scopes":["own","submit","own"],"expires_at":"2025-07-30T12:00:00+02:00"}`).Want(201).Object()
	secret := made["token"].(string)
	g.Call("GET", "/api/v1/requests", secret, "").Want(200)
	token := tokenNamed(g, "tickets")
	for field, want := range map[string]any{"role": "requester", "created_by": "token:admin", "expires_at": "2025-07-30T10:00:00Z", "last_used_at": "2025-06-30T10:00:00Z",
		"bootstrap": false, "former_secret_until": nil} {
		if token[field] != want {
			t.Errorf("%s is %v, want %v", field, token[field], want)
		}
	}
	if scopes := token["scopes"].([]any); !slices.Equal(scopes, []any{"submit", "own"}) {
		t.Errorf("scopes are %v", scopes)
	}
	g.Clock.Add(30*24*time.Hour - time.Second)
	g.Call("GET", "/api/v1/requests", secret, "").Want(200)
	g.Clock.Add(time.Second)
	a := g.Call("GET", "/api/v1/requests", secret, "")
	a.Problem(http.StatusUnauthorized, "token_expired")
	if got := a.Header.Get("WWW-Authenticate"); got != `Bearer realm="dsr-server", error="invalid_token"` {
		t.Errorf("WWW-Authenticate is %q", got)
	}
	if events := g.Events(audit.TokenRefused); len(events) != 1 || events[0].Data["code"] != "token_expired" {
		t.Errorf("on record: %+v", events)
	}
	g.Clock.Add(-48 * time.Hour) // a clock that goes back prolongs nothing
	g.Call("GET", "/api/v1/requests", secret, "").Problem(http.StatusUnauthorized, "token_expired")
}

func tokenNamed(g *apptest.Rig, name string) map[string]any {
	for _, item := range g.Call("GET", "/api/v1/tokens", "admin", "").Want(200).Object()["items"].([]any) {
		if token := item.(map[string]any); token["name"] == name {
			return token
		}
	}
	return nil
}

// TestARotatedTokenOpensWithBothSecretsForAWhile: then with the newer alone.
func TestARotatedTokenOpensWithBothSecretsForAWhile(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	rotate := func(body string) string {
		t.Helper()
		return g.Call("POST", "/api/v1/tokens/ci/rotate", "admin", body).Want(200).Object()["token"].(string)
	}
	opens := func(secret string) bool { return g.Call("GET", "/api/v1/requests", secret, "").Status == http.StatusOK }
	first := g.Call("POST", "/api/v1/tokens", "admin", `{"name":"ci","role":"auditor"}`).Want(201).Object()["token"].(string)
	second := rotate("")
	if !opens(first) || !opens(second) {
		t.Error("not both secrets open")
	}
	if until := tokenNamed(g, "ci")["former_secret_until"]; until != "2025-07-01T10:00:00Z" {
		t.Errorf("the former secret opens until %v", until)
	}
	third := rotate(`{"overlap_hours":1,"expires_at":"2025-12-01T00:00:00Z"}`)
	if opens(first) || !opens(second) || !opens(third) {
		t.Error("of three secrets the last two open")
	}
	g.Clock.Add(time.Hour)
	if opens(second) || !opens(third) {
		t.Error("after the overlap the newest secret alone opens")
	}
	if token := tokenNamed(g, "ci"); token["former_secret_until"] != nil || token["expires_at"] != "2025-12-01T00:00:00Z" {
		t.Errorf("got %v", token)
	}
	if events := g.Events(audit.TokenRotated); len(events) != 2 || events[0].Actor != "token:admin" || events[0].Data["token"] != "ci" {
		t.Errorf("on record: %+v", events)
	}
	g.Call("POST", "/api/v1/tokens/nobody/rotate", "admin", "").Problem(404, "not_found")
	g.Call("POST", "/api/v1/tokens/auditor/rotate", "admin", "").Problem(409, "token_configured")
}

func TestUnusableTokensAreRefused(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for body, field := range map[string]string{
		`{"name":"a","role":"admin","scopes":["all"]}`:                           "scopes[0]",
		`{"name":"a","role":"admin","expires_at":"2025-06-30T10:00:00Z"}`:        "expires_at",
		`{"name":"a","role":"admin","expires_at":"tomorrow"}`:                    "expires_at",
		`{"name":"a b","role":"admin"}`:                                          "name",
		`{"name":"a","role":"visitor"}`:                                          "role",
		`{"name":"a","role":"admin","scopes":["own"],"expires_at":"2025-06-29"}`: "expires_at",
	} {
		if p := g.Call("POST", "/api/v1/tokens", "admin", body).Problem(422, "invalid_value"); p.Field != field {
			t.Errorf("%s: got the field %q, want %q", body, p.Field, field)
		}
	}
	g.Call("POST", "/api/v1/tokens", "admin", `{"name":"a","role":"admin"}`).Want(201)
	for _, body := range []string{`{"overlap_hours":721}`, `{"overlap_hours":-1}`, `{"overlap_hours":2000000000}`, `{"expires_at":"2025-06-30T09:00:00Z"}`} {
		g.Call("POST", "/api/v1/tokens/a/rotate", "admin", body).Problem(422, "invalid_value")
	}
}
