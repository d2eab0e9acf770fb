package ui

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// withhold leaves a conversation, a message or a passage out of the archive, as the button
// that was pressed says.
func (p *pages) withhold(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	place, found := p.placeOf(r)
	if found != nil {
		return p.backWith(w, r, id, found["passage"])
	}
	places, err := p.placesOf(r, by, id, place)
	if err != nil {
		return err
	}
	if len(places) == 0 {
		return p.backWith(w, r, id, p.say("This stands in no message of this page, so nothing was withheld."))
	}
	_, err = p.svc.Withhold(r.Context(), dsr.Call{By: by}, id, dsr.Withholding{Items: places, Reason: dsr.WithholdReason(r.PostFormValue("reason"))})
	if e, ok := errors.AsType[*dsr.Error](err); ok && (e.Kind == dsr.Invalid || e.Kind == dsr.NotFound) {
		return p.backWith(w, r, id, p.say("This does not stand there as it was typed, so nothing was withheld. Copy the passage from the message."))
	}
	return p.settle(w, r, err, transcriptBack(r, id), p.say("Withheld. The archive is made again without it, and has to be approved after that."))
}

// placeOf is what the pressed button is about.
func (p *pages) placeOf(r *http.Request) (dsr.Place, faults) {
	place := dsr.Place{Source: r.PostFormValue("source"), Conversation: r.PostFormValue("conversation")}
	var c pick
	if err := json.Unmarshal([]byte(r.PostFormValue("pick")), &c); err != nil {
		return place, faults{"passage": p.say("Press the button of what is to be withheld.")}
	}
	passage := strings.TrimSpace(unixLines(r.PostFormValue("passage")))
	place.Message, place.Text = c.Message, c.Text
	switch {
	case (c.Passage || c.Everywhere) && passage == "":
		return place, faults{"passage": p.say("Copy the passage that is to be withheld into the field.")}
	case c.Passage, c.Everywhere, c.Text == "" && c.Message != "":
		place.Text = passage
	}
	return place, nil
}

// placesOf are the places that the pressed button is about: one, or each message of the page in
// which the passage stands and is not withheld yet.
func (p *pages) placesOf(r *http.Request, by dsr.Principal, id string, place dsr.Place) ([]dsr.Place, error) {
	var c pick
	if json.Unmarshal([]byte(r.PostFormValue("pick")), &c) != nil || !c.Everywhere {
		return []dsr.Place{place}, nil
	}
	t, err := p.svc.Transcript(r.Context(), by, id, place.Source, place.Conversation, dsr.PageOf{Limit: messagesAtOnce, Cursor: lookOf(r).Cursor})
	if err != nil {
		return nil, err
	}
	var places []dsr.Place
	for _, s := range t.Said {
		if strings.Contains(strings.Join(s.Texts, "\n"), place.Text) && !withheldAlready(s, place.Text) {
			each := place
			each.Message = s.ID
			places = append(places, each)
		}
	}
	return places, nil
}

func withheldAlready(s dsr.Said, text string) bool {
	return slices.ContainsFunc(s.Withheld, func(w dsr.Withheld) bool { return w.Text == "" || w.Text == text })
}

func (p *pages) disclose(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	err = p.svc.Disclose(r.Context(), dsr.Call{By: by}, id, r.PostFormValue("item"))
	return p.settle(w, r, err, transcriptBack(r, id), p.say("No longer withheld. The archive is made again, and has to be approved after that."))
}

// backWith goes back to the conversation with a message.
func (p *pages) backWith(w http.ResponseWriter, r *http.Request, id, message string) error {
	return p.settle(w, r, nil, transcriptBack(r, id), message)
}

// transcriptBack is the page on which a button was pressed.
func transcriptBack(r *http.Request, id string) string {
	path := transcriptPath(id, r.PostFormValue("source"), r.PostFormValue("conversation"))
	if query := lookOf(r).query(); query != "" {
		path += "?" + query
	}
	var c pick
	if json.Unmarshal([]byte(r.PostFormValue("pick")), &c) == nil && c.N > 0 {
		path += "#message-" + strconv.Itoa(c.N)
	}
	return path
}
