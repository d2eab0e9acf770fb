package ui_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/dsr"
)

func TestNearMissesAreListedForStaff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted()
	s.at(id, dsr.Ready, true)
	s.get("/requests/" + id).saysNot("further matches")
	s.at(id, dsr.Ready, true, func(r *dsr.Request) { r.Result.NearMisses = 3 })
	s.Intercept.Show(id, func(v *dsr.View) { v.Staff.NearMisses = sampleNear })
	page := s.get("/requests/" + id)
	page.says("Possible further matches: 3", "support-bot, 5c80416892d94e40a64cea7dc6406e25",
		"field “contact.<b>mail</b>”, the value in another field: <i>ana</i>@example.com", "field “transcript”, mentioned in a text: write to ana",
		"it-desk, 7b1f, the metadata itself", "And 1 more.")

	check := s.follow(s.post("/requests/"+id+"/again", url.Values{"conversation": {"7b1f"}}))
	check.says("Nothing has been searched yet.", "Valueana@example.com In the metadata field “email”", "Conversation ID7b1f")
	to := s.post("/requests", check.hiddenFields("/requests")).want(http.StatusSeeOther).Header.Get("Location")
	want := append(s.Lookup(id).Selectors, dsr.Selector{ConversationID: "7b1f"})
	if got := s.Lookup(strings.TrimPrefix(to, "/requests/")).Selectors; !slices.Equal(told(got), told(want)) {
		t.Errorf("the new request asks for %q, want %q", told(got), told(want))
	}

	s.client = s.browser()
	s.signIn("auditor")
	theirs := s.get("/requests/" + id)
	theirs.says("mentioned in a text: write to ana")
	theirs.saysNot("Add to this request")
}

func TestPhoneNumberIsAskedForInPlainWords(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *apptest.Setup) { o.Source = ", region: DE" })
	s.signIn("requester")
	s.sent(url.Values{"action": {"add"}}).want(http.StatusOK).says("Phone number, however it is written")
	id := s.submitted(url.Values{"as-1": {"phone"}, "value-1": {"030 / 12 34 56"}, "key-1": {"tel"}})
	s.get("/requests/"+id).says("+4930123456", "Phone number, however it is written")
	form := url.Values{"rows": {"1"}, "as-1": {"phone"}, "value-1": {"Ana"}, "received": {"2025-06-29"}, "source": {"it-desk"}, "language": {"en"}}
	s.sent(form).says("This is not a phone number. Begin with + and the country code.")
}
