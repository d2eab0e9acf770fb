package app_test

import (
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oauth2-proxy/mockoidc"

	"dsr-server/api"
	"dsr-server/internal/app"
	"dsr-server/internal/app/apptest"
	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// refused is a program that makes calls in order to be refused.
type refused struct {
	*apptest.Site
	t *testing.T
}

// call makes a call and returns the status of its answer, which may go on until the test ends.
func (r refused) call(method, path, token, body string, headers ...string) int {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.URL+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp.StatusCode
}

func (r refused) postsForm(path, form string, headers ...string) {
	r.t.Helper()
	r.call("POST", path, "", form, append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
}

// browser is a client that keeps cookies.
func (r refused) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

func (r refused) posts(browser *http.Client, path, form string) {
	r.t.Helper()
	q, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.URL+path, strings.NewReader(form))
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := browser.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = resp.Body.Close()
}

// gets makes a call with the browser's cookies and returns where it leads to.
func (r refused) gets(browser *http.Client, path string) string {
	r.t.Helper()
	q, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.URL+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := browser.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.Header.Get("Location")
}

// enters signs somebody in at the provider, who asks them again.
func (r refused) enters(browser *http.Client, m *mockoidc.MockOIDC, query, who, group string) {
	r.t.Helper()
	say := map[string]any{"preferred_username": who, "groups": []string{group}, "auth_time": r.Clock.Now().Unix()}
	r.gets(browser, apptest.AtProvider(r.t, m, apptest.Somebody{Subject: who, Say: say}, r.gets(browser, "/sign-in/provider"+query)))
}

// adds makes a token.
func (r refused) adds(n dsr.NewToken) {
	r.t.Helper()
	if _, err := r.Store.CreateToken(r.t.Context(), dsr.Principal{ID: "token:admin", Role: dsr.Admin}, n); err != nil {
		r.t.Fatal(err)
	}
}

func (r refused) submits() (id string) { return r.submitsAs("token:admin") }

func (r refused) submitsAs(principal string) (id string) {
	r.t.Helper()
	sub := dsr.Submission{Selectors: []dsr.Selector{{ConversationID: "c-1"}}}
	req, err := r.Store.Submit(r.t.Context(), dsr.Call{By: dsr.Principal{ID: principal, Role: dsr.Admin}}, sub)
	if err != nil {
		r.t.Fatal(err)
	}
	return req.ID
}

// provoked makes one call for each code that is refused with it.
var provoked = map[string]struct {
	config  string
	limited bool
	provoke func(refused)
	joined  func(refused, *mockoidc.MockOIDC) // in place of provoke, with a provider of identities
}{
	"token_expired": {provoke: func(r refused) {
		r.adds(dsr.NewToken{Name: "old", Role: dsr.Admin, ExpiresAt: r.Clock.Now().Add(time.Second), Hash: auth.HashToken("old")})
		r.Clock.Add(time.Minute)
		r.call("GET", "/api/v1/requests", "old", "")
	}},
	"insufficient_scope": {provoke: func(r refused) {
		r.adds(dsr.NewToken{Name: "narrow", Role: dsr.Admin, Scopes: []dsr.Scope{dsr.ScopeMetrics}, Hash: auth.HashToken("narrow")})
		r.call("GET", "/api/v1/requests", "narrow", "")
	}},
	"provider_answer": {joined: func(r refused, _ *mockoidc.MockOIDC) { r.gets(r.browser(), "/sign-in/provider/done?state=guessed") }},
	"provider_refused": {joined: func(r refused, _ *mockoidc.MockOIDC) {
		browser := r.browser()
		asked, err := url.Parse(r.gets(browser, "/sign-in/provider"))
		if err != nil {
			r.t.Fatal(err)
		}
		r.gets(browser, "/sign-in/provider/done?error=access_denied&state="+asked.Query().Get("state"))
	}},
	"no_role": {joined: func(r refused, m *mockoidc.MockOIDC) { r.enters(r.browser(), m, "", "ana", "staff") }},
	"account_disabled": {joined: func(r refused, m *mockoidc.MockOIDC) {
		r.enters(r.browser(), m, "", "ana", "g-read")
		if err := r.Store.DisablePerson(r.t.Context(), dsr.Principal{ID: "token:admin", Role: dsr.Admin}, "ana"); err != nil {
			r.t.Fatal(err)
		}
		r.enters(r.browser(), m, "", "ana", "g-read")
	}},
	"another_person": {joined: func(r refused, m *mockoidc.MockOIDC) {
		browser := r.browser()
		r.enters(browser, m, "", "ana", "g-read")
		r.enters(browser, m, "?again", "eve", "g-read")
	}},
	"no_token":  {provoke: func(r refused) { r.call("GET", "/api/v1/requests", "", "") }},
	"bad_token": {provoke: func(r refused) { r.call("GET", "/api/v1/requests", "guessed", "") }},
	"forbidden": {provoke: func(r refused) { r.call("GET", "/api/v1/audit", "requester", "") }},
	"own_request": {provoke: func(r refused) {
		id := r.submits()
		r.Finish(id, false, []byte("PK"))
		r.call("POST", "/api/v1/requests/"+id+"/approve", "admin", "")
	}},
	"reset_by_you": {provoke: func(r refused) {
		r.AddPerson("ana", "a-long-and-right-one", dsr.Requester)
		hash := "$argon2id$v=19$m=65536,t=2,p=1$c2FsdA$a2V5"
		if _, err := r.Store.InviteAgain(r.t.Context(), dsr.Principal{ID: "token:admin", Role: dsr.Admin}, "ana", hash, [32]byte{1}); err != nil {
			r.t.Fatal(err)
		}
		id := r.submitsAs("user:ana")
		r.Finish(id, false, []byte("PK"))
		r.call("POST", "/api/v1/requests/"+id+"/approve", "admin", "")
	}},
	"token_by_you": {provoke: func(r refused) {
		if _, err := r.Store.CreateToken(r.t.Context(), dsr.Principal{ID: "token:admin", Role: dsr.Admin}, dsr.NewToken{Name: "tickets", Role: dsr.Requester, Hash: [32]byte{1}}); err != nil {
			r.t.Fatal(err)
		}
		id := r.submitsAs("token:tickets")
		r.Finish(id, false, []byte("PK"))
		r.call("POST", "/api/v1/requests/"+id+"/approve", "admin", "")
	}},
	"link_ended":      {provoke: func(r refused) { r.call("GET", "/download/guessed", "", "") }},
	"bad_setup_token": {provoke: func(r refused) { r.postsForm("/setup", "token=guessed&login=eve") }},
	"cross_origin":    {provoke: func(r refused) { r.postsForm("/sign-in", "", "Sec-Fetch-Site", "cross-site") }},
	"sign_in_refused": {provoke: func(r refused) { r.postsForm("/sign-in", "login=eve&password=guessed") }},
	"code_refused": {provoke: func(r refused) {
		r.AddPerson("ana", "a-long-and-right-one", dsr.Requester)
		if err := r.Store.SetSecondFactor(r.t.Context(), dsr.Principal{ID: "user:ana"}, strings.Repeat("A", 32), 1, nil); err != nil {
			r.t.Fatal(err)
		}
		browser := r.browser()
		r.posts(browser, "/sign-in", "login=ana&password=a-long-and-right-one")
		r.posts(browser, "/sign-in/code", "code=guessed")
	}},
	"sign_in_throttled": {provoke: func(r refused) {
		for range 6 {
			r.postsForm("/sign-in", "login=eve&password=guessed")
		}
	}},
	"rate_limited": {limited: true, provoke: func(r refused) {
		for r.call("GET", "/api/v1/requests", "auditor", "") != http.StatusTooManyRequests {
		}
	}},
	"too_many_calls": {config: "limits: {calls_at_once: 1}", limited: true, provoke: func(r refused) {
		r.call("GET", "/api/v1/requests/"+r.submits()+"/events", "auditor", "")
		r.call("GET", "/api/v1/requests", "auditor", "")
	}},
	"too_many_streams": {config: "limits: {streams: 1}", limited: true, provoke: func(r refused) {
		path := "/api/v1/requests/" + r.submits() + "/events"
		r.call("GET", path, "auditor", "")
		r.call("GET", path, "auditor", "")
	}},
	"too_many_open_requests": {config: "limits: {open_requests: 1}", limited: true, provoke: func(r refused) {
		r.submits()
		r.call("POST", "/api/v1/requests", "requester", apptest.Minimal)
	}},
	"too_many_connections": {provoke: func(r refused) {
		id := r.submits()
		server := httptest.NewUnstartedServer(nil)
		server.Config = edge.NewHTTPServer("", r.Server)
		edge.NewConnections(1, nil).Watch(server.Config)
		server.Start()
		r.t.Cleanup(server.CloseClientConnections)
		r.URL = server.URL
		r.call("GET", "/api/v1/requests/"+id+"/events", "auditor", "")
		r.call("GET", "/api/v1/requests", "auditor", "")
	}},
	"check_limited": {provoke: func(r refused) {
		for r.call("POST", "/api/v1/sources/it-desk/check", "admin", "") != http.StatusTooManyRequests {
		}
	}},
}

// TestEveryRefusalGoesOnRecord: whatever code a call can be refused with, the audit log has it.
func TestEveryRefusalGoesOnRecord(t *testing.T) {
	t.Parallel()
	if got, want := slices.Sorted(maps.Keys(provoked)), slices.Sorted(maps.Keys(app.Refusals)); !slices.Equal(got, want) {
		t.Fatalf("refusals are provoked with the codes %v, want %v", got, want)
	}
	for code, c := range provoked {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			setup := func(o *apptest.Setup) { o.Limited, o.Config = c.limited, c.config+"\n" }
			var s *apptest.Site
			if c.joined == nil {
				s = apptest.Open(t, setup)
				c.provoke(refused{s, t})
			} else {
				m := apptest.Provider(t)
				s = apptest.Open(t, setup, apptest.With(t, m.Issuer(), m.ClientID, m.ClientSecret, "scopes: [profile, groups], roles: {g-read: auditor}"))
				c.joined(refused{s, t}, m)
			}
			kind := app.Refusals[code]
			if kind == "" {
				return // none is to be on record
			}
			for _, e := range s.Await(kind, 1) {
				if e.Data["code"] == code {
					return
				}
			}
			t.Errorf("%s is not on record: %v", code, s.Events(kind))
		})
	}
}

// TestRefusalsThatAreDescribedExist: the documents name no code that no call is refused with.
func TestRefusalsThatAreDescribedExist(t *testing.T) {
	t.Parallel()
	text, err := api.JSON()
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?:401|403|429) `([a-z_]+)`").FindAllSubmatch(text, -1)
	if len(found) < 2 {
		t.Errorf("the description names %d codes of refusals; does it still say them as this test reads them?", len(found))
	}
	for _, code := range found {
		if _, known := app.Refusals[string(code[1])]; !known {
			t.Errorf("no call is refused with %s, which openapi.yaml names", code[1])
		}
	}
}
