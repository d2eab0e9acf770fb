package ui

import (
	"net/http"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
)

// answerPage is where a request ends: how, and on which day the person was told.
type answerPage struct {
	aboutRequest
	Answered bool
	Open     bool // something still moves by itself
	Ending   string
	Review   bool // the result waits for a decision, so only some outcomes are possible
	Outcome  choices
	ToldOn   field
	Note     field
	Reason   field // of taking the answer back
	Letter   string
}

func (answerPage) template() string { return "answer" }

func (p *pages) answerForm(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	return p.showAnswer(w, r, by, nil)
}

func (p *pages) showAnswer(w http.ResponseWriter, r *http.Request, by dsr.Principal, found faults) error {
	req, err := p.requestOf(r, by)
	if err != nil {
		return err
	}
	data := answerPage{aboutRequest: p.about(r, req, p.say("Answer")), Answered: req.Answer != nil, Open: req.Status.Open(),
		Review: req.Status == dsr.Review, Letter: usualLetter(req)}
	if req.Answer != nil {
		data.Ending = p.endedStep(*req.Answer)
	}
	data.Outcome = p.outcomeChoices(req, r.FormValue("outcome"))
	data.ToldOn = p.dayField(r, "told_on", p.say("Day on which the person was told"), "")
	data.Note = field{ID: "note", Label: p.say("Note"), Value: r.PostFormValue("note"), Hint: p.say("For your colleagues. The person does not see it.")}
	data.Reason = field{ID: "reason", Label: p.say("Why is the answer taken back?"), Value: r.PostFormValue("reason"), Required: true}
	data.wrong(found, &data.Outcome.field, &data.ToldOn, &data.Note, &data.Reason)
	return p.render(w, http.StatusOK, data)
}

// outcomeChoices are the ways in which a request can end now. What the result says by itself
// is chosen, unless another one is.
func (p *pages) outcomeChoices(r dsr.Request, chosen string) choices {
	c := choices{field: field{ID: "outcome", Label: p.say("How does the request end?")}}
	if chosen == "" {
		usual, _ := r.AnsweredWith(dsr.Answer{}, "", "9999-12-31")
		chosen = string(usual.Outcome)
	}
	for _, o := range dsr.Outcomes {
		if r.Status == dsr.Review && slices.Contains([]dsr.Outcome{dsr.Given, dsr.Partly, dsr.NotHeld}, o) {
			continue // nobody has looked at the result
		}
		c.Options = append(c.Options, option{Value: string(o), Label: sentenceStart(p.outcomeName(o)), Chosen: string(o) == chosen})
	}
	return c
}

func (p *pages) answerRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	req, err := p.requestOf(r, by)
	if err != nil {
		return err
	}
	day, found := p.dayOf(r, "told_on")
	if found != nil {
		return p.showAnswer(w, r, by, found)
	}
	answer := dsr.Answer{Outcome: dsr.Outcome(r.PostFormValue("outcome")), ToldOn: day, Note: strings.TrimSpace(unixLines(r.PostFormValue("note")))}
	_, err = p.svc.Answered(r.Context(), dsr.Call{By: by}, req.ID, answer)
	wrong := map[string]string{
		"outcome": p.say("Choose how the request ends."), "note": p.noteTooLong(),
		"told_on": p.say("Give a day from the day of receipt, %s, to today.", p.date(p.opts.Deadlines.Day(req.ReceivedAt))),
	}
	if found, is := mistake(err, wrong); is {
		return p.showAnswer(w, r, by, found)
	}
	return p.settle(w, r, err, "/requests/"+req.ID, p.say("The answer is on record. The clock has stopped."))
}

func (p *pages) reopenRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	req, err := p.requestOf(r, by)
	if err != nil {
		return err
	}
	_, err = p.svc.Reopen(r.Context(), dsr.Call{By: by}, req.ID, strings.TrimSpace(unixLines(r.PostFormValue("reason"))))
	if found, is := mistake(err, map[string]string{"reason": p.say("Say why, in at most %s characters.", p.number(dsr.MaxReasonRunes))}); is {
		return p.showAnswer(w, r, by, found)
	}
	return p.settle(w, r, err, "/requests/"+req.ID, p.say("The answer has been taken back. The clock runs again."))
}
