package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
)

func TestValuesAreTextWhereverTheyAreShownAndNeverLogged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	hostile := `"><script>alert(1)</script><img src=x onerror=alert(1)>{{.ID}}canary`
	id := s.submitted(url.Values{"value-1": {hostile}, "key-1": {hostile}, "reference": {hostile}, "notes": {"</textarea>" + hostile}})
	s.at(id, dsr.Review, false)
	s.covers(id, dsr.Coverage{AsOf: siteNow, Sources: []dsr.SourceCoverage{{Name: hostile, Type: hostile, Assumes: []dsr.Assumption{dsr.Assume("", hostile)},
		Reasons: []dsr.Reason{{Code: "x", Detail: hostile}}}}})
	form := goodForm(url.Values{"value-1": {hostile}, "reference": {hostile}, "start": {hostile}})
	for name, page := range map[string]shown{
		"request": s.get("/requests/" + id), "list": s.get("/requests"), "form": s.sent(form),
		"check": s.sent(goodForm(url.Values{"value-1": {hostile}})), "filter": s.get("/requests?q=" + url.QueryEscape(hostile)),
		"sign-in": s.post("/sign-in", url.Values{"login": {hostile}}),
	} {
		if n := len(page.tags("script")) - 1 + len(page.tags("img")); n != 0 || !strings.Contains(string(page.Body), "canary") {
			t.Errorf("%s: %d elements come out of a value, or the value is not there", name, n)
		}
	}
	s.Intercept.Fail(func(string) error { return http.ErrBodyNotAllowed })
	s.get("/requests?q=" + url.QueryEscape(hostile)).want(http.StatusInternalServerError)
	if log := s.Log.String(); strings.Contains(log, "canary") || strings.Contains(log, id) {
		t.Errorf("the log holds a value or an address: %s", log)
	}
}
