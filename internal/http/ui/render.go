package ui

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"

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
	MaySubmit   bool
	Here        string // the part of the navigation that is current
	Flash       string // one message from the call before
	Faulty      bool   // the page says what is wrong: its title begins with that
	RefreshSecs int    // without script, reload the page after so long; 0: never
	IdleSecs    int    // how long a sign-in lasts without activity
	Zone        string // the time zone in which times are shown
}

// chrome fills in what the layout needs. It takes the message for the next page out
// of the session, so call it once per answer.
func (p *pages) chrome(r *http.Request, title, here string) chrome {
	c := chrome{Title: title, Here: here, Person: personOf(r.Context()), Zone: p.loc.String()}
	if c.Person != nil {
		c.MaySubmit = c.Person.Role.May(dsr.Submit)
		c.IdleSecs = int(sessionIdle.Seconds())
		c.Flash = p.sessions.PopString(r.Context(), sessionFlash)
	}
	return c
}

// loadTemplates parses every page and makes the one that must never fail.
func (p *pages) loadTemplates() error {
	var err error
	if p.assets, err = loadAssets(web.Static()); err != nil {
		return err
	}
	if p.sets, err = web.Pages(p.templateFuncs()); err != nil {
		return err
	}
	p.broken, err = p.execute(errorPage{
		chrome:  chrome{Title: "Something went wrong", Zone: p.loc.String()},
		Message: oursMessage,
	})
	return err
}

// templateFuncs are the functions that templates may call.
func (p *pages) templateFuncs() template.FuncMap {
	return template.FuncMap{
		"path":  p.edge.Path,
		"asset": func(name string) string { return p.edge.Path("/static/" + name + "?v=" + p.assets.version) },
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

const oursMessage = "It was not your fault. Requests that were submitted are safe. Please try again in a moment."

// errorPage says what went wrong, with the way on.
type errorPage struct {
	chrome
	Status    int
	Message   string
	Outsider  bool   // holds a link and has no sign-in here, so the requests are no way on
	RequestID string // to find the call in the log by; empty when it is not our fault
}

func (errorPage) template() string { return "error" }

var errorTitles = map[int]string{
	http.StatusForbidden:             "Not allowed",
	http.StatusNotFound:              "Not found",
	http.StatusMethodNotAllowed:      "Not possible here",
	http.StatusConflict:              "That is not possible now",
	http.StatusGone:                  "Deleted",
	http.StatusRequestEntityTooLarge: "Too large",
	http.StatusTooManyRequests:       "Too many attempts",
	http.StatusServiceUnavailable:    "Not available at the moment",
}

// pageFail answers with err as a page, and logs it if it is our fault.
func (p *pages) pageFail(w http.ResponseWriter, r *http.Request, err error) {
	pr := edge.ProblemOf(err)
	p.edge.LogFault(r, pr.Status, err)
	edge.ExplainRefusal(w, r, err)
	if edge.Begun(w) {
		panic(http.ErrAbortHandler) // part of another answer is out
	}
	data := errorPage{chrome: chrome{Person: personOf(r.Context()), Zone: p.loc.String()}, Status: pr.Status, Outsider: holdsLink(r)}
	if data.Title = errorTitles[pr.Status]; data.Title == "" {
		data.Title = "Something went wrong"
	}
	data.MaySubmit = data.Person != nil && data.Person.Role.May(dsr.Submit)
	data.Message = messageOf(pr, data.Outsider)
	if pr.Status >= http.StatusInternalServerError {
		data.RequestID = edge.CallID(r.Context())
	}
	if p.render(w, pr.Status, data) != nil {
		writeHTML(w, pr.Status, p.broken)
	}
}

// pageWords are of errors whose own words are of the API.
var pageWords = map[string]string{
	"archive_lost": "The archive’s file is missing or damaged. On the request’s page it can be made again.",
}

// messageOf says what is wrong. Whoever holds a link knows neither the API nor the settings,
// and can only ask who gave it to them.
func messageOf(pr edge.Problem, outsider bool) string {
	words, known := pageWords[pr.Code]
	switch {
	case pr.Status == http.StatusInternalServerError:
		return oursMessage
	case outsider && (pr.Status == http.StatusTooManyRequests || pr.Status == http.StatusServiceUnavailable):
		return "The file cannot be downloaded just now. Wait a minute, then try again."
	case outsider && pr.Status != http.StatusNotFound && pr.Status != http.StatusForbidden:
		return "The file cannot be downloaded. Ask whoever gave you the link."
	case known:
		return words
	}
	return sentence(pr.Detail)
}

// holdsLink reports whether r is to one of the pages of a one-time link.
func holdsLink(r *http.Request) bool { return chi.URLParam(r, "token") != "" }
