package ui_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// nothingFound is a finished request without finds.
func (s *site) nothingFound(form url.Values) string {
	s.t.Helper()
	check := s.sent(form).want(http.StatusOK)
	id := strings.TrimPrefix(s.post("/requests", check.hiddenFields("/requests")).want(http.StatusSeeOther).Header.Get("Location"), "/requests/")
	s.at(id, dsr.Ready, true, func(r *dsr.Request) { r.Result.Conversations, r.Result.Messages = 0, 0 })
	return id
}

// offered are the names of the variants on a page.
func (a shown) offered() (names []string) {
	for _, n := range a.tags("button") {
		if attr(n, "name") == "variant" {
			names = append(names, attr(n, "value"))
		}
	}
	return names
}

func TestNothingFoundSaysWhatElseCouldBeTried(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *apptest.Setup) { o.Source = ", region: DE" })
	s.signIn("requester")
	everything := url.Values{"start": {""}, "end": {""}, "reference": {""}}
	for name, c := range map[string]struct {
		form   url.Values
		offers []string
	}{
		"an address everywhere":        {values("ana@example.com", everything), []string{"without-domain"}},
		"a name everywhere":            {values("Ana García", everything), []string{"as-part"}},
		"an ID everywhere":             {values("5c80416892d94e40a64cea7dc6406e25", everything), nil},
		"one source, a part of a year": {values("030 3923415", url.Values{"source": {"it-desk"}, "reference": {""}}), []string{"all-sources", "all-dates"}},
		"a number in one field": {goodForm(everything, url.Values{"value-1": {"030 3923415"}, "as-1": {"exact"}}),
			[]string{"any-field", "any-capitals", "as-phone"}},
		"an address as an ID": {goodForm(everything, url.Values{"as-1": {"conversation_id"}}), []string{"as-value"}},
	} {
		page := s.get("/requests/" + s.nothingFound(c.form)).want(http.StatusOK)
		page.says("Before you answer “nothing”", "These were looked for in")
		if got := page.offered(); !slices.Equal(got, c.offers) {
			t.Errorf("%s: offers %q, want %q", name, got, c.offers)
		}
	}
}

func TestAVariantIsOnePressAwayFromTheCheckPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *apptest.Setup) { o.Source = ", region: DE" })
	s.signIn("requester")
	precise := goodForm(url.Values{"value-1": {"030 3923415"}, "source": {"it-desk"}})
	address := values("ana@example.com\n+49 30 3923415", url.Values{"reference": {"PRIV-2"}})
	for variant, c := range map[string]struct {
		form url.Values
		says []string
	}{
		"all-sources":    {precise, []string{"it-desk and support-bot"}},
		"all-dates":      {precise, []string{"Everything, until the search starts"}},
		"any-field":      {precise, []string{"Phone number030 3923415 A phone number, +49303923415"}}, // else it would be a text of digits
		"as-phone":       {precise, []string{"Phone number030 3923415", "In the metadata field “email”"}},
		"without-domain": {address, []string{"Phone number+49 30 3923415", "Valueana In any metadata field: Matches regardless of capitals."}},
	} {
		c.form.Set("reference", variant)
		id := s.nothingFound(c.form)
		before := len(s.Events(audit.RequestSubmitted))
		check := s.follow(s.post("/requests/"+id+"/again", url.Values{"variant": {variant}}))
		check.says(append(c.says, "Nothing has been searched yet.", variant+" (2)", "28 May 2025")...)
		if len(s.Events(audit.RequestSubmitted)) != before {
			t.Errorf("%s: something was submitted unseen", variant)
		}
		s.post("/requests", check.hiddenFields("/requests")).want(http.StatusSeeOther)
	}
}

// TestAgainAsksForWhatWasAskedFor, whatever that was.
func TestAgainAsksForWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *apptest.Setup) { o.Source = ", region: DE" })
	s.signIn("requester")
	form := values("030 3923415\nana@example.com\n0303923415\nAna", url.Values{
		"rows": {"4"}, "value-1": {"x y"}, "as-1": {"exact"}, "key-1": {"a.b"},
		"value-2": {"+4930123456"}, "as-2": {"phone"}, "key-2": {"tel"},
		"value-3": {"anab"}, "as-3": {"contains"}, "key-3": {""}, "as-4": {"conversation_id"}, "value-4": {"5c80"},
	})
	id := s.nothingFound(form)
	check := s.follow(s.post("/requests/"+id+"/again", url.Values{}))
	to := s.post("/requests", check.hiddenFields("/requests")).want(http.StatusSeeOther).Header.Get("Location")
	first, second := s.Lookup(id), s.Lookup(strings.TrimPrefix(to, "/requests/"))
	if a, b := told(first.Selectors), told(second.Selectors); !slices.Equal(a, b) {
		t.Errorf("first %q\nthen  %q", a, b)
	}
	if first.Window != second.Window || !first.ReceivedAt.Equal(second.ReceivedAt) || first.Notes != second.Notes || first.Language != second.Language || !slices.Equal(first.Sources, second.Sources) {
		t.Errorf("first %+v\nthen  %+v", first, second)
	}
	if second.Reference != "PRIV-1 (2)" {
		t.Errorf("the reference is %q", second.Reference)
	}
	third := s.follow(s.post("/requests/"+second.ID+"/again", nil))
	third.says("PRIV-1 (3)")
}

// told is each selector in full, in no order.
func told(all []dsr.Selector) (out []string) {
	for _, s := range all {
		if m := s.Metadata; m != nil {
			key := m.Key
			if m.AnyPath() {
				key = "*"
			}
			out = append(out, string(m.Match)+" "+key+"="+m.Value)
		} else {
			out = append(out, "id="+s.ConversationID)
		}
	}
	slices.Sort(out)
	return out
}

func TestOnlyThoseWhoMaySubmitSearchAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.nothingFound(goodForm())
	s.client = s.browser()
	s.signIn("auditor")
	page := s.get("/requests/" + id).want(http.StatusOK)
	page.says("Before you answer “nothing”")
	if got := page.offered(); len(got) > 0 {
		t.Errorf("an auditor is offered %q", got)
	}
	s.post("/requests/"+id+"/again", url.Values{"variant": {"all-dates"}}).want(http.StatusForbidden)
}
