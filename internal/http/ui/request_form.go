package ui

import (
	"errors"
	"net/http"
	"unicode/utf8"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// aboutRequest is what the pages below that of a request have in common.
type aboutRequest struct {
	chrome
	ID, Name string
	Faults   []fault
}

// requestOf is the request that a page is about.
func (p *pages) requestOf(r *http.Request, by dsr.Principal) (dsr.Request, error) {
	id, err := edge.RequestID(r)
	if err != nil {
		return dsr.Request{}, err
	}
	return p.svc.Request(r.Context(), by, id)
}

// about fills in what the pages of a request have in common.
func (p *pages) about(r *http.Request, req dsr.Request, title string) aboutRequest {
	return aboutRequest{chrome: p.chrome(r, title+" – "+nameOf(req), "list"), ID: req.ID, Name: nameOf(req)}
}

// wrong marks what is wrong with the fields of the page.
func (a *aboutRequest) wrong(found faults, fields ...*field) {
	a.Faults = append(a.Faults, markFaults(found, fields...)...)
	a.Faulty = len(a.Faults) > 0
}

// mistake is what an error says about a field of a form, by the words for that field; false
// when the error is another one.
func mistake(err error, words map[string]string) (faults, bool) {
	e, ok := errors.AsType[*dsr.Error](err)
	if !ok || e.Kind != dsr.Invalid || words[e.Field] == "" {
		return nil, false
	}
	return faults{e.Field: words[e.Field]}, true
}

// currentDay is today in the configured time zone.
func (p *pages) currentDay() dsr.Day { return p.opts.Deadlines.Day(p.now()) }

// dayField is a field for a day; what was typed comes back.
func (p *pages) dayField(r *http.Request, id, label, hint string) field {
	f := field{ID: id, Label: label, Hint: hint, Value: string(p.currentDay()), Required: true}
	if r.PostForm.Has(id) {
		f.Value = r.PostForm.Get(id)
	}
	f.Type = dateType(f.Value)
	return f
}

// dayOf reads a day of a form. What is no day is a fault.
func (p *pages) dayOf(r *http.Request, id string) (dsr.Day, faults) {
	day, err := dsr.ParseDay(id, r.PostFormValue(id))
	if err != nil {
		return "", faults{id: p.say("This is not a date. Write year, month and day like this: %s.", string(p.currentDay()))}
	}
	return day, nil
}

// markFaults says beside each field what is wrong with it, and returns the same for the
// summary above.
func markFaults(found faults, fields ...*field) (all []fault) {
	for _, f := range fields {
		if f.Error = found[f.ID]; f.Error != "" {
			all = append(all, fault{f.ID, f.Error})
		}
	}
	return all
}

// settle goes on to another page with a message. When the request has changed in the
// meantime, the message says so, and the page shows its current state.
func (p *pages) settle(w http.ResponseWriter, r *http.Request, err error, to, done string) error {
	switch e, ok := errors.AsType[*dsr.Error](err); {
	case ok && e.Kind == dsr.Conflict:
		done = p.conflictWords(e.Code)
	case err != nil:
		return err
	}
	p.sessions.Put(r.Context(), sessionFlash, done)
	p.redirect(w, r, to)
	return nil
}

// conflictWords say why something is not possible now.
func (p *pages) conflictWords(code string) string {
	switch code {
	case "archive_changed":
		return p.say("This request has changed in the meantime: another archive has been made, so nothing was decided. Here is its current state.")
	case "records_gone":
		return p.say("The archive cannot be made again: fewer records are stored than were found. Tell your administrator.")
	case "repackaging":
		return p.say("What is withheld has changed, and the archive is still being made again. Wait a moment, look at it, and decide then.")
	case "held":
		return p.say("A legal hold keeps this request. End the hold first.")
	case "too_late":
		return p.say("The deadline can be extended until the first one only, and that is over.")
	case "already_extended":
		return p.say("The deadline has been extended as far as the law allows.")
	case "already_ended":
		return p.say("The link had ended already.")
	case "already_withheld":
		return p.say("This is withheld already.")
	}
	return p.say("This request has changed in the meantime. Here is its current state.")
}

func tooLong(note string) bool { return utf8.RuneCountInString(note) > dsr.MaxNoteRunes }

func (p *pages) noteTooLong() string {
	return p.say("This is longer than %s characters. Shorten the text.", p.number(dsr.MaxNoteRunes))
}

// archiveShown is the archive that the page was about from which a decision was sent. A form
// that does not say it is about none that there is.
func archiveShown(r *http.Request) string {
	if sum := r.PostFormValue("archive_sha256"); sum != "" {
		return sum
	}
	return "none"
}

// languageName is a language of archives and letters, in that of the page.
func (p *pages) languageName(tag string) string { return p.say(languageNames[tag]) }
