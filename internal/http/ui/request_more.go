package ui

import (
	"net/http"
	"strings"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// morePage is what is seldom done with a request: give it to somebody, keep it, delete it.
type morePage struct {
	aboutRequest
	May        mayView
	Assignee   field
	Assigned   string
	Held       string
	HeldSince  instant
	HeldBy     string
	HoldReason field
	Sure       field
}

func (morePage) template() string { return "more" }

func (p *pages) moreShow(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	return p.showMore(w, r, by, nil)
}

func (p *pages) showMore(w http.ResponseWriter, r *http.Request, by dsr.Principal, found faults) error {
	req, err := p.requestOf(r, by)
	if err != nil {
		return err
	}
	data := morePage{aboutRequest: p.about(r, req, p.say("Assign, hold or delete")), May: p.mayFor(req, by), Assigned: req.Assignee}
	if req.Hold != nil {
		data.Held, data.HeldSince, data.HeldBy = req.Hold.Reason, p.instant(req.Hold.Since), p.whoIs(req.Hold.By)
	}
	data.Assignee = field{ID: "assignee", Label: p.say("Login of who works on it"), Value: req.Assignee, Type: "text", Hint: p.say("Leave it empty for nobody.")}
	if r.PostForm.Has("assignee") {
		data.Assignee.Value = r.PostForm.Get("assignee")
	}
	data.HoldReason = field{ID: "reason", Label: p.say("Why must it be kept?"), Value: r.PostFormValue("reason"), Required: true, Hint: p.say("For example a complaint or a lawsuit. No names, please.")}
	data.Sure = field{ID: "sure", Label: p.say("To delete it, type %s", data.Name), Type: "text", Required: true}
	data.wrong(found, &data.Assignee, &data.HoldReason, &data.Sure)
	return p.render(w, http.StatusOK, data)
}

func (p *pages) assignRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	to := dsr.NormalLogin(r.PostFormValue("assignee"))
	if r.PostFormValue("to") == "me" {
		to = strings.TrimPrefix(by.ID, "user:")
	}
	_, err = p.svc.Amend(r.Context(), dsr.Call{By: by}, id, dsr.Change{Assignee: &to})
	if found, is := mistake(err, map[string]string{"assignee": p.say("Nobody here has this login.")}); is {
		return p.showMore(w, r, by, found)
	}
	done := p.say("The request is assigned to %s.", to)
	if to == "" {
		done = p.say("The request is assigned to nobody.")
	}
	return p.settle(w, r, err, "/requests/"+id, done)
}

func (p *pages) holdRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	_, err = p.svc.Hold(r.Context(), dsr.Call{By: by}, id, strings.TrimSpace(unixLines(r.PostFormValue("reason"))))
	if found, is := mistake(err, map[string]string{"reason": p.say("Say why, in at most %s characters.", p.number(dsr.MaxReasonRunes))}); is {
		return p.showMore(w, r, by, found)
	}
	return p.settle(w, r, err, "/requests/"+id, p.say("A legal hold keeps the request. Nothing of it is deleted until the hold ends."))
}

func (p *pages) releaseRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	return p.act(w, r, dsr.Call{By: by}, p.svc.Release, p.say("The hold has ended. What is past its time is deleted now."))
}

// deleteRequest deletes everything but a receipt, after its name was typed.
func (p *pages) deleteRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	req, err := p.requestOf(r, by)
	if err != nil {
		return err
	}
	if name := strings.TrimSpace(r.PostFormValue("sure")); name != nameOf(req) && name != req.ID {
		return p.showMore(w, r, by, faults{"sure": p.say("This is not the name of the request.")})
	}
	err = p.svc.Purge(r.Context(), dsr.Call{By: by}, req.ID)
	return p.settle(w, r, err, "/requests/"+req.ID, p.say("The request has been deleted. Keep this receipt."))
}
