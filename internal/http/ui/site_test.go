package ui_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/dsr"
)

const sitePassword = "a-long-and-right-one"

// siteNow is a Sunday, so that a due date on a weekend is near: 2025-06-29.
var siteNow = time.Date(2025, 6, 29, 10, 0, 0, 0, time.UTC)

// site is the pages of the real program.
type site struct {
	*apptest.Site
	t      *testing.T
	client *http.Client
}

// newSite has one person of each role, whose login is the role's name.
func newSite(t *testing.T, change ...func(*apptest.Setup)) *site {
	t.Helper()
	s := emptySite(t, change...)
	for _, role := range dsr.Roles {
		s.AddPerson(string(role), sitePassword, role)
	}
	return s
}

// emptySite is one on which nobody can sign in yet.
func emptySite(t *testing.T, change ...func(*apptest.Setup)) *site {
	t.Helper()
	first := func(o *apptest.Setup) { o.Now, o.BaseURL, o.Zone = siteNow, "http://127.0.0.1", "Europe/Berlin" }
	s := &site{Site: apptest.Open(t, append([]func(*apptest.Setup){first}, change...)...), t: t}
	s.client = s.browser()
	return s
}

// pass lets time go by for sessions, whose end goes by the real clock.
func (s *site) pass(d time.Duration) {
	s.t.Helper()
	ended := time.Now().Add(d).UnixMilli()
	s.Exec(`UPDATE sessions SET expires_at = CASE WHEN expires_at <= ? THEN 0 ELSE expires_at - ? END`, ended, d.Milliseconds())
}

// sessionKeys are the keys under which sessions are stored.
func (s *site) sessionKeys() (keys []string) {
	s.t.Helper()
	rows, err := s.Store.DB().QueryContext(s.t.Context(), `SELECT token_hash FROM sessions`)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			s.t.Fatal(err)
		}
		keys = append(keys, key)
	}
	if err := rows.Err(); err != nil || len(keys) == 0 {
		s.t.Fatalf("%d sessions, %v", len(keys), err)
	}
	return keys
}

// at moves a queued request into a status, with figures worth looking at.
func (s *site) at(id string, status dsr.Status, complete bool, change ...func(*dsr.Request)) {
	s.t.Helper()
	s.Intercept.Forget(id)
	if s.Lookup(id).Status != status {
		s.Move(id, status, complete)
	}
	s.shows(id, func(r *dsr.Request) {
		if status != dsr.Queued && status != dsr.Running && status != dsr.Cancelled {
			r.Complete = &complete
			r.AsOf = siteNow.Add(-5 * time.Minute)
			r.Result = &dsr.Result{Conversations: 2, Messages: 31}
		}
		if status == dsr.Ready || status == dsr.Review {
			r.Result.Archive = &dsr.ArchiveInfo{Size: 18231, SHA256: s.Lookup(id).Result.Archive.SHA256, ExpiresAt: siteNow.AddDate(0, 3, 0)}
		}
		for _, c := range change {
			c(r)
		}
	})
}

// shows changes how a request looks.
func (s *site) shows(id string, change func(*dsr.Request)) {
	s.Intercept.Show(id, func(v *dsr.View) { change(&v.Request) })
}

// covers is what the request's page says was searched.
func (s *site) covers(id string, c dsr.Coverage) {
	s.Intercept.Show(id, func(v *dsr.View) { v.Coverage = c })
}

// sampleNear is of more near misses than are listed.
var sampleNear = dsr.NearMisses{Untold: 1, Near: []dsr.NearMiss{
	{Source: "support-bot", ConversationID: "5c80416892d94e40a64cea7dc6406e25", Paths: []string{"contact.<b>mail</b>", "transcript"},
		Places: []dsr.NearHit{{Path: "contact.<b>mail</b>", Kind: "other_key", Text: "<i>ana</i>@example.com"}, {Path: "transcript", Kind: "mentioned", Text: "write to ana"}}},
	{Source: "it-desk", ConversationID: "7b1f", Paths: []string{""}},
}}

func berlin(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// browser is a client with cookies of its own that does not follow redirects.
func (s *site) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// shown is an answer with its page.
type shown struct {
	apptest.Answer
	t   *testing.T
	doc *html.Node
}

func (s *site) get(path string) shown { return s.send("GET", path, nil) }

func (s *site) post(path string, form url.Values) shown { return s.send("POST", path, form) }

// send makes one call as a browser would: same site, cookies along.
func (s *site) send(method, path string, form url.Values, headers ...string) shown {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if !strings.HasPrefix(path, "/static/") {
		apptest.CheckSecurityHeaders(s.t, r, resp)
	}
	a := shown{Answer: apptest.Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}, t: s.t}
	if a.doc, err = html.Parse(strings.NewReader(string(body))); err != nil {
		s.t.Fatal(err)
	}
	return a
}

// signIn signs the client in as the person of this login.
func (s *site) signIn(login string) {
	s.t.Helper()
	s.post("/sign-in", url.Values{"login": {login}, "password": {sitePassword}}).want(http.StatusSeeOther)
}

func (a shown) want(status int) shown {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("got status %d, want %d; body %s", a.Status, status, a.Body)
	}
	return a
}

// goes asserts a redirect to path.
func (a shown) goes(path string) {
	a.t.Helper()
	a.want(http.StatusSeeOther)
	if got := a.Header.Get("Location"); got != path {
		a.t.Errorf("got a redirect to %q, want %q", got, path)
	}
}

// all returns the elements for which fits is true, in document order.
func (a shown) all(fits func(*html.Node) bool) []*html.Node {
	var out []*html.Node
	for n := range a.doc.Descendants() {
		if n.Type == html.ElementNode && fits(n) {
			out = append(out, n)
		}
	}
	return out
}

func (a shown) byID(id string) *html.Node {
	a.t.Helper()
	found := a.all(func(n *html.Node) bool { return attr(n, "id") == id })
	if len(found) != 1 {
		a.t.Fatalf("%d elements have the id %q", len(found), id)
	}
	return found[0]
}

func (a shown) tags(name string) []*html.Node {
	return a.all(func(n *html.Node) bool { return n.Data == name })
}

// text is what the page's main part says, with white space folded.
func (a shown) text() string { return words(a.byID("content")) }

// says asserts that the page's main part holds each of the texts.
func (a shown) says(texts ...string) shown {
	a.t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.text(), text) {
			a.t.Errorf("the page does not say %q: %s", text, a.text())
		}
	}
	return a
}

func (a shown) saysNot(texts ...string) {
	a.t.Helper()
	for _, text := range texts {
		if strings.Contains(a.text(), text) {
			a.t.Errorf("the page says %q", text)
		}
	}
}

// hiddenFields are what the form with this action carries along.
func (a shown) hiddenFields(action string) url.Values {
	a.t.Helper()
	out := url.Values{}
	for _, form := range a.tags("form") {
		if attr(form, "action") != action {
			continue
		}
		for n := range form.Descendants() {
			if n.Data == "input" && attr(n, "type") == "hidden" {
				out.Add(attr(n, "name"), attr(n, "value"))
			}
		}
	}
	return out
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// goodForm is a request form that can be submitted, with changes.
func goodForm(change ...url.Values) url.Values {
	form := url.Values{
		"rows": {"1"}, "as-1": {"normalized"}, "key-1": {"email"}, "value-1": {"ana@example.com"},
		"source": {"it-desk", "support-bot"}, "start": {"2025-01-01"}, "end": {"2025-03-31"}, "received": {"2025-05-28"},
		"reference": {"PRIV-1"}, "language": {"en"}, "notes": {"two\r\nlines"},
	}
	for _, c := range change {
		maps.Copy(form, c)
	}
	return form
}

// sent posts the form of a new request and returns the page that it leads to.
func (s *site) sent(form url.Values) shown {
	s.t.Helper()
	return s.follow(s.post("/requests/new", form))
}

// follow returns the page that an answer leads to.
func (s *site) follow(a shown) shown {
	s.t.Helper()
	to, _, _ := strings.Cut(a.want(http.StatusSeeOther).Header.Get("Location"), "#")
	return s.get(to)
}

// submitted stores a request as whoever is signed in and returns its id.
func (s *site) submitted(change ...url.Values) string {
	s.t.Helper()
	check := s.sent(goodForm(change...))
	to := s.post("/requests", check.hiddenFields("/requests")).want(http.StatusSeeOther).Header.Get("Location")
	id, ok := strings.CutPrefix(to, "/requests/")
	if !ok {
		s.t.Fatalf("submitting leads to %q", to)
	}
	return id
}
