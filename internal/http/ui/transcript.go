package ui

import (
	"net/http"

	"dsr-server/internal/dsr"
)

func (p *pages) transcriptShow(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, source, conversation, err := conversationOf(r)
	if err != nil {
		return err
	}
	req, err := p.svc.Request(r.Context(), by, id)
	if err != nil {
		return err
	}
	look := lookOf(r)
	t, err := p.turnTo(r, by, id, source, conversation, &look)
	if dsr.KindOf(err) == dsr.Conflict {
		return p.settle(w, r, err, "/requests/"+id, "")
	}
	if err != nil {
		return err
	}
	data := p.transcriptPage(r, req, t, look)
	data.May = by.Role.May(dsr.Withhold) && req.MayWithhold() == nil
	if data.Before, data.After, err = p.neighbours(r, by, id, t.Found); err != nil {
		return err
	}
	if err := p.markPassages(r, by, id, &data, t, look); err != nil {
		return err
	}
	return p.render(w, http.StatusOK, data)
}

func (p *pages) transcriptPage(r *http.Request, req dsr.Request, t dsr.Transcript, l look) transcriptPage {
	data := transcriptPage{aboutRequest: p.about(r, req, p.say("Conversation")), Source: t.Source, Conversation: t.ID, Start: p.instant(t.Start),
		Path: p.edge.Path(transcriptPath(req.ID, t.Source, t.ID)), Details: textViews(t.Details), Look: l.hidden()}
	data.Find = field{ID: "q", Label: p.say("Find in this conversation"), Value: l.Text, Type: "search"}
	if l.Text != "" {
		data.Hits = p.say("Found in %s of this page.", p.count(occurs(t, l.Text), "message"))
	}
	if t.NextCursor != "" {
		data.Next = l.next(t.NextCursor).query()
	}
	if before, there := l.previous(); there {
		data.Previous = before.query()
		if data.Previous == "" {
			data.Previous = "page=1"
		}
	}
	data.Reason = p.withholdChoices(r.PostFormValue("reason"))
	data.Passage = field{ID: "passage", Label: p.say("Only this passage"), Type: "text", Value: r.PostFormValue("passage"),
		Hint: p.say("Copy it from a message, then press the button of that message. Left empty, all of the message is withheld.")}
	data.Whole, data.Parts = p.withheldViews(t.Withheld)
	return data
}
