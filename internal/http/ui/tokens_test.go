package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
)

func TestATokensValueIsShownOnceAndOpensTheAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("admin")
	s.get("/tokens").says("auditor", "the configuration", "not known")
	page := s.post("/tokens", url.Values{"name": {"ticket-system"}, "role": {"requester"}}).want(http.StatusOK).says("It is shown only now")
	value := attr(page.byID("value"), "value")
	if len(value) < 43 {
		t.Fatalf("the value is %q", value)
	}
	list := s.get("/tokens").says("ticket-system", "admin")
	if strings.Contains(string(list.Body), value) {
		t.Error("the value is shown a second time")
	}
	p, err := s.Store.PrincipalByToken(t.Context(), auth.HashToken(value))
	if err != nil || p.Name != "ticket-system" {
		t.Errorf("the value opens %+v, %v", p, err)
	}
	s.Clock.Add(24 * time.Hour)
	s.signIn("admin")
	s.get("/tokens/ticket-system/revoke").says("refused from now on").saysNot("stands in the configuration")
	s.get("/tokens/auditor/revoke").says("stands in the configuration")
	s.post("/tokens/ticket-system/revoke", nil).goes("/tokens")
	s.get("/tokens").says("The token ticket-system has been revoked.")
	if _, err := s.Store.PrincipalByToken(t.Context(), auth.HashToken(value)); err == nil {
		t.Error("a revoked token opens")
	}
	s.get("/tokens/ticket-system/revoke").want(http.StatusNotFound)
	s.post("/tokens/ticket-system/revoke", nil).want(http.StatusNotFound)
	for _, kind := range []audit.Kind{audit.TokenCreated, audit.TokenRevoked} {
		if events := s.Events(kind); events[len(events)-1].Actor != "user:admin" {
			t.Errorf("on record: %+v", events)
		}
	}
}

func TestATokenIsConfinedEndsAndGetsAnotherValue(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("admin")
	page := s.post("/tokens", url.Values{"name": {"tickets"}, "role": {"requester"}, "scope": {"own", "submit"}, "expires": {"2027-01-31"}}).want(http.StatusOK)
	first := attr(page.byID("value"), "value")
	s.get("/tokens").says("Only for submit, own", "31 January 2027, 23:59")
	p, err := s.Store.PrincipalByToken(t.Context(), auth.HashToken(first))
	if err != nil || !p.OwnOnly() || p.May(dsr.ReadAudit) {
		t.Errorf("the value opens %+v, %v", p, err)
	}
	s.get("/tokens/tickets/rotate").says("How long the value before still opens")
	s.post("/tokens/tickets/rotate", url.Values{"overlap": {"24"}, "expires": {"1999-01-01"}}).says("New last day: Enter a day that has not passed")
	page = s.post("/tokens/tickets/rotate", url.Values{"overlap": {"24"}, "expires": {""}}).says("has a new value", "The value before opens until")
	second := attr(page.byID("value"), "value")
	for value, want := range map[string]bool{first: true, second: true} {
		if _, err := s.Store.PrincipalByToken(t.Context(), auth.HashToken(value)); (err == nil) != want {
			t.Errorf("a value opens: %v", err)
		}
	}
	s.get("/tokens").says("The value before opens until")
	s.post("/tokens/tickets/rotate", url.Values{"overlap": {"0"}}).says("The value before opens nothing any more.")
	if _, err := s.Store.PrincipalByToken(t.Context(), auth.HashToken(second)); err == nil {
		t.Error("a value that was replaced at once opens")
	}
	s.get("/tokens/auditor/rotate").says("stands in the configuration")
	s.post("/tokens/auditor/rotate", url.Values{"overlap": {"24"}}).want(http.StatusConflict)
}

func TestATokenNeedsANameThatIsFreeAndARole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("admin")
	for words, form := range map[string]url.Values{
		"Name: Use 1 to 64 letters":              {"name": {"two words"}, "role": {"requester"}},
		"Name: There is a token with this name.": {"name": {"auditor"}, "role": {"requester"}},
		"Role: Choose one of the roles.":         {"name": {"ci"}, "role": {"king"}},
		"Only for: Choose from the list.":        {"name": {"ci"}, "role": {"requester"}, "scope": {"all"}},
		"Last day: Enter a day that has not":     {"name": {"ci"}, "role": {"requester"}, "expires": {"2001-01-01"}},
	} {
		s.post("/tokens", form).says(words)
	}
}

func TestTokensAndSettingsAreForAdministrators(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, login := range []string{"requester", "approver", "auditor"} {
		s.client = s.browser()
		s.signIn(login)
		for _, path := range []string{"/tokens", "/tokens/new", "/tokens/auditor/rotate", "/tokens/auditor/revoke", "/settings"} {
			s.get(path).want(http.StatusForbidden)
		}
		s.post("/tokens", url.Values{"name": {"eve"}, "role": {"admin"}}).want(http.StatusForbidden)
		s.post("/tokens/auditor/rotate", nil).want(http.StatusForbidden)
		s.post("/tokens/auditor/revoke", nil).want(http.StatusForbidden)
	}
}

func TestSettingsSayTheConfigurationInWords(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *apptest.Setup) {
		o.Config = "release: {review: required}\nsign_in: {second_factor: [approver, auditor]}\ncontroller: {name: Example SE, contact: privacy@example.com}\nretention: {archive: 720h}\n"
	})
	s.signIn("admin")
	s.get("/settings").says("Example SE", "privacy@example.com", "Every result waits for a second person.", "approver and auditor", "30 days",
		"Europe/Berlin", "Art. 12(3) GDPR", "support-bot", "dump", "exports", "the first record")
}

func TestSettingsShowTheArt15TextsAndHowToAddThem(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *apptest.Setup) {
		o.Source = `, information: {purposes: {en: "To help", de: "Um zu helfen"}, retention: {en: "a year"}}`
	})
	s.signIn("admin")
	page := s.get("/settings").want(http.StatusOK)
	page.says("To help", "Um zu helfen", "How long the data are kept (Art. 15(1)(d))a yearmissing in German", "Categories of data (Art. 15(1)(b))missing in English and German",
		"name: it-desk information: categories: {en: …, de: …}", "retention: {de: …}")
}
