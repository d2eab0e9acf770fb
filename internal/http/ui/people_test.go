package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// linkOn is the one-time link that a page shows, as a path.
func (s *site) linkOn(page shown) string {
	s.t.Helper()
	page.want(http.StatusOK)
	_, path, found := strings.Cut(attr(page.byID("link"), "value"), "/invite/")
	if !found {
		s.t.Fatalf("the page shows no link: %s", page.text())
	}
	return "/invite/" + path
}

// invited is a link for somebody new, made by the administrator.
func (s *site) invited(login, role string) string {
	s.t.Helper()
	s.signIn("admin")
	return s.linkOn(s.post("/people", url.Values{"login": {login}, "role": {role}}))
}

func choosing(name, password string) url.Values {
	return url.Values{"name": {name}, "password": {password}, "again": {password}}
}

func TestAnInvitedPersonChoosesNameAndPasswordAndIsSignedIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	link := s.invited("Ana@Example.com", "approver")
	s.get("/people").says("ana@example.com", "Invited")
	s.client = s.browser()
	s.get(link).says("Welcome", "ana@example.com", "decides about their release")
	s.post(link, choosing("Ana", "short")).want(http.StatusOK).says("Password: This is shorter than 8 characters")
	s.post(link, url.Values{"name": {"Ana"}, "password": {sitePassword}, "again": {"x"}}).says("The two passwords differ")
	s.post(link, choosing("Ana", sitePassword)).goes("/")
	s.get("/requests").want(http.StatusOK)
	s.get(link).want(http.StatusNotFound).says("has been used, has expired or was never made")
	s.client = s.browser()
	s.signIn("ana@example.com")
	s.client = s.browser()
	s.signIn("admin")
	s.get("/people/ana@example.com").says("Ana", "approver", "Active")
	for _, kind := range []audit.Kind{audit.PersonCreated, audit.InvitationCreated, audit.PasswordSet} {
		if n := len(s.Events(kind)); n == 0 {
			t.Errorf("%s is not on record", kind)
		}
	}
}

func TestAnInvitationLastsADay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	link := s.invited("ana", "requester")
	s.Clock.Add(24 * time.Hour)
	s.get(link).want(http.StatusNotFound)
	s.post(link, choosing("Ana", sitePassword)).want(http.StatusNotFound)
	s.signIn("admin")
	s.get("/people").says("Invitation expired")
}

// TestAResetEndsWhatOpenedTheAccount: sessions and password; nobody but the person knows the next.
func TestAResetEndsWhatOpenedTheAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	session := s.cookie("dsr-session").Value
	s.client = s.browser()
	s.signIn("admin")
	page := s.post("/people/requester/invitation", nil)
	page.says("has been reset", "It is shown only now")
	link := s.linkOn(page)
	s.replay(session).goes("/sign-in?next=%2Frequests")
	s.client = s.browser()
	s.post("/sign-in", url.Values{"login": {"requester"}, "password": {sitePassword}}).want(http.StatusUnauthorized)
	s.post(link, choosing("Rita", "another-and-longer-one")).goes("/")
	s.client = s.browser()
	s.post("/sign-in", url.Values{"login": {"requester"}, "password": {"another-and-longer-one"}}).goes("/")
}

func TestWhoResetAnAccountIsToldWhyTheyCannotApprove(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("admin")
	link := s.linkOn(s.post("/people/requester/invitation", nil))
	s.client = s.browser()
	s.Clock.Add(time.Minute)
	s.post(link, choosing("Rita", sitePassword)).goes("/")
	id := s.submitted()
	s.at(id, dsr.Review, false)
	s.client = s.browser()
	s.signIn("admin")
	s.post("/requests/"+id+"/approve", url.Values{"archive_sha256": {s.Lookup(id).Result.Archive.SHA256}}).
		want(http.StatusForbidden).says("after you have reset an account")
}

func TestAnAccountIsDisabledEnabledAndGivenAnotherRole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("admin")
	s.post("/people/requester/disable", nil).goes("/people/requester")
	s.get("/people/requester").says("The account has been disabled.", "Disabled").saysNot("Reset and invite again")
	s.post("/people/requester/enable", nil).goes("/people/requester")
	s.post("/people/requester/role", url.Values{"role": {"auditor"}}).goes("/people/requester")
	s.get("/people/requester").says("The role has been changed.", "auditor", "Active")
	s.post("/people/requester/role", url.Values{"role": {"king"}}).want(http.StatusUnprocessableEntity)
	for _, change := range []string{"disable", "role", "invitation"} {
		s.post("/people/admin/"+change, url.Values{"role": {"auditor"}}).want(http.StatusConflict).says("Nobody can do this to their own account")
	}
	s.get("/people/admin").says("This is you.")
	s.get("/people/nobody").want(http.StatusNotFound)
}

func TestInvitationsNeedALoginThatIsFreeAndARole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("admin")
	s.get("/people/new").says("Invite a person", "What the roles may do")
	s.post("/people", url.Values{"login": {"requester"}, "role": {"requester"}}).says("Login: Somebody has this login already.")
	page := s.post("/people", url.Values{"login": {"two words"}, "role": {"king"}})
	page.says("Login: Use 1 to 64 letters", "Role: Choose one of the roles.")
	if got := attr(page.byID("login"), "value"); got != "two words" {
		t.Errorf("the login field holds %q", got)
	}
}

func TestOnlyAdministratorsChangePeopleAndAuditorsReadTheList(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for login, want := range map[string]int{"requester": http.StatusForbidden, "approver": http.StatusForbidden, "auditor": http.StatusOK, "admin": http.StatusOK} {
		s.client = s.browser()
		s.signIn(login)
		page := s.get("/people").want(want)
		if login == "auditor" {
			page.says("requester", "approver").saysNot("Invite a person")
		}
		if login == "admin" {
			continue
		}
		for _, path := range []string{"/people/new", "/people/requester"} {
			s.get(path).want(http.StatusForbidden)
		}
		for _, path := range []string{"/people", "/people/requester/role", "/people/requester/disable", "/people/requester/enable", "/people/requester/invitation"} {
			s.post(path, url.Values{"login": {"eve"}, "role": {"admin"}}).want(http.StatusForbidden)
		}
	}
}

func TestPeoplePagesSpeakGerman(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("admin")
	german := []string{"Accept-Language", "de"}
	s.send("GET", "/people", nil, german...).says("Personen", "Letzte Anmeldung", "Was die Rollen dürfen", "Aktiv")
	s.send("POST", "/people", url.Values{"login": {"ana"}, "role": {"requester"}}, german...).says("Einladung", "Er wird nur jetzt angezeigt")
	s.client = s.browser()
	s.send("POST", "/sign-in", url.Values{"login": {"admin"}, "password": {"guessed"}}, german...).says("Anmeldename und Passwort passen nicht zusammen.")
}
