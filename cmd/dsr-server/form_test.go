package main

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

const (
	formID   = "5c80416892d94e40a64cea7dc6406e25"
	formMail = "ana@example.com"
)

// formDump is of a bot that is dialled in Germany: forty conversations with one number in
// five spellings, one of Łukasz, and one of somebody else.
func formDump() []byte {
	var b strings.Builder
	line := func(id, metadata string) {
		fmt.Fprintf(&b, `{"_id":%q,"startTime":1740787200,"lastActionAt":"2025-03-01T00:01:00","metadata":{%s}}`+"\n", id, metadata)
	}
	spellings := []string{"030 3923415", "0049 30 3923415", "+49303923415", "+49 30 3923415", "tel:+49-30-3923415"}
	for i := range 40 {
		line(fmt.Sprintf("phone-%d", i), fmt.Sprintf(`"phone":%q`, spellings[i%len(spellings)]))
	}
	line(formID, `"email":"`+formMail+`"`)
	line("71b30046b45a1e4cea9b21285e0d5866", `"name":"Łukasz Żelik"`)
	line("bcebf807fe6d457bac0c8274", `"phone":"+49 30 3923416"`)
	return []byte(b.String())
}

// asked sends the form with the defaults and these changes, presses on, and returns the
// request's page when the search has ended.
func (h *harness) asked(browser *http.Client, change url.Values) (id, page string) {
	h.t.Helper()
	form := url.Values{"source": {"bot"}, "received": {time.Now().UTC().Format(time.DateOnly)}, "language": {"en"}}
	for name, v := range change {
		form[name] = v
	}
	return h.started(browser, h.posted(browser, "/requests/new", form))
}

// started presses the button of a check page.
func (h *harness) started(browser *http.Client, check string) (id, page string) {
	h.t.Helper()
	_, own, _ := strings.Cut(check, `action="/requests"`)
	own, _, _ = strings.Cut(own, "</form>")
	fields := url.Values{}
	for _, f := range hiddenField.FindAllStringSubmatch(own, -1) {
		fields.Add(f[1], html.UnescapeString(f[2]))
	}
	resp, err := browser.PostForm(h.url+"/requests", fields)
	if err != nil {
		h.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if id = path.Base(resp.Request.URL.Path); id == "requests" {
		h.t.Fatalf("nothing was submitted from %s", check)
	}
	h.until(id, "ready", "review", "failed")
	resp, err = browser.Get(h.url + "/requests/" + id)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	return id, h.shown(resp)
}

var hiddenField = regexp.MustCompile(`type="hidden" name="([^"]*)" value="([^"]*)"`)

func (h *harness) posted(browser *http.Client, path string, form url.Values) string {
	h.t.Helper()
	resp, err := browser.PostForm(h.url+path, form)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	return h.shown(resp)
}

// shown is a page, out of its answer.
func (h *harness) shown(resp *http.Response) string {
	h.t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		h.t.Fatalf("%s: %d, %v", resp.Request.URL.Path, resp.StatusCode, err)
	}
	return string(body)
}

// TestWhatIsTypedWithTheDefaultsFindsWhatIsMeant, through the form of the whole program.
func TestWhatIsTypedWithTheDefaultsFindsWhatIsMeant(t *testing.T) {
	t.Parallel()
	h := dumpHouse(t, map[string][]byte{"conversations.ndjson": formDump(), "messages.ndjson": nil}, ", region: DE")
	browser := h.signedIn(t, dsr.Requester)
	for typed, want := range map[string]string{
		"030 3923415": "40 conversations", "0049 30 3923415": "40 conversations", "+49 30 3923415": "40 conversations", "+49303923415": "40 conversations",
		formID: "1 conversation", "Ana <" + formMail + ">": "1 conversation", "lukasz zelik": "Nothing was found", "030 3923415\r\n" + formID: "41 conversations",
	} {
		if _, page := h.asked(browser, url.Values{"values": {typed}}); !strings.Contains(page, "<strong>"+want) {
			t.Errorf("%q: the page does not say %q", typed, want)
		}
	}

	// What was put into the wrong field, or spelled otherwise, is one press away.
	id, page := h.asked(browser, url.Values{"rows": {"1"}, "as-1": {"conversation_id"}, "value-1": {formMail}})
	if !strings.Contains(page, `value="as-value"`) {
		t.Error("an address as a conversation ID is not offered to be searched for as a value")
	}
	if _, page = h.started(browser, h.posted(browser, "/requests/"+id+"/again", url.Values{"variant": {"as-value"}})); !strings.Contains(page, "<strong>1 conversation ") {
		t.Error("the press does not find the address")
	}
	id, page = h.asked(browser, url.Values{"values": {"Lukasz Zelik"}})
	if !strings.Contains(page, "spelled differently") || !strings.Contains(page, "Łukasz Żelik") {
		t.Error("a name without its accents is no near miss")
	}
	if _, page = h.started(browser, h.posted(browser, "/requests/"+id+"/again", url.Values{"conversation": {"71b30046b45a1e4cea9b21285e0d5866"}})); !strings.Contains(page, "<strong>1 conversation ") {
		t.Error("the press does not add the near miss")
	}
	if page := h.posted(browser, "/requests/new", url.Values{"source": {"bot"}, "received": {time.Now().UTC().Format(time.DateOnly)}, "language": {"en"}, "values": {"ana@example.con"}}); !strings.Contains(page, "Is the address spelled right?") {
		t.Error("an address that ends in .con is not asked about")
	}
	if page := h.posted(browser, "/requests/new", url.Values{"source": {"bot"}, "rows": {"1"}, "as-1": {"contains"}, "value-1": {"a"}}); !strings.Contains(page, "This is shorter than 4 characters.") {
		t.Error("a letter that stands in every text is searched for")
	}
}
