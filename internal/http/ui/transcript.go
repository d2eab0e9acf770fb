package ui

import (
	"net/http"

	"dsr-server/internal/dsr"
)

// transcriptPage is one conversation as its archive will show it, page by page. It is one of
// our pages, not a frame with the archive's own: texts are escaped as everywhere, the policy
// of the pages lets no script or style of a record in, and what is withheld can be marked and
// undone where it stands.
type transcriptPage struct {
	aboutRequest
	Source, Conversation string
	Path                 string // of this page without its query
	Start                instant
	Before, After        string // the conversations before and after it
	Details              []textView
	Messages             []saidView
	Find                 field
	Hits                 string   // how often the text stands on this page; empty while none is looked for
	Next, Previous       string   // the pages of this conversation, as queries
	Look                 []hidden // this page, as a form carries it along
	Whole                *withheldView
	Parts                []withheldView // passages of its own record
	May                  bool           // withhold
	Reason               choices
	Passage              field
}

func (transcriptPage) template() string { return "transcript" }

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
