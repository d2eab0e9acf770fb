package ui

import (
	"net/http"
	"strconv"
	"strings"

	"dsr-server/internal/dsr"
)

// extensionPage is the letter about an extension, to be read before it is made: whoever
// extends tells the person so.
type extensionPage struct {
	aboutRequest
	Months         int
	Reason, Letter string
	Before, Until  instant
}

func (extensionPage) template() string { return "extension" }

// extendRequest shows the letter first, and extends once that was seen.
func (p *pages) extendRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	req, err := p.requestOf(r, by)
	if err != nil {
		return err
	}
	months, _ := strconv.Atoi(r.PostFormValue("months")) // none is 0, which is refused where it means something
	e := dsr.Extension{Months: months, Reason: strings.TrimSpace(unixLines(r.PostFormValue("reason")))}
	switch r.PostFormValue("letter") {
	case "":
		return p.showExtension(w, r, by, req, e)
	case "change":
		return p.showDeadline(w, r, by, nil)
	}
	after, err := p.svc.Extend(r.Context(), dsr.Call{By: by}, req.ID, e)
	return p.deadlineMoved(w, r, by, req, err, p.say("The answer is now due by %s. Send this letter to the person before %s.",
		p.day(after.DueAt).Text, p.day(req.DueAt).Text), "letter?kind=extension")
}

func (p *pages) showExtension(w http.ResponseWriter, r *http.Request, by dsr.Principal, req dsr.Request, e dsr.Extension) error {
	after, letter, err := p.svc.LetterBefore(r.Context(), by, req.ID, e)
	if err != nil {
		return p.deadlineMoved(w, r, by, req, err, "", "deadline")
	}
	return p.render(w, http.StatusOK, extensionPage{aboutRequest: p.about(r, req, p.say("Extend the deadline")), Months: e.Months, Reason: e.Reason,
		Letter: string(letter), Before: p.day(req.DueAt), Until: p.day(after.DueAt)})
}
