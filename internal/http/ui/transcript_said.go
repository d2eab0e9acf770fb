package ui

import (
	"encoding/json"
	"net/http"

	"dsr-server/internal/dsr"
)

// pick says what a button withholds.
type pick struct {
	Message string `json:"message,omitempty"`
	Text    string `json:"text,omitempty"`
	Passage bool   `json:"passage,omitempty"` // only the passage that was typed
	N       int    `json:"n,omitempty"`       // where it stands on the page

	Everywhere bool `json:"everywhere,omitempty"` // the passage that was typed, in each message of the page
}

func (c pick) String() string {
	text, _ := json.Marshal(c) // strings and a bool can be
	return string(text)
}

func textViews(all []dsr.TextAt) (views []textView) {
	for _, t := range all {
		views = append(views, textView(t))
	}
	return views
}

// withheldViews are what is withheld at a place: all of it, or passages.
func (p *pages) withheldViews(items []dsr.Withheld) (whole *withheldView, parts []withheldView) {
	for _, item := range items {
		v := withheldView{item.ID, item.Text, p.withholdReason(item.Reason)}
		if item.Text == "" {
			whole = &v
			continue
		}
		parts = append(parts, v)
	}
	return whole, parts
}

// markPassages fills in the messages, with what is looked for, withheld or proposed marked.
func (p *pages) markPassages(r *http.Request, by dsr.Principal, id string, data *transcriptPage, t dsr.Transcript, l look) error {
	proposed := map[string][]proposalView{}
	if data.May {
		all, err := p.svc.ProposalsIn(r.Context(), by, id, t.Source, t.ID, p.tag)
		if err != nil {
			return err
		}
		for _, proposal := range all {
			proposed[proposal.Message] = append(proposed[proposal.Message], proposalView{proposal.Text, proposal.Why, pick{Message: proposal.Message, Text: proposal.Text}.String()})
		}
	}
	for i, s := range t.Said {
		data.Messages = append(data.Messages, p.saidView(i+1, s, proposed[s.ID], l.Text))
	}
	return nil
}

func (p *pages) saidView(n int, s dsr.Said, proposals []proposalView, sought string) saidView {
	v := saidView{N: n, Pick: pick{Message: s.ID, N: n}.String(), Class: s.Sender, Sender: p.senderName(s), Time: p.instant(s.Time), Action: s.Action,
		Options: s.Options, Form: textViews(s.Form), Further: textViews(s.Further), Proposals: proposals}
	v.Whole, v.Parts = p.withheldViews(s.Withheld)
	for _, f := range s.Files {
		v.Files = append(v.Files, f.Address)
	}
	var marks []segment
	for _, part := range v.Parts {
		marks = append(marks, segment{part.Text, segmentWithheld})
	}
	for _, proposal := range proposals {
		marks = append(marks, segment{proposal.Text, segmentProposed})
	}
	for _, text := range s.Texts {
		v.Texts = append(v.Texts, segments(text, marks, sought))
	}
	return v
}

func (p *pages) senderName(s dsr.Said) string {
	switch {
	case s.LiveAgent:
		return p.say("Live agent")
	case s.Sender == "user":
		return p.say("Person")
	case s.Sender == "bot":
		return p.say("Bot")
	}
	return p.say("Sender not known")
}
