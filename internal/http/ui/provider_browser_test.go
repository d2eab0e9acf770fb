package ui_test

import (
	"net"
	"strings"
	"testing"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/http/browsertest"
)

// TestTheProviderSignsInARealBrowser: to another site and back, with script and without, to the
// page that was asked for; who is refused there is told why, and what may be tried instead.
func TestTheProviderSignsInARealBrowser(t *testing.T) {
	t.Parallel()
	s, base := newWithMockAt(t, "")
	b := browsertest.Start(t)
	for name, options := range map[string]browsertest.Options{"script": {}, "no script": {NoScript: true}} {
		t.Run(name, func(t *testing.T) {
			tab := b.Open(t, base, options)
			tab.Allow(s.mock.Server.Addr) // the provider is another host
			s.mock.QueueUser(apptest.Somebody{Subject: "id-of-eva", Say: map[string]any{"preferred_username": "eva", "groups": []string{"g-approve"}}})
			tab.Go("/requests?list=to_decide")
			tab.Press("Sign in at " + s.mock.Server.Addr)
			tab.Says("Requests", "To decide")
			tab.Go("/account")
			tab.Says("You are signed in as eva. Your role: approver.")
			tab.Press("Sign out")
			tab.Says("You have signed out.")

			tab.Allow("status of 4")
			s.mock.QueueUser(apptest.Somebody{Subject: "id-of-ben", Say: map[string]any{"preferred_username": "ben", "groups": []string{"g-elsewhere"}}})
			tab.Press("Sign in at " + s.mock.Server.Addr)
			tab.Says("There is a problem", "Sign in at")
			tab.Go("/account")
			tab.Says("Login", "Password")
		})
	}
}

// TestSigningInAtAProviderIsAccessible, beside a password and without one.
func TestSigningInAtAProviderIsAccessible(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	for name, more := range map[string]string{"sign-in-provider": "", "sign-in-provider-alone": "sign_in: {password: false}\n"} {
		s, base := newWithMockAt(t, more)
		g := &gallery{site: s.site, tab: b.Open(t, base, browsertest.Options{})}
		g.tab.Go("/sign-in")
		g.tab.Says("Sign in at " + s.mock.Server.Addr)
		if alone := !strings.Contains(g.tab.Text(), "Password"); alone != (more != "") {
			t.Errorf("%s says %s", name, g.tab.Text())
		}
		g.seen(name)
	}
}

// newWithMockAt is a site whose base URL a browser can open; the provider is at another site.
func newWithMockAt(t *testing.T, more string) (s *withMock, base string) {
	t.Helper()
	m := apptest.Provider(t)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	base = "http://localhost:" + port
	joined := apptest.With(t, m.Issuer(), m.ClientID, m.ClientSecret, groupRoles)
	return &withMock{newSite(t, joined, func(o *apptest.Setup) {
		o.Config += more
		o.BaseURL, o.Listener = base, l
	}), m}, base
}
