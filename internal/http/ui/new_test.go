package ui_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

func TestFormBecomesTheSubmission(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted(url.Values{
		"rows": {"2"}, "as-2": {"conversation_id"}, "value-2": {" 5c80 "}, "key-2": {"ignored"}, "source": {"support-bot"},
	})
	got := s.Lookup(id)
	loc := berlin(t)
	want := dsr.Request{
		ID: id, Reference: "PRIV-1", Presentation: dsr.Presentation{Zone: "Europe/Berlin"}, Status: dsr.Queued, Sources: []string{"support-bot"}, Language: "en", Notes: "two\nlines",
		Selectors: []dsr.Selector{{Metadata: &dsr.Metadata{Key: "email", Value: "ana@example.com", Match: dsr.Normalized}}, {ConversationID: "5c80"}},
		// Whole days in Berlin, both included: to the first instant of 1 April, in summer time.
		Mode:       dsr.ModePackage,
		Window:     dsr.Window{Start: time.Date(2025, 1, 1, 0, 0, 0, 0, loc), End: time.Date(2025, 4, 1, 0, 0, 0, 0, loc)},
		ReceivedAt: time.Date(2025, 5, 28, 0, 0, 0, 0, loc), CreatedBy: "user:requester",
		CreatedAt: got.CreatedAt, UpdatedAt: got.UpdatedAt, DueAt: got.DueAt, Progress: got.Progress, Version: 1,
		Regime: "gdpr", DueBecause: "one month from the day of receipt, 2025-05-28 (Art. 12(3) GDPR)", Pauses: []dsr.Pause{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := got.Window.End.UTC(); got != time.Date(2025, 3, 31, 22, 0, 0, 0, time.UTC) {
		t.Errorf("the window ends at %s", got)
	}
}

// TestTheFormScreensAndRemembersTheLanguage of the last request, and asks only how much is held where that is
// ticked.
func TestTheFormScreensAndRemembersTheLanguage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	check := s.sent(goodForm(url.Values{"mode": {"screen"}, "language": {"de"}}))
	check.says("Screening", "only how much is held; no archive")
	check.saysNot("Language of the archive")
	to := s.post("/requests", check.hiddenFields("/requests")).want(http.StatusSeeOther).Header.Get("Location")
	if r := s.Lookup(strings.TrimPrefix(to, "/requests/")); !r.Screens() {
		t.Errorf("the mode is %q", r.Mode)
	}
	chosen := func(page shown) (value string) {
		for n := range page.byID("language").Descendants() {
			if n.Data == "option" && slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "selected" }) {
				value = attr(n, "value")
			}
		}
		return value
	}
	if got := chosen(s.get("/requests/new")); got != "de" {
		t.Errorf("after a request in German the form says %q", got)
	}
	again := s.follow(s.post(to+"/again", nil))
	again.says("only how much is held; no archive")
	s.client = s.browser()
	s.signIn("approver")
	if got := chosen(s.get("/requests/new")); got != "en" {
		t.Errorf("of somebody who has submitted nothing the form says %q", got)
	}
}

func TestCheckPageShowsExactInstantsAndTheDueDate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	check := s.sent(goodForm()).want(http.StatusOK)
	check.says("1 January 2025 to 31 March 2025, both days included",
		"From 1 January 2025, 00:00:00 CET up to, but not including, 1 April 2025, 00:00:00 CEST",
		"28 June 2025, 23:59 CEST", "overdue by 1 day", "A Saturday. To be safe, answer by Friday, 27 June 2025.",
		"One month from the day of the request, 28 May 2025 (Art. 12(3) GDPR).",
		"ana@example.com", "In the metadata field “email”: Matches regardless of capitals.", "All 2 sources: it-desk and support-bot", "A few seconds")
	s.sent(goodForm(url.Values{"start": {""}, "end": {""}})).
		says("Everything, until the search starts", "From the first conversation on record until the search starts")
	s.sent(goodForm(url.Values{"end": {"2025-06-29"}})).says("That is in the future: the search covers the time until it starts")
	if len(s.Events(audit.RequestSubmitted)) != 0 {
		t.Error("looking stored something")
	}
}

func TestMistakesComeBackBesideTheirFields(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	for _, c := range []struct {
		change url.Values
		id     string
		text   string
	}{
		{url.Values{"value-1": {"  "}}, "value-1", "Enter the value to look for."},
		{url.Values{"as-1": {"conversation_id"}, "value-1": {""}}, "value-1", "Enter the conversation ID."},
		{url.Values{"value-1": {"a\ufffdb"}}, "value-1", "This contains characters that cannot be read."},
		{url.Values{"as-1": {"phone"}}, "value-1", "This is not a phone number."},
		{url.Values{"as-1": {"psychic"}}, "as-1", "Choose what this is."},
		{url.Values{"value-1": {strings.Repeat("x", 1025)}}, "value-1", "This is longer than 1024 bytes. This limit is fixed; shorten the text."},
		{url.Values{"key-1": {strings.Repeat("x", 1025)}}, "key-1", "This is longer than 1024 bytes. This limit is fixed; shorten the text."},
		{url.Values{"source": {}}, "sources", "Choose at least one source"},
		{url.Values{"source": {"elsewhere"}}, "sources", "A source that you chose is no longer configured. The sources are now: it-desk, support-bot."},
		{url.Values{"start": {"30.06.2025"}}, "start", "This is not a date. Write year, month and day like this: 2025-06-29."},
		{url.Values{"start": {"2025-02-30"}}, "start", "This is not a date."},
		{url.Values{"start": {"2025-07-01"}, "end": {""}}, "start", "This day is in the future."},
		{url.Values{"start": {"2025-04-01"}}, "end", "The last day is before the first day."},
		{url.Values{"start": {"2025-05-01"}}, "end", "The last day is before the first day."},
		{url.Values{"start": {"1960-01-01"}}, "start", "Choose a year between 1970 and 9998."},
		{url.Values{"received": {"2025-06-30"}}, "received", "This day is in the future."},
		{url.Values{"received": {""}}, "received", "Enter the date of the request."},
		{url.Values{"reference": {strings.Repeat("x", 201)}}, "reference", "This is longer than 200 characters. This limit is fixed; shorten the text."},
		{url.Values{"language": {"xx"}}, "language", "Choose one of the languages."},
		{url.Values{"notes": {strings.Repeat("x", 16<<10+1)}}, "notes", "This is longer than 16384 bytes. This limit is fixed; shorten the text."},
	} {
		form := goodForm(c.change)
		got := s.sent(form)
		alerts := got.all(func(n *htmlNode) bool { return attr(n, "role") == "alert" })
		if len(alerts) != 1 || !strings.Contains(words(alerts[0]), "There is a problem") || !strings.Contains(words(alerts[0]), c.text) {
			t.Errorf("%v: the summary says %q, want %q and nothing else", c.change, got.alert(), c.text)
			continue
		}
		if n := got.all(func(n *htmlNode) bool { return attr(n, "href") == "#"+c.id }); len(n) != 1 {
			t.Errorf("%v: %d links to #%s", c.change, len(n), c.id)
		}
		if !strings.Contains(words(got.byID(c.id+"-error")), c.text) {
			t.Errorf("%v: beside the field stands %q", c.change, words(got.byID(c.id+"-error")))
		}
		field := got.byID(c.id)
		if !strings.Contains(attr(field, "aria-describedby"), c.id+"-error") || field.Data != "fieldset" && attr(field, "aria-invalid") != "true" {
			t.Errorf("%v: the field is not tied to its mistake", c.change)
		}
	}
}

func TestAllMistakesComeBackAtOnceWithWhatWasTyped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	got := s.sent(url.Values{
		"rows": {"2"}, "as-1": {"conversation_id"}, "value-1": {""}, "key-2": {`"><script>`}, "value-2": {strings.Repeat("y", 2000)},
		"as-2": {"contains"}, "start": {"soon"}, "reference": {"a\tb"}, "notes": {"keep <me>"}, "language": {"de"}, "received": {"2025-06-01"},
	}).want(http.StatusOK)
	alert := got.alert()
	last := -1
	for _, text := range []string{"There are 5 problems", "Your reference: This contains tabs", "Search term 1, Value to look for: Enter the conversation ID",
		"Search term 2, Value to look for: This is longer", "Sources to search: Choose", "First day: This is not a date"} {
		at := strings.Index(alert, text)
		if at <= last {
			t.Errorf("%q is missing or out of order in %q", text, alert)
		}
		last = at
	}
	for id, want := range map[string]string{"key-2": `"><script>`, "start": "soon", "reference": "a\tb"} {
		if v := attr(got.byID(id), "value"); v != want {
			t.Errorf("%s holds %q, want %q", id, v, want)
		}
	}
	if words(got.byID("notes")) != "keep <me>" {
		t.Error("the notes are gone")
	}
	if title := words(got.tags("title")[0]); !strings.HasPrefix(title, "Error: ") {
		t.Errorf("the title is %q", title)
	}
}

func TestSearchTermsComeAndGoWithoutScript(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	two := s.sent(goodForm(url.Values{"action": {"add"}})).want(http.StatusOK)
	if attr(two.byID("value-1"), "value") != "ana@example.com" || attr(two.byID("value-2"), "value") != "" {
		t.Error("the rows are not what was typed and an empty one")
	}
	one := s.sent(goodForm(url.Values{"rows": {"2"}, "as-2": {"conversation_id"}, "value-2": {"second"}, "action": {"remove-1"}})).want(http.StatusOK)
	if attr(one.byID("value-1"), "value") != "second" || len(one.all(func(n *htmlNode) bool { return attr(n, "id") == "value-2" })) != 0 {
		t.Error("removing the first row does not leave the second")
	}
	none := s.sent(goodForm(url.Values{"action": {"remove-1"}})).want(http.StatusOK)
	if len(none.all(func(n *htmlNode) bool { return attr(n, "id") == "value-1" })) != 0 || attr(none.byID("values"), "aria-required") != "true" {
		t.Error("the only row is not removed, or the values are not asked for in its place")
	}
	for _, action := range []string{"remove-7", "remove-x"} {
		if got := s.sent(goodForm(url.Values{"action": {action}})).want(http.StatusOK); attr(got.byID("value-1"), "value") != "ana@example.com" {
			t.Errorf("%s takes away the only row", action)
		}
	}
	full := s.sent(goodForm(url.Values{"rows": {"9999999"}, "action": {"add"}})).want(http.StatusOK)
	if n := len(full.all(func(n *htmlNode) bool { return strings.HasPrefix(attr(n, "id"), "value-") && n.Data == "input" })); n != dsr.MaxSelectors {
		t.Errorf("%d rows, want no more than %d", n, dsr.MaxSelectors)
	}
}

func TestEnterInAFieldChecksTheForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	form := s.sent(goodForm(url.Values{"action": {"add"}}))
	for _, n := range form.tags("button") {
		if attr(n, "name") == "action" {
			if attr(n, "value") != "check" {
				t.Errorf("the first button, which Enter presses, does %q", attr(n, "value"))
			}
			return
		}
	}
	t.Error("the form has no buttons")
}

func TestSendingTwiceMakesOneRequest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	fields := s.sent(goodForm(url.Values{"reference": {""}})).hiddenFields("/requests")
	first := s.post("/requests", fields).want(http.StatusSeeOther).Header.Get("Location")
	second := s.post("/requests", fields).want(http.StatusSeeOther).Header.Get("Location")
	if stored := len(s.Events(audit.RequestSubmitted)); first != second || stored != 1 {
		t.Errorf("got %s and %s, %d requests", first, second, stored)
	}
}

func TestChangeBringsTheFormBackFilledIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	form := s.get("/requests/new/" + s.sent(goodForm()).hiddenFields("/requests").Get("draft")).want(http.StatusOK)
	for id, want := range map[string]string{"value-1": "ana@example.com", "key-1": "email", "start": "2025-01-01", "end": "2025-03-31", "reference": "PRIV-1"} {
		if got := attr(form.byID(id), "value"); got != want {
			t.Errorf("%s holds %q, want %q", id, got, want)
		}
	}
}

func TestReferenceInUseLeadsToTheOtherRequest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted()
	got := s.sent(goodForm(url.Values{"value-1": {"ben@example.com"}})).want(http.StatusOK)
	got.says("Another request already has this reference")
	if n := got.all(func(n *htmlNode) bool { return attr(n, "href") == "/requests/"+id }); len(n) != 1 {
		t.Errorf("%d links to the other request", len(n))
	}
}

func TestTooLargeFormIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	s.post("/requests/new", goodForm(url.Values{"notes": {strings.Repeat("x", edge.MaxBody)}})).want(http.StatusRequestEntityTooLarge).says("1 MiB")
}

func TestRolesSeeWhatTheyMayDo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for login, want := range map[string]int{"requester": 200, "approver": 200, "admin": 200, "auditor": 403} {
		s.client = s.browser()
		s.signIn(login)
		s.get("/requests/new").want(want)
		if got := s.post("/requests/new", goodForm()).Status; got != http.StatusSeeOther && want == http.StatusOK || got != want && want != http.StatusOK {
			t.Errorf("%s: what was typed is answered with %d", login, got)
		}
		offered := strings.Contains(string(s.get("/requests").Body), `href="/requests/new"`)
		if offered != (want == 200) {
			t.Errorf("%s: a new request is offered: %v", login, offered)
		}
	}
}

func (a shown) alert() string {
	a.t.Helper()
	var texts []string
	for _, n := range a.all(func(n *htmlNode) bool { return attr(n, "role") == "alert" }) {
		texts = append(texts, words(n))
	}
	return strings.Join(texts, " | ")
}

// values is a form in which somebody typed these lines and nothing precise.
func values(lines string, change ...url.Values) url.Values {
	return goodForm(append([]url.Values{{"rows": {"0"}, "values": {lines}}}, change...)...)
}

func TestValuesAreSaidInWordsBeforeTheSearch(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *apptest.Setup) { o.Source = ", region: DE" })
	s.signIn("requester")
	check := s.sent(values(" 030 3923415 \r\n\r\nAna <ana@example.com>\r\n5c80416892d94e40a64cea7dc6406e25\r\nAna García")).want(http.StatusOK)
	check.says("Phone number030 3923415 A phone number, +49303923415: found in any detail of a conversation, however it is written.",
		"E-mail addressana@example.com", "An ID: found as the ID of a conversation", "Name or other textAna García", "when any one of these matches")
	check.saysNot("Ana <ana", "in any metadata field")
	to := s.post("/requests", check.hiddenFields("/requests")).want(http.StatusSeeOther).Header.Get("Location")
	req := s.Lookup(strings.TrimPrefix(to, "/requests/"))
	if len(req.Selectors) != 6 {
		t.Errorf("six selectors are meant, got %v", req.Selectors)
	}
	s.get(to).says("030 3923415 A phone number, +49303923415", "Ana García A name or another text")
}

// TestHoweverANumberIsTypedTheSameIsSearchedFor, with nothing but the defaults.
func TestHoweverANumberIsTypedTheSameIsSearchedFor(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *apptest.Setup) { o.Source = ", region: DE" })
	s.signIn("requester")
	for _, text := range []string{"030 3923415", "0049 30 3923415", "+49303923415", "+49 30 3923415"} {
		check := s.sent(values(text, url.Values{"reference": {""}})).want(http.StatusOK)
		to := s.post("/requests", check.hiddenFields("/requests")).want(http.StatusSeeOther).Header.Get("Location")
		got := s.Lookup(strings.TrimPrefix(to, "/requests/")).Selectors[0].Metadata
		if got == nil || got.Match != dsr.Phone || got.Value != "+49303923415" || !got.AnyPath() {
			t.Errorf("%s: got %+v", text, got)
		}
	}
}

// TestAnOddDomainIsAskedAbout before the search, and refuses nothing.
func TestAnOddDomainIsAskedAbout(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	check := s.sent(values("ana@gmail.con\r\nbo@gmail.com")).want(http.StatusOK)
	check.says("Is the address spelled right? ana@gmail.com is more usual.")
	check.saysNot("bo@gmail.com is more usual")
	to := s.post("/requests", check.hiddenFields("/requests")).want(http.StatusSeeOther).Header.Get("Location")
	s.get(to).saysNot("spelled right")
}

func TestMistakesInValuesNameTheirLines(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	got := s.sent(values("ana@example.com\n\na\ufffdb\n"+strings.Repeat("x", 1025), url.Values{"rows": {"1"}, "value-1": {""}})).want(http.StatusOK)
	if beside := words(got.byID("values-error")); !strings.Contains(beside, "Line 3: This contains characters that cannot be read.") || !strings.Contains(beside, "Line 4: This is longer than 1024 bytes.") {
		t.Errorf("beside the values stands %q", beside)
	}
	if beside := words(got.byID("value-1-error")); !strings.Contains(beside, "Enter the value to look for.") {
		t.Errorf("beside the precise term stands %q", beside)
	}
	if typed := words(got.byID("values")); !strings.HasPrefix(typed, "ana@example.com a\ufffdb xxx") {
		t.Errorf("the values are %.40q", typed)
	}
	for lines, want := range map[string]string{" \n\n": "Enter at least one value to look for.", strings.Repeat("a@example.com\n", 101): "more than 100 search terms"} {
		if beside := words(s.sent(values(lines)).want(http.StatusOK).byID("values-error")); !strings.Contains(beside, want) {
			t.Errorf("%.20q: beside the values stands %q, want %q", lines, beside, want)
		}
	}
}

func TestTheFormSaysWhatAVendorHasNotKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *apptest.Setup) { o.Source = ", horizon: 720h" })
	s.signIn("requester")
	page := string(s.get("/requests/new").Body)
	if want := "it-desk keeps conversations for 30 days: what is older is gone."; !strings.Contains(page, want) || strings.Contains(page, "support-bot keeps") {
		t.Errorf("want %q, and nothing of the other source, in\n%s", want, page)
	}
}
