package ui_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
)

func (s *site) cookie(name string) *http.Cookie {
	u, err := url.Parse(s.URL)
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
	if got := string(s.get("/requests/0198a3c4-0000-7000-8000-000000000000/progress").Body); got != "event: signed-out\ndata: {}\n\n" {
		t.Errorf("the stream says %q", got)
	}
	s.get("/").goes("/sign-in?next=%2F")
	s.get("/help").want(http.StatusOK)
}

func TestSignInLeadsToThePageAskedFor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for next, want := range map[string]string{
		"": "/", "/requests/new": "/requests/new",
		"//evil.example": "/", `/\evil.example`: "/", "https:evil.example": "/",
		"/requests/../../x": "/", "/requests/new?x=//evil": "/", "/sign-out": "/",
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
	for _, stored := range s.sessionKeys() {
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
		s := newSite(t, func(o *apptest.Setup) { o.BaseURL = base })
		got := s.post("/sign-in", url.Values{"login": {"requester"}, "password": {sitePassword}}).Header.Values("Set-Cookie")
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
	s.pass(14 * time.Minute)
	s.get("/requests").want(http.StatusOK)
	s.pass(16 * time.Minute)
	s.get("/requests").goes("/sign-in?next=%2Frequests")
}

func TestSignOutEndsTheSessionAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	token := s.cookie("dsr-session").Value
	out := s.post("/sign-out", nil)
	out.goes("/sign-in?signed-out=1")
	if got := out.Header.Get("Clear-Site-Data"); got != `"cache", "storage"` {
		t.Errorf("got Clear-Site-Data %q", got)
	}
	s.get("/sign-in?signed-out=1").says("You have signed out.")
	s.replay(token).goes("/sign-in?next=%2Frequests")
	for _, kind := range []audit.Kind{audit.SignedIn, audit.SignedOut} {
		if got := s.Events(kind); len(got) != 1 || got[0].Actor != "user:requester" {
			t.Errorf("on record: %s %+v", kind, got)
		}
	}
}

func TestDisabledChangedOrRemovedPeopleAreOutAtOnce(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"disabled":  `UPDATE people SET disabled = 1`,
		"new epoch": `UPDATE people SET epoch = epoch + 1`,
	} {
		s := newSite(t)
		s.signIn("requester")
		s.get("/requests").want(http.StatusOK)
		s.Exec(change)
		if got := s.get("/requests"); got.Status != http.StatusSeeOther {
			t.Errorf("%s: got %d", name, got.Status)
		}
	}
}

// TestPasswordIsChangedWithTheOneThereIs: and every other session ends.
func TestPasswordIsChangedWithTheOneThereIs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	elsewhere, another := s.cookie("dsr-session").Value, "another-and-longer-one"
	s.client = s.browser()
	s.signIn("requester")
	before := s.cookie("dsr-session").Value
	form := func(current, password, again string) url.Values {
		return url.Values{"current": {current}, "password": {password}, "again": {again}}
	}
	for text, mistake := range map[string]url.Values{
		"This is not your current password.": form("not this one", another, another),
		"The two passwords differ.":          form(sitePassword, another, another+"x"),
		"one of the most used passwords":     form(sitePassword, "password123", "password123"),
	} {
		s.post("/account", mistake).says(text)
	}
	signIns := len(s.Events(audit.SignedIn))
	s.post("/account", form(sitePassword, another, another)).goes("/account")
	s.get("/account").says("Your password has been changed.")
	if n := len(s.Events(audit.SignedIn)); n != signIns || len(s.Events(audit.PasswordSet)) != 1 {
		t.Errorf("%d sign-ins are on record after the change, want %d", n, signIns)
	}
	if s.cookie("dsr-session").Value == before {
		t.Error("the session's token is the one from before")
	}
	s.replay(elsewhere).goes("/sign-in?next=%2Frequests")
	s.client = s.browser()
	s.post("/sign-in", url.Values{"login": {"requester"}, "password": {sitePassword}}).says("do not match")
	s.post("/sign-in", url.Values{"login": {"requester"}, "password": {another}}).goes("/")
}

// TestGuessesAtTheCurrentPasswordAreSlowedDown: as those at the sign-in are, and with them.
func TestGuessesAtTheCurrentPasswordAreSlowedDown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	form := url.Values{"current": {"guessed"}, "password": {"another-and-longer-one"}, "again": {"another-and-longer-one"}}
	for range 5 {
		s.post("/account", form).want(http.StatusOK).says("This is not your current password.")
	}
	page := s.post("/account", form).want(http.StatusTooManyRequests)
	page.says("Try again in 2 seconds")
	if got := page.Header.Get("Retry-After"); got != "2" {
		t.Errorf("got Retry-After %q", got)
	}
	s.post("/sign-in", url.Values{"login": {"requester"}, "password": {sitePassword}}).want(http.StatusTooManyRequests)
	s.Clock.Add(2 * time.Second)
	form.Set("current", sitePassword)
	s.post("/account", form).goes("/account")
}

func TestRoleChangeActsOnTheNextCall(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	s.get("/requests/new").want(http.StatusOK)
	s.Exec(`UPDATE people SET role = 'auditor' WHERE login = 'requester'`)
	s.get("/requests/new").want(http.StatusForbidden).says("Your role (auditor) does not include this")
}

func TestRefusedSignInSaysWhyAndKeepsTheLogin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	refused := s.post("/sign-in", url.Values{"login": {"requester"}, "password": {"wrong"}}).want(http.StatusUnauthorized)
	unknown := s.post("/sign-in", url.Values{"login": {"requesteR2"}, "password": {"wrong"}}).want(http.StatusUnauthorized)
	refused.says("That login and password do not match.")
	if refused.text() != unknown.text() {
		t.Error("an unknown login reads differently")
	}
	if got := attr(refused.byID("login"), "value"); got != "requester" {
		t.Errorf("the login field holds %q", got)
	}
	if strings.Contains(string(refused.Body), "wrong") {
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
	if got := s.Lookup(id).Status; got != dsr.Queued {
		t.Errorf("the request is %s", got)
	}
}

func TestFirstAdminIsMadeWithTheOneTimeTokenAlone(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	token := auth.NewToken()
	if err := s.Store.SetSetupToken(t.Context(), auth.HashToken(token)); err != nil {
		t.Fatal(err)
	}
	s.get("/sign-in").goes("/setup")
	s.get("/setup").says("Create the first account")
	s.post("/setup", url.Values{"login": {"two words"}}).want(http.StatusOK).
		says("One-time token: Enter the one-time token", "Login: Use 1 to 64", "Password: This is shorter than 8 characters")
	form := url.Values{"token": {"guess"}, "login": {"Ana@Example.com"}, "name": {"Ana"}, "password": {sitePassword}, "again": {sitePassword}}
	s.post("/setup", form).want(http.StatusOK).says("One-time token: This is not the one-time token")
	form.Set("token", " "+token+"\n")
	form.Set("again", "something else")
	s.post("/setup", form).want(http.StatusOK).says("Repeat the password: The two passwords differ")
	form.Set("password", "short")
	form.Set("login", "two words")
	s.post("/setup", form).want(http.StatusOK).says("Login: Use 1 to 64", "Password: This is shorter than 8 characters")
	form.Set("login", "Ana@Example.com")
	form.Set("password", sitePassword)
	form.Set("again", sitePassword)
	s.post("/setup", form).goes("/")
	s.get("/requests").says("There are no requests yet.")
	p, err := s.Store.Person(t.Context(), "user:ana@example.com")
	if err != nil || p.Role != dsr.Admin || !strings.HasPrefix(p.PasswordHash, "$argon2id$") {
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
	s.pass(time.Hour)
	asked := s.post("/requests/new", goodForm()).want(http.StatusUnauthorized)
	asked.says("what you typed is kept")
	form := asked.hiddenFields("/sign-in")
	form.Set("login", "requester")
	form.Set("password", "wrong")
	form = s.post("/sign-in", form).want(http.StatusUnauthorized).hiddenFields("/sign-in")
	form.Set("login", "requester")
	form.Set("password", sitePassword)
	check := s.follow(s.post("/sign-in", form))
	check.says("Check before you start", "ana@example.com")

	// What is sent in when nobody is signed in any more is shown once more before it is.
	s.pass(time.Hour)
	start := check.hiddenFields("/requests")
	start.Set("action", "start")
	form = s.post("/requests", start).want(http.StatusUnauthorized).hiddenFields("/sign-in")
	form.Set("login", "requester")
	form.Set("password", sitePassword)
	s.follow(s.post("/sign-in", form)).says("Check before you start", "ana@example.com")
	if n := len(s.Events(audit.RequestSubmitted)); n > 0 {
		t.Errorf("%d requests were submitted by a sign-in", n)
	}
}

func TestStorageFaultShowsNothingOfIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	s.Intercept.Fail(func(string) error { return errors.New("sql: disk /var/lib/secret is full") })
	got := s.get("/requests").want(http.StatusInternalServerError)
	got.says("Something went wrong")
	if strings.Contains(string(got.Body), "sql") || !strings.Contains(s.Log.String(), "disk /var/lib/secret") {
		t.Error("the fault belongs in the log, not on the page")
	}
}

func TestStayingKeepsTheSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("auditor")
	for range 3 {
		s.pass(14 * time.Minute)
		s.post("/stay", nil).want(http.StatusNoContent)
	}
	s.pass(14 * time.Minute)
	s.get("/stay").want(http.StatusNoContent) // asks, and keeps nothing
	s.pass(2 * time.Minute)
	s.get("/stay").goes("/sign-in?next=")
	s.post("/stay", nil).goes("/sign-in")
}
