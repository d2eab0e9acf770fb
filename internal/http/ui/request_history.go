package ui

import (
	"mime"
	"net/http"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// historyPage is everything that was done, and what was noted meanwhile.
type historyPage struct {
	aboutRequest
	Events   []eventView
	Notes    []noteView
	Note     field
	MayWrite bool
}

func (historyPage) template() string { return "history" }

type noteView struct {
	Text, By string
	At       instant
}

func (p *pages) historyShow(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	return p.showHistory(w, r, by, nil)
}

func (p *pages) showHistory(w http.ResponseWriter, r *http.Request, by dsr.Principal, found faults) error {
	req, err := p.requestOf(r, by)
	if err != nil {
		return err
	}
	h, err := p.svc.History(r.Context(), by, req.ID)
	if err != nil {
		return err
	}
	notes, err := p.svc.Notes(r.Context(), by, req.ID)
	if err != nil {
		return err
	}
	data := historyPage{aboutRequest: p.about(r, req, p.say("History")), Events: p.eventViews(h.Events, req.Regime), MayWrite: by.Role.May(dsr.Amend)}
	for _, n := range slices.Backward(notes) {
		data.Notes = append(data.Notes, noteView{n.Text, p.whoIs(n.By), p.instant(n.At)})
	}
	data.Note = field{ID: "text", Label: p.say("New note"), Value: r.PostFormValue("text"), Required: true, Hint: p.say("It stays as it is written until the request is deleted.")}
	data.wrong(found, &data.Note)
	return p.render(w, http.StatusOK, data)
}

func (p *pages) addNote(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	_, err = p.svc.AddNote(r.Context(), dsr.Call{By: by}, id, strings.TrimSpace(unixLines(r.PostFormValue("text"))))
	if found, is := mistake(err, map[string]string{"text": p.say("Write the note, in at most %s characters.", p.number(dsr.MaxNoteRunes))}); is {
		return p.showHistory(w, r, by, found)
	}
	return p.settle(w, r, err, "/requests/"+id+"/history", p.say("The note has been added."))
}

// recordOfHandling hands out the record as a file: it holds its own stylesheet, which the
// policy of these pages does not allow, and is meant to be kept.
func (p *pages) recordOfHandling(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	req, err := p.requestOf(r, by)
	if err != nil {
		return err
	}
	record, err := p.svc.RecordOfHandling(r.Context(), by, req.ID)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "record-of-handling-" + req.ID + ".html"}))
	writeHTML(w, http.StatusOK, record)
	return nil
}
