// Package handling writes the record of how a request was handled: a page for a file, an
// auditor or an authority, with who did what when, and every deadline with its reason. It
// keeps true that the page has no script and loads nothing, that nothing in it becomes
// markup, and that it tells no more than the history it is made of: no text that staff have
// written, and names only where that has them.
//
// In reading order: handling.go, deadline.go, words.go, words_en.go, words_de.go.
package handling

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"slices"
	"time"

	"dsr-server/internal/dsr"
)

//go:embed templates
var files embed.FS

var page = template.Must(template.ParseFS(files, "templates/record.html"))

// style stands in the page, so that it can be kept as one file.
var style = func() template.CSS {
	css, err := files.ReadFile("templates/record.css")
	if err != nil {
		panic(err) // the file is embedded
	}
	return template.CSS(css) //nolint:gosec // our own file
}()

// policy is the page's own Content-Security-Policy, for a browser that opens it as a file: its
// stylesheet, and nothing else.
var policy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}()

// Page is the record of a request, in its language, with the days and times of its zone.
func Page(r dsr.Request, h dsr.History) ([]byte, error) {
	v := view{W: wordsOf(r.Language), Request: r, zone: r.Presentation.Location()}
	v.Policy, v.Style = policy, style
	for _, d := range h.Deadlines {
		v.Deadlines = append(v.Deadlines, v.deadline(d))
	}
	for _, e := range h.Events {
		v.Events = append(v.Events, v.event(e))
	}
	var b bytes.Buffer
	err := page.Execute(&b, v)
	return b.Bytes(), err
}

// view is what the template shows.
type view struct {
	W         *words
	Policy    string
	Style     template.CSS
	Request   dsr.Request
	Deadlines []deadline
	Events    []event
	zone      *time.Location
}

type deadline struct{ From, Due, Because string }

type event struct {
	At, Who, What string
	Details       []detail
}

type detail struct{ Name, Value string }

// Reference is what people call the request.
func (v view) Reference() string {
	if v.Request.Reference != "" {
		return v.Request.Reference
	}
	return v.Request.ID
}

// Received is the day of receipt.
func (v view) Received() string { return v.W.day(dsr.DayOf(v.Request.ReceivedAt, v.zone)) }

// Day shows a day.
func (v view) Day(d dsr.Day) string { return v.W.day(d) }

// Outcome says how the request ended.
func (v view) Outcome() string { return v.W.value(string(v.Request.Answer.Outcome)) }

// Reason says why the clock rested.
func (v view) Reason(p dsr.PauseReason) string { return v.W.value(string(p)) }

// Status says how the search and its archive stand.
func (v view) Status() string { return v.W.value(string(v.Request.Status)) }

// Searched says whether everything that was to be searched was; empty before the end.
func (v view) Searched() string {
	switch {
	case v.Request.Complete == nil:
		return ""
	case *v.Request.Complete:
		return v.W.Complete
	}
	return v.W.Incomplete
}

// ZoneNote says in which zone the days and times are.
func (v view) ZoneNote() string { return v.W.ZoneNote + " " + v.zone.String() + "." }

func (v view) moment(at time.Time) string {
	at = at.In(v.zone)
	return v.W.day(dsr.DayOf(at, v.zone)) + ", " + at.Format("15:04")
}

func (v view) event(e dsr.HistoryEvent) event {
	out := event{At: v.moment(e.At), Who: v.who(e), What: v.W.kind(e.Kind)}
	if e.Status != "" {
		out.Details = append(out.Details, detail{v.W.names["status"], v.W.value(string(e.Status))})
	}
	var names []string
	for name := range e.Data {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if e.Data[name] != "" {
			out.Details = append(out.Details, detail{v.W.name(name), v.shown(e.Data[name])})
		}
	}
	return out
}

// who is a name where the reader may know it, and else a role.
func (v view) who(e dsr.HistoryEvent) string {
	role := v.W.value(e.Role)
	switch {
	case e.Name != "" && e.Role != "system":
		return e.Name + " (" + role + ")"
	case e.Actor != "" && e.Role == "":
		return e.Actor // nobody has the name any more
	case e.Role == "":
		return v.W.Somebody
	}
	return role
}

// shown is a value of an event: days and moments as people write them, codes in words.
func (v view) shown(value string) string {
	if day, err := dsr.ParseDay("", value); err == nil {
		return v.W.day(day)
	}
	if at, err := time.Parse(time.RFC3339, value); err == nil {
		return v.moment(at)
	}
	return v.W.value(value)
}
