package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/http/browsertest"
)

// drafted sends the form and returns the address of its draft.
func (s *site) drafted(form url.Values) string {
	s.t.Helper()
	to, _ := strings.CutSuffix(s.post("/requests/new", form).want(http.StatusSeeOther).Header.Get("Location"), "/check")
	return to
}

func TestADraftIsThereToComeBackTo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	draft := s.drafted(goodForm())
	for range 2 { // loading it anew sends nothing again
		if got := attr(s.get(draft).want(http.StatusOK).byID("value-1"), "value"); got != "ana@example.com" {
			t.Errorf("the form holds %q", got)
		}
		s.get(draft+"/check").want(http.StatusOK).says("Check before you start", "ana@example.com")
	}
	check := s.get(draft + "/check")
	to := s.post("/requests", check.hiddenFields("/requests")).want(http.StatusSeeOther).Header.Get("Location")
	for _, back := range []string{draft, draft + "/check", draft + "/change/1"} {
		s.get(back).goes(to)
	}
	s.post("/requests", check.hiddenFields("/requests")).goes(to)
	if n := len(s.Events(audit.RequestSubmitted)); n != 1 {
		t.Errorf("%d requests were submitted", n)
	}
}

func TestADraftIsNobodyElses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	draft := s.drafted(goodForm())
	fields := s.get(draft + "/check").hiddenFields("/requests")
	s.client = s.browser()
	s.signIn("admin")
	for _, path := range []string{draft, draft + "/check", draft + "/change/1", "/requests/new/x"} {
		s.get(path).want(http.StatusNotFound).says("This draft is not there any more")
	}
	s.post("/requests", fields).want(http.StatusNotFound)
	if to := s.drafted(goodForm(url.Values{"draft": {fields.Get("draft")}, "notes": {"theirs"}})); to == draft {
		t.Error("what somebody else typed went into the draft")
	}
	s.client = s.browser()
	s.signIn("requester")
	s.get(draft + "/check").want(http.StatusOK).saysNot("theirs")
	s.Clock.Add(dsr.DraftLife)
	s.signIn("requester")
	s.get(draft).want(http.StatusNotFound)
}

func TestWhatIsSubmittedIsWhatWasShown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	draft := s.drafted(goodForm())
	shown := s.get(draft + "/check").hiddenFields("/requests")
	if again := s.drafted(goodForm(url.Values{"draft": {shown.Get("draft")}, "value-1": {"ben@example.com"}})); again != draft {
		t.Fatalf("saved as %s, not %s", again, draft)
	}
	s.follow(s.post("/requests", shown)).says("This has been changed in the meantime.", "ben@example.com")
	if n := len(s.Events(audit.RequestSubmitted)); n != 0 {
		t.Errorf("%d requests were submitted unseen", n)
	}
}

func TestAValueIsTreatedAsChosen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	draft := s.drafted(values("ana@example.com\n12345678\nAna García"))
	id := strings.TrimPrefix(draft, "/requests/new/")
	form := s.get(draft + "/change/2").want(http.StatusOK)
	form.says("As recognised: ID")
	change := func(n, as, key, value string) shown {
		return s.follow(s.post("/requests/new", url.Values{"draft": {id}, "action": {"change-" + n}, "as": {as}, "key": {key}, "value": {value}}))
	}
	change("2", "exact", "customer.id", "12345678").says("E-mail addressana@example.com", "Name or other textAna García",
		"In the metadata field “customer.id”: Exactly the same, character for character.")
	change("1", "recognised", "", "ben@example.com").says("E-mail addressben@example.com")
	change("3", "recognised", "", "12345678").says("ID12345678")
	change("1", "recognised", "mail", "ben@example.com").says("In the metadata field “mail”: Matches regardless of capitals.")
	change("1", "contains", "", "x").says("There is a problem", "This is shorter than 4 characters.")
	for _, n := range []string{"0", "4", "x"} {
		s.get(draft + "/change/" + n).want(http.StatusNotFound)
		s.post("/requests/new", url.Values{"draft": {id}, "action": {"change-" + n}, "as": {"exact"}}).want(http.StatusNotFound)
	}
}

func TestWhatNearlyEverybodyHasNeedsAWord(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	check := s.sent(goodForm(url.Values{"as-1": {"contains"}, "value-1": {"@Gmail.com"}}))
	check.says("search for everything that contains @Gmail.com")
	fields := check.hiddenFields("/requests")
	again := s.follow(s.post("/requests", fields))
	if !strings.Contains(again.alert(), "nearly everybody") || attr(again.byID("sure"), "aria-invalid") != "true" {
		t.Errorf("the page says %q", again.alert())
	}
	if n := len(s.Events(audit.RequestSubmitted)); n != 0 {
		t.Fatalf("%d requests were submitted without a word", n)
	}
	fields.Set("sure", "yes")
	s.follow(s.post("/requests", fields)).says("@Gmail.com")
	s.sent(goodForm(url.Values{"as-1": {"contains"}, "value-1": {"kowalska"}, "reference": {""}})).saysNot("search for everything")
}

func TestTheCheckTellsOfEarlierRequestsCostAndWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *apptest.Setup) {
		o.Source = ", information: {purposes: {en: Support}, rights: {en: Access}}"
	})
	s.signIn("requester")
	first := s.submitted()
	check := s.sent(values("Ana@Example.com\nben@example.com", url.Values{"reference": {""}, "source": {"it-desk"}}))
	check.says("PRIV-1 of 28 May 2025 asks for the same: Ana@Example.com. Its state: Waiting to start.", "Takes", "A few seconds", "overdue by 1 day",
		"it-desk: 7 of the 9 details that Art. 15 GDPR asks for are missing: categories of data, recipients,")
	check.saysNot("after the answer is due")
	if n := check.all(func(n *htmlNode) bool { return attr(n, "href") == "/requests/"+first }); len(n) != 1 {
		t.Errorf("%d links to the earlier request", len(n))
	}
	if viewed := len(s.Events(audit.RequestViewed)); viewed != 0 {
		t.Errorf("%d requests count as viewed", viewed)
	}
	s.sent(values("ben@example.com", url.Values{"reference": {""}})).saysNot("asks for the same")
}

func TestTheFormIsGermanForWhoPrefersIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	draft := s.drafted(values("ana@example.com", url.Values{"reference": {""}, "notes": {""}, "start": {""}, "end": {""}}))
	german := func(path string) shown {
		return s.send("GET", path, nil, "Accept-Language", "de").want(http.StatusOK)
	}
	german("/requests/new").says("Um wen geht es?", "Wann kam die Anfrage?", "Ihr Aktenzeichen", "Alles durchsuchen: 2 Quellen, die ganze Zeit, Sprache der Antwort: Deutsch")
	german(draft+"/check").says("Prüfen Sie vor dem Start", "E-Mail-Adresseana@example.com", "Ein Monat ab dem Tag der Anfrage, dem 28. Mai 2025 (Art. 12 Abs. 3 DSGVO).", "Suche starten")
	german(draft + "/change/1").says("Wie erkannt: E-Mail-Adresse")
}

// TestANumberWithoutACountryCodeIsDoubted where no source has a region: it would be a mere text.
func TestANumberWithoutACountryCodeIsDoubted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	const doubt = "If this is a phone number, begin with + and the country code"
	s.sent(values("030 3923415", url.Values{"reference": {""}})).says("Name or other text030 3923415", doubt)
	s.sent(values("+49 30 3923415\nana@example.com\nAna García\n5c80416892d94e40", url.Values{"reference": {""}})).saysNot(doubt)
	s.get("/requests/"+s.nothingFound(values("030 3923415"))).says("Before you answer “nothing”", doubt)
}

// TestTheFocusGoesToWhatWasAdded, without any script.
func TestTheFocusGoesToWhatWasAdded(t *testing.T) {
	t.Parallel()
	g := inBrowser(t, browsertest.Start(t), "requester", browsertest.Options{NoScript: true})
	g.tab.Go("/requests/new")
	g.tab.Fill("values", "ana@example.com")
	g.tab.Unfold("Search everything")
	g.tab.Press("Add another")
	g.tab.AwaitFocus("value-1")
}
