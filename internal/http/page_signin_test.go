package http

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
)

func (s *site) cookie(name string) *http.Cookie {
	u, err := url.Parse(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range s.client.Jar.Cookies(u) {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func TestEveryPageAsksToSignInFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for path, next := range map[string]string{
		"/requests":     "/requests",
		"/requests/new": "/requests/new",
		"/requests/0198a3c4-0000-7000-8000-000000000000":          "/requests/0198a3c4-0000-7000-8000-000000000000",
		"/requests/0198a3c4-0000-7000-8000-000000000000/download": "",
	} {
		s.get(path).goes("/sign-in?next=" + url.QueryEscape(next))
	}
	s.post("/requests/0198a3c4-0000-7000-8000-000000000000/cancel", nil).goes("/sign-in")
	if got := string(s.get("/requests/0198a3c4-0000-7000-8000-000000000000/progress").body); got != "event: signed-out\ndata: {}\n\n" {
		t.Errorf("the stream says %q", got)
	}
	s.get("/").goes("/requests")
	s.get("/help").want(http.StatusOK)
}

func TestSignInLeadsToThePageAskedFor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for next, want := range map[string]string{
		"": "/requests", "/requests/new": "/requests/new",
		"//evil.example": "/requests", `/\evil.example`: "/requests", "https:evil.example": "/requests",
		"/requests/../../x": "/requests", "/requests/new?x=//evil": "/requests", "/sign-out": "/requests",
	} {
		s.client = s.browser()
		shownForm := s.get("/sign-in?next=" + url.QueryEscape(next))
		form := shownForm.hiddenFields("/sign-in")
		form.Set("login", "requester")
		form.Set("password", sitePassword)
		s.post("/sign-in", form).goes(want)
		form.Set("next", next) // as if the page had been changed
		s.client = s.browser()
		s.post("/sign-in", form).goes(want)
	}
}

func TestSessionIsNewAtSignInAndStoredHashed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	first := s.cookie("dsr-session").Value
	s.signIn("approver")
	second := s.cookie("dsr-session").Value
	if first == second {
		t.Error("the token is the same after signing in again")
	}
	raw, err := base64.RawURLEncoding.DecodeString(second)
	if err != nil || len(raw) < 32 {
		t.Errorf("the token has %d bytes (%v), want 256 bits", len(raw), err)
	}
	for _, stored := range s.sessions.tokens {
		if stored == first || stored == second {
			t.Error("the store holds a token in clear")
		}
	}
	s.replay(first).goes("/sign-in?next=%2Frequests")
}

// replay asks for the list with this session's token.
func (s *site) replay(token string) shown {
	s.client = s.browser()
	return s.send("GET", "/requests", nil, "Cookie", "dsr-session="+token)
}

func TestCookieFitsTheScheme(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"http://127.0.0.1":    "dsr-session=",
		"https://dsr.example": "__Host-dsr-session=",
	} {
		s := newSite(t, func(o *Options) { o.BaseURL = base })
		got := s.post("/sign-in", url.Values{"login": {"requester"}, "password": {sitePassword}}).header.Values("Set-Cookie")
		if len(got) != 2 {
			t.Fatalf("%s: got %q, want a session and a device cookie", base, got)
		}
		for _, c := range got {
			secure := strings.Contains(c, "; Secure")
			if !strings.Contains(c, "; Path=/; ") || !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") ||
				strings.Contains(c, "Domain") || secure != strings.HasPrefix(base, "https") {
				t.Errorf("%s: got %s", base, c)
			}
		}
		if !slices.ContainsFunc(got, func(c string) bool { return strings.HasPrefix(c, want) && !strings.Contains(c, "Max-Age") }) {
			t.Errorf("%s: got %q, want %s without an age", base, got, want)
		}
	}
}

func TestSessionEndsWhenIdleAndAfterEightHours(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	s.sessions.pass(14 * time.Minute)
	s.get("/requests").want(http.StatusOK)
	s.sessions.pass(16 * time.Minute)
	s.get("/requests").goes("/sign-in?next=%2Frequests")
	p := newSessions(s.sessions, true, nil)
	if p.Lifetime != 8*time.Hour || p.IdleTimeout != 15*time.Minute || !p.HashTokenInStore {
		t.Errorf("got lifetime %s, idle %s, hashed %v", p.Lifetime, p.IdleTimeout, p.HashTokenInStore)
	}
}

func TestSignOutEndsTheSessionAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	token := s.cookie("dsr-session").Value
	s.post("/sign-out", nil).goes("/sign-in?signed-out=1")
	s.get("/sign-in?signed-out=1").says("You have signed out.")
	s.replay(token).goes("/sign-in?next=%2Frequests")
	if got := strings.Join(s.people.recorded(), ";"); got != "signed in user:requester;signed out user:requester" {
		t.Errorf("on record: %s", got)
	}
}

func TestDisabledChangedOrRemovedPeopleAreOutAtOnce(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*dsr.Person){
		"disabled":  func(p *dsr.Person) { p.Disabled = true },
		"new epoch": func(p *dsr.Person) { p.Epoch++ },
	} {
		s := newSite(t)
		s.signIn("requester")
		s.get("/requests").want(http.StatusOK)
		s.people.change("requester", change)
		if got := s.get("/requests"); got.status != http.StatusSeeOther {
			t.Errorf("%s: got %d", name, got.status)
		}
	}
}

func TestRoleChangeActsOnTheNextCall(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	s.get("/requests/new").want(http.StatusOK)
	s.people.change("requester", func(p *dsr.Person) { p.Role = dsr.Auditor })
	s.get("/requests/new").want(http.StatusForbidden).says("Your role (auditor) does not include this")
}

func TestRefusedSignInSaysWhyAndKeepsTheLogin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	refused := s.post("/sign-in", url.Values{"login": {"requester"}, "password": {"wrong"}}).want(http.StatusUnauthorized)
	unknown := s.post("/sign-in", url.Values{"login": {"requesteR2"}, "password": {"wrong"}}).want(http.StatusUnauthorized)
	refused.says("The login or the password is not right.")
	if refused.text() != unknown.text() {
		t.Error("an unknown login reads differently")
	}
	if got := attr(refused.byID("login"), "value"); got != "requester" {
		t.Errorf("the login field holds %q", got)
	}
	if strings.Contains(string(refused.body), "wrong") {
		t.Error("the password comes back in the page")
	}
	for range 5 {
		s.post("/sign-in", url.Values{"login": {"requester"}, "password": {"wrong"}})
	}
	s.post("/sign-in", url.Values{"login": {"requester"}, "password": {sitePassword}}).want(http.StatusTooManyRequests).says("Try again in")
}

func TestPostsFromOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("admin")
	id := s.submitted()
	for _, path := range []string{"/sign-in", "/sign-out", "/setup", "/requests", "/requests/new", "/requests/" + id + "/cancel", "/stay"} {
		for _, from := range []string{"cross-site", "same-site"} {
			s.send("POST", path, goodForm(), "Sec-Fetch-Site", from).want(http.StatusForbidden).says("sent from another website")
		}
		s.send("POST", path, goodForm(), "Sec-Fetch-Site", "", "Origin", "https://evil.example").want(http.StatusForbidden)
	}
	if got := s.svc.copyOf(id).Status; got != dsr.Queued {
		t.Errorf("the request is %s", got)
	}
}

func TestFirstAdminIsMadeWithTheOneTimeTokenAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	clear(s.people.people)
	token := auth.NewToken()
	s.people.setupToken = auth.HashToken(token)
	s.get("/sign-in").goes("/setup")
	s.get("/setup").says("Create the first account")
	s.post("/setup", url.Values{"login": {"two words"}}).want(statusMistake).
		says("One-time token: Enter the one-time token", "Login: Use 1 to 64", "Password: This is shorter than 8 characters")
	form := url.Values{"token": {"guess"}, "login": {"Ana@Example.com"}, "name": {"Ana"}, "password": {sitePassword}, "again": {sitePassword}}
	s.post("/setup", form).want(statusMistake).says("One-time token: This is not the one-time token")
	form.Set("token", " "+token+"\n")
	form.Set("again", "something else")
	s.post("/setup", form).want(statusMistake).says("Repeat the password: The two passwords differ")
	form.Set("password", "short")
	form.Set("login", "two words")
	s.post("/setup", form).want(statusMistake).says("Login: Use 1 to 64", "Password: This is shorter than 8 characters")
	form.Set("login", "Ana@Example.com")
	form.Set("password", sitePassword)
	form.Set("again", sitePassword)
	s.post("/setup", form).goes("/requests")
	s.get("/requests").says("There are no requests yet.")
	if p := s.people.people["ana@example.com"]; p.Role != dsr.Admin || !strings.HasPrefix(p.PasswordHash, "$argon2id$") {
		t.Errorf("got %+v", p)
	}
	s.client = s.browser()
	s.get("/setup").goes("/sign-in")
	s.post("/setup", form).want(http.StatusConflict).says("already")
}

func TestTypedFormSurvivesTheEndOfTheSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	s.sessions.pass(time.Hour)
	for _, path := range []string{"/requests/new", "/requests"} {
		asked := s.post(path, goodForm()).want(http.StatusUnauthorized)
		asked.says("what you typed is kept")
		form := asked.hiddenFields("/sign-in")
		form.Set("login", "requester")
		form.Set("password", "wrong")
		again := s.post("/sign-in", form).want(http.StatusUnauthorized)
		form = again.hiddenFields("/sign-in")
		form.Set("login", "requester")
		form.Set("password", sitePassword)
		back := s.post("/sign-in", form).want(http.StatusOK)
		if got := attr(back.byID("value-1"), "value"); got != "ana@example.com" {
			t.Errorf("%s: the field holds %q", path, got)
		}
		s.post("/sign-out", nil).want(http.StatusSeeOther)
	}
}

func TestStorageFaultShowsNothingOfIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	s.people.mu.Lock()
	s.people.fault = errors.New("sql: disk /var/lib/secret is full")
	s.people.mu.Unlock()
	got := s.get("/requests").want(http.StatusInternalServerError)
	got.says("Something went wrong")
	if strings.Contains(string(got.body), "sql") || !strings.Contains(s.log.String(), "disk /var/lib/secret") {
		t.Error("the fault belongs in the log, not on the page")
	}
}

func TestStayingKeepsTheSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("auditor")
	for range 3 {
		s.sessions.pass(14 * time.Minute)
		s.post("/stay", nil).want(http.StatusNoContent)
	}
	s.sessions.pass(16 * time.Minute)
	s.post("/stay", nil).goes("/sign-in")
}
