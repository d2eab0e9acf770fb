package http

import (
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
)

const sitePassword = "a-long-and-right-one"

// siteNow is a Sunday, so that a due date on a weekend is near: 2025-06-29.
var siteNow = time.Date(2025, 6, 29, 10, 0, 0, 0, time.UTC)

// site is the pages over fakes, behind a real listener.
type site struct {
	t        *testing.T
	svc      *pageService
	people   *fakePeople
	sessions *fakeSessions
	server   *Server
	url      string
	log      *lockedBuffer
	clock    *fakeClock
	client   *http.Client
}

// newSite has one person of each role, whose login is the role's name.
func newSite(t *testing.T, change ...func(*Options)) *site {
	t.Helper()
	s := &site{t: t, log: &lockedBuffer{}, clock: &fakeClock{t: siteNow}}
	s.svc = &pageService{fakeService: newFakeService(s.clock.now), loc: berlin(t), coverage: map[string]dsr.Coverage{}}
	s.people = &fakePeople{people: map[string]dsr.Person{}}
	s.sessions = &fakeSessions{rows: map[string]fakeSession{}}
	gate := auth.NewGate(s.people, s.clock.now)
	gate.Hasher = auth.NewHasher(64) // the cost is tested where it is made
	hash, err := gate.Hasher.Hash(t.Context(), sitePassword)
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range dsr.Roles {
		p, err := dsr.NewPerson(string(role), strings.ToUpper(string(role[:1]))+string(role[1:]), role)
		if err != nil {
			t.Fatal(err)
		}
		p.PasswordHash = hash
		s.people.people[p.Login] = p
	}
	opts := Options{BaseURL: "http://127.0.0.1", Sources: []string{"it-desk", "support-bot"}, Now: s.clock.now,
		Log:   slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Pages: PageOptions{People: s.people, Sessions: s.sessions, Gate: gate, Location: berlin(t)}}
	for _, c := range change {
		c(&opts)
	}
	if s.server, err = New(s.svc, opts); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = NewHTTPServer("", s.server)
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.Start()
	t.Cleanup(srv.Close)
	s.url = srv.URL
	s.client = s.browser()
	return s
}

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
	answer
	doc *html.Node
}

func (s *site) get(path string) shown { return s.send("GET", path, nil) }

func (s *site) post(path string, form url.Values) shown { return s.send("POST", path, form) }

// send makes one call as a browser would: same site, cookies along.
func (s *site) send(method, path string, form url.Values, headers ...string) shown {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(form.Encode()))
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
		checkSecurityHeaders(s.t, r, resp)
	}
	a := shown{answer: answer{s.t, resp.StatusCode, resp.Header, body}}
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
	a.answer.want(status)
	return a
}

// goes asserts a redirect to path.
func (a shown) goes(path string) {
	a.t.Helper()
	a.want(http.StatusSeeOther)
	if got := a.header.Get("Location"); got != path {
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
func (a shown) says(texts ...string) {
	a.t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.text(), text) {
			a.t.Errorf("the page does not say %q: %s", text, a.text())
		}
	}
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
		"rows": {"1"}, "kind-1": {"metadata"}, "key-1": {"email"}, "value-1": {"ana@example.com"}, "match-1": {"normalized"},
		"source": {"it-desk", "support-bot"}, "start": {"2025-01-01"}, "end": {"2025-03-31"}, "received": {"2025-05-28"},
		"reference": {"PRIV-1"}, "language": {"en"}, "notes": {"two\r\nlines"},
	}
	for _, c := range change {
		maps.Copy(form, c)
	}
	return form
}

// submitted stores a request as whoever is signed in and returns its id.
func (s *site) submitted(change ...url.Values) string {
	s.t.Helper()
	check := s.post("/requests/new", goodForm(change...)).want(http.StatusOK)
	to := s.post("/requests", check.hiddenFields("/requests")).want(http.StatusSeeOther).header.Get("Location")
	id, ok := strings.CutPrefix(to, "/requests/")
	if !ok {
		s.t.Fatalf("submitting leads to %q", to)
	}
	return id
}
