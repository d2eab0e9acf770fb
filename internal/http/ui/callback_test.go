package ui_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// withCallbacks lists one host that requests may name.
func withCallbacks(t *testing.T) func(*apptest.Setup) {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(o *apptest.Setup) {
		o.Config = fmt.Sprintf("webhooks: {callbacks: [{host: tools.example.com, secret_file: %q}]}\n", secret)
	}
}

// TestTheFormNamesWhoIsTold where the configuration lists a host, and says what is wrong with
// any other address.
func TestTheFormNamesWhoIsTold(t *testing.T) {
	t.Parallel()
	s := newSite(t, withCallbacks(t))
	s.signIn("requester")
	s.get("/requests/new").says("Address that is told")
	const wanted = "whose host is listed in webhooks.callbacks of the configuration"
	for _, wrong := range []string{"https://elsewhere.example.com/", "tools.example.com", "ftp://tools.example.com/"} {
		page := s.sent(goodForm(url.Values{"callback": {wrong}}))
		page.says("There is a problem", wanted)
		if attr(page.byID("callback"), "aria-invalid") != "true" || attr(page.byID("callback"), "value") != wrong {
			t.Errorf("%s is not shown as wrong", wrong)
		}
	}
	const address = "https://tools.example.com/dsr?a=b"
	s.sent(goodForm(url.Values{"callback": {" " + address}})).says("Address that is told", address)
	id := s.submitted(url.Values{"callback": {" " + address}})
	if got := s.Lookup(id).CallbackURL; got != address {
		t.Errorf("told is %q", got)
	}
	s.get("/requests/"+id).says("Address that is told", address)
}

func TestATableNamesWhoIsTold(t *testing.T) {
	t.Parallel()
	s := newSite(t, withCallbacks(t))
	s.signIn("requester")
	s.get("/requests/upload").says("callback_url")
	wrong, _ := s.uploaded("identifier,callback_url\nana@example.com,https://elsewhere.example.com/\n", "")
	wrong.says("callback_url", "whose host is listed in webhooks.callbacks of the configuration")
	_, here := s.uploaded("reference,identifier,callback_url\nB-1,ana@example.com,https://tools.example.com/a\nB-2,ben@example.com,\n", "")
	s.post(here, nil).goes(here)
	told := map[string]string{}
	for _, e := range s.Events(audit.RequestSubmitted) {
		r := s.Lookup(e.Request)
		told[r.Reference] = r.CallbackURL
	}
	if told["B-1"] != "https://tools.example.com/a" || told["B-2"] != "" {
		t.Errorf("told are %v", told)
	}
}

// TestNobodyIsToldWhereNoHostIsListed: the form has no field for it, and takes none.
func TestNobodyIsToldWhereNoHostIsListed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	s.get("/requests/new").saysNot("Address that is told")
	s.get("/requests/upload").saysNot("callback_url")
	id := s.submitted(url.Values{"callback": {"https://tools.example.com/"}})
	if r := s.Lookup(id); r.CallbackURL != "" || r.Status != dsr.Queued {
		t.Errorf("got %+v", r)
	}
	page, _ := s.uploaded("identifier,callback_url\nana@example.com,https://tools.example.com/\n", "")
	if page.want(http.StatusOK); !strings.Contains(page.text(), "webhooks.callbacks") {
		t.Errorf("the table is taken: %s", page.text())
	}
}
