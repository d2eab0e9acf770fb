package ui

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"sync"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
	"dsr-server/web"
)

// page is the data of one page: a struct that knows its template.
type page interface{ template() string }

// chrome is what the layout needs; every page's struct embeds it.
type chrome struct {
	Title       string
	Person      *dsr.Person // nil: nobody is signed in
	RoleWord    string      // what that person is
	MaySubmit   bool
	Nav         []navItem
	Here        string // the part of the navigation that is current
	Flash       string // one message from the call before
	Faulty      bool   // the page says what is wrong: its title begins with that
	RefreshSecs int    // without script, reload the page after so long; 0: never
	IdleSecs    int    // how long a sign-in lasts without activity
	Zone        string // the time zone in which times are shown
	Lang        string // of the page
	Languages   []languageChoice
	Recipient   bool   // the page is for the data subject: nothing of the staff's is on it
	Address     string // of the page, to come back to; empty where there is no coming back
}

// languageChoice is a language that the pages can be had in, under its own name.
type languageChoice struct{ Tag, Name string }

var languageChoices = []languageChoice{{"en", "English"}, {"de", "Deutsch"}}

// bare is what the layout needs where nobody is signed in.
func (p *pages) bare(title text) chrome {
	return chrome{Title: p.say(title), Zone: p.loc.String(), Lang: p.tag, Languages: languageChoices}
}

// chrome fills in what the layout needs. It takes the message for the next page out
// of the session, so call it once per answer.
func (p *pages) chrome(r *http.Request, title, here string) chrome {
	c := p.bare("")
	c.Title, c.Here, c.Person = title, here, personOf(r.Context())
	if r.Method == http.MethodGet {
		c.Address = spokenPath(r.URL.RequestURI())
	}
	if c.Person != nil {
		c.RoleWord = p.say(roleWords[c.Person.Role])
		c.Nav = p.nav(c.Person.Role, here, p.waits(r.Context(), c.Person.Role))
		c.MaySubmit = c.Person.Role.May(dsr.Submit)
		c.IdleSecs = int(sessionIdle.Seconds())
		c.Flash = p.sessions.PopString(r.Context(), sessionFlash)
	}
	return c
}

// learn makes the pages in every language.
func (p *pages) learn() (err error) {
	if p.assets, err = loadAssets(web.Static()); err != nil {
		return err
	}
	p.spoken = map[string]*pages{}
	for _, tag := range tongues {
		other := *p
		other.tag = tag
		if other.catalog, err = web.Catalog(tag); err != nil {
			return err
		}
		if err := other.loadTemplates(); err != nil {
			return err
		}
		p.spoken[tag] = &other
	}
	return nil
}

// in is the pages in the language to answer r in.
func (p *pages) in(r *http.Request) *pages { return p.spoken[tongueOf(r)] }

// parsed are the templates of every page for each templateKey: parsing them takes a while, and
// they are the same for every server in the process.
var parsed sync.Map

// templateKey is what templates depend on beside their text.
type templateKey struct{ base, tag, version string }

// loadTemplates parses every page and makes the one that must never fail.
func (p *pages) loadTemplates() error {
	var err error
	key := templateKey{p.edge.Path(""), p.tag, p.assets.version}
	if sets, known := parsed.Load(key); known {
		p.sets, _ = sets.(map[string]*template.Template)
	} else if p.sets, err = web.Pages(templateFuncs(key, p.tongue)); err != nil {
		return err
	}
	parsed.Store(key, p.sets)
	p.broken, err = p.execute(errorPage{
		chrome:  p.bare("Something went wrong"),
		Message: p.say(oursMessage),
	})
	return err
}

// templateFuncs are the functions that templates may call.
func templateFuncs(key templateKey, l tongue) template.FuncMap {
	return template.FuncMap{
		"path":  func(path string) string { return key.base + path },
		"t":     func(s string, args ...any) string { return l.say(text(s), args...) },
		"asset": func(name string) string { return key.base + "/static/" + name + "?v=" + key.version },
	}
}

// execute renders into memory, so that a page is sent whole or not at all.
func (p *pages) execute(data page) ([]byte, error) {
	set := p.sets[data.template()]
	if set == nil {
		return nil, fmt.Errorf("no template %q", data.template())
	}
	var buf bytes.Buffer
	if err := set.ExecuteTemplate(&buf, "layout", data); err != nil {
		return nil, fmt.Errorf("render %s: %w", data.template(), err)
	}
	return buf.Bytes(), nil
}

// render answers with a page.
func (p *pages) render(w http.ResponseWriter, status int, data page) error {
	body, err := p.execute(data)
	if err != nil {
		return err
	}
	writeHTML(w, status, body)
	return nil
}

func writeHTML(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // what remains is a caller who has gone
}

const oursMessage text = "It was not your fault. Requests that were submitted are safe. Please try again in a moment."

// errorPage says what went wrong, with the way on.
type errorPage struct {
	chrome
	Status    int
	Message   string
	Outsider  bool   // holds a link and has no sign-in here, so the requests are no way on
	RequestID string // to find the call in the log by; empty when it is not our fault
}

func (errorPage) template() string { return "error" }

func errorTitle(status int) text {
	switch status {
	case http.StatusForbidden:
		return "Not allowed"
	case http.StatusNotFound:
		return "Not found"
	case http.StatusMethodNotAllowed:
		return "Not possible here"
	case http.StatusConflict:
		return "That is not possible now"
	case http.StatusGone:
		return "Deleted"
	case http.StatusRequestEntityTooLarge:
		return "Too large"
	case http.StatusTooManyRequests:
		return "Too many attempts"
	case http.StatusServiceUnavailable:
		return "Not available at the moment"
	}
	return "Something went wrong"
}

// pageFail answers with err as a page, and logs it if it is our fault.
func (p *pages) pageFail(w http.ResponseWriter, r *http.Request, err error) {
	pr := edge.ProblemOf(err)
	p.edge.LogFault(r, pr.Status, err)
	edge.ExplainRefusal(w, r, err)
	if edge.Begun(w) {
		panic(http.ErrAbortHandler) // part of another answer is out
	}
	p = p.in(r)
	data := errorPage{chrome: p.bare(errorTitle(pr.Status)), Status: pr.Status, Outsider: holdsLink(r)}
	if data.Person = personOf(r.Context()); data.Person != nil {
		data.RoleWord = p.say(roleWords[data.Person.Role])
		data.Nav = p.nav(data.Person.Role, "", dsr.Waits{})
	}
	data.MaySubmit = data.Person != nil && data.Person.Role.May(dsr.Submit)
	data.Message = p.messageOf(pr, data.Outsider)
	if pr.Status >= http.StatusInternalServerError {
		data.RequestID = edge.CallID(r.Context())
	}
	if p.render(w, pr.Status, data) != nil {
		writeHTML(w, pr.Status, p.broken)
	}
}

// pageWords are of errors whose own words are of the API.
var pageWords = map[string]text{
	"archive_lost": "The archive’s file is missing or damaged. On the request’s page it can be made again.",

	"own_account":      "Nobody can do this to their own account. Ask another administrator.",
	"account_disabled": "The account is disabled. Enable it first.",
	"reset_by_you":     "For a week after you have reset an account, you decide about nothing that it has submitted since. Ask another approver.",
	"token_by_you":     "For a week after you have made an API token, you decide about nothing that was submitted with it. Ask another approver.",
	"link_ended":       "This link has been used, has expired or was never made. Ask for a new one.",
}

// messageOf says what is wrong. Whoever holds a link knows neither the API nor the settings,
// and can only ask who gave it to them.
func (l tongue) messageOf(pr edge.Problem, outsider bool) string {
	words, known := pageWords[pr.Code]
	switch {
	case pr.Status == http.StatusInternalServerError:
		return l.say(oursMessage)
	case outsider && (pr.Status == http.StatusTooManyRequests || pr.Status == http.StatusServiceUnavailable):
		return l.say("The file cannot be downloaded just now. Wait a minute, then try again.")
	case outsider && pr.Status != http.StatusNotFound && pr.Status != http.StatusForbidden:
		return l.say("The file cannot be downloaded. Ask whoever gave you the link.")
	case known:
		return l.say(words)
	}
	return sentence(pr.Detail)
}

// holdsLink reports whether r is to one of the pages of a one-time link.
func holdsLink(r *http.Request) bool { return chi.URLParam(r, "token") != "" }
