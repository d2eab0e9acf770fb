package letter

import (
	"fmt"
	"slices"
	"time"

	"dsr-server/internal/dsr"
)

// Fields are what a template may use (docs/letters.md). Days are written as people write them in
// the letter's language; a field is "" or 0 where the request has nothing to say.
type Fields struct {
	Reference         string // the caller's own id, else the request's
	Request           string // the request's id
	Regime            string // gdpr, uk, ccpa, lgpd or ch
	Today             string
	Received          string // the day
	Due               string // the last day for the answer, as it is now
	Extended          bool
	ExtensionReason   string
	PauseReason       string // identity, clarification or fee: the latest pause's
	AskedOn           string // the day on which that pause began
	AnsweredOn        string // the day on which it ended; "" while it goes on
	Outcome           string // given, partly, …
	ToldOn            string
	Conversations     int64
	Messages          int64
	Complete          bool     // everything that was to be searched was searched
	Sources           []string // as people call them
	Start             string   // of what was searched; "" from the beginning
	End               string   // the last day of it; "" up to the search
	AsOf              string   // the day up to which the search has looked
	Controller        string
	ControllerContact string
}

// FieldsOf are those of a request.
func FieldsOf(r dsr.Request, d dsr.Deadlines, today dsr.Day) Fields {
	d = d.Filled()
	say := func(day dsr.Day) string { return written(day, languageOf(r)) }
	f := Fields{Reference: r.Reference, Request: r.ID, Regime: r.Regime, Today: say(today), Received: say(d.Day(r.ReceivedAt)), Due: say(d.Day(r.DueAt)),
		Extended: r.ExtendedSoFar > 0, ExtensionReason: r.ExtensionReason, Complete: r.Complete != nil && *r.Complete,
		Controller: r.Presentation.Controller.Name, ControllerContact: r.Presentation.Controller.Contact}
	if f.Reference == "" {
		f.Reference = r.ID
	}
	if n := len(r.Pauses); n > 0 {
		p := r.Pauses[n-1]
		f.PauseReason, f.AskedOn, f.AnsweredOn = string(p.Reason), say(p.AskedOn), say(p.AnsweredOn)
	}
	if r.Answer != nil {
		f.Outcome, f.ToldOn = string(r.Answer.Outcome), say(r.Answer.ToldOn)
	}
	if r.Result != nil {
		f.Conversations, f.Messages = r.Result.Conversations, r.Result.Messages
	}
	f.searched(r, d, say)
	return f
}

func (f *Fields) searched(r dsr.Request, d dsr.Deadlines, say func(dsr.Day) string) {
	for _, source := range r.Sources {
		f.Sources = append(f.Sources, r.Presentation.Title(source, r.Language))
	}
	if !r.Window.Start.IsZero() {
		f.Start = say(d.Day(r.Window.Start))
	}
	if !r.Window.End.IsZero() {
		f.End = say(d.Day(r.Window.End.Add(-1))) // the window ends before it
	}
	if !r.AsOf.IsZero() {
		f.AsOf = say(d.Day(r.AsOf))
	}
}

// languageOf is the language of the letters about r.
func languageOf(r dsr.Request) string {
	if slices.Contains(dsr.Languages, r.Language) {
		return r.Language
	}
	return dsr.Languages[0]
}

var germanMonths = []string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}

// written is a day as people write it: 30 June 2025, 30. Juni 2025.
func written(day dsr.Day, language string) string {
	if day == "" {
		return ""
	}
	t := day.Begin(time.UTC)
	if language == "de" {
		return fmt.Sprintf("%d. %s %d", t.Day(), germanMonths[t.Month()-1], t.Year())
	}
	return t.Format("2 January 2006")
}

// samples are requests that use every field, and that use none.
func samples() []Fields {
	full := Fields{Reference: "PRIV-1042", Request: "0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c", Regime: "gdpr", Today: "30 June 2025", Received: "2 June 2025", Due: "2 July 2025",
		Extended: true, ExtensionReason: "many pages", PauseReason: "identity", AskedOn: "3 June 2025", AnsweredOn: "4 June 2025", Outcome: "given", ToldOn: "30 June 2025",
		Conversations: 3, Messages: 57, Complete: true, Sources: []string{"Support", "IT desk"}, Start: "1 January 2025", End: "1 July 2025", AsOf: "30 June 2025",
		Controller: "Example Ltd", ControllerContact: "privacy@example.com"}
	out := []Fields{{}, full}
	for _, regime := range dsr.RegimeNames() {
		for _, pause := range append([]dsr.PauseReason{""}, dsr.PauseReasons...) {
			f := full
			f.Regime, f.PauseReason = regime, string(pause)
			out = append(out, f)
		}
	}
	for _, outcome := range dsr.Outcomes {
		f := full
		f.Outcome, f.Extended, f.Complete = string(outcome), false, false
		out = append(out, f)
	}
	return out
}
