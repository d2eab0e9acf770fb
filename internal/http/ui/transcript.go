package ui

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

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

// textView is a text of the record, and where it stands.
type textView struct{ Path, Text string }

// saidView is what one side says in a message.
type saidView struct {
	N             int // people count from one
	Pick          string
	Sender, Class string
	Time          instant
	Action        string
	Texts         [][]segment
	Options       []string
	Form, Further []textView
	Files         []string
	Whole         *withheldView  // all of it is withheld
	Parts         []withheldView // passages of it are
	Proposals     []proposalView
}

// withheldView is something that is left out.
type withheldView struct{ ID, Text, Reason string }

// proposalView is a passage that may have to be left out.
type proposalView struct{ Text, Why, Pick string }

// pick says what a button withholds.
type pick struct {
	Message string `json:"message,omitempty"`
	Text    string `json:"text,omitempty"`
	Passage bool   `json:"passage,omitempty"` // only the passage that was typed
	N       int    `json:"n,omitempty"`       // where it stands on the page
}

func (c pick) String() string {
	text, _ := json.Marshal(c) // strings and a bool can be
	return string(text)
}

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

// look is which page of a conversation is wanted, what is looked for in it, and which pages
// lie before.
type look struct {
	Cursor, Text string
	Before       []string
}

func lookOf(r *http.Request) look {
	l := look{Cursor: r.FormValue("cursor"), Text: strings.TrimSpace(r.FormValue("q"))}
	if before := r.FormValue("before"); before != "" {
		l.Before = strings.Split(before, ",")
	}
	return l
}

// hidden is the page as a form carries it along.
func (l look) hidden() (fields []hidden) {
	for _, f := range []hidden{{"cursor", l.Cursor}, {"q", l.Text}, {"before", strings.Join(l.Before, ",")}} {
		if f.Value != "" {
			fields = append(fields, f)
		}
	}
	return fields
}

// query is the same as a query of the address.
func (l look) query() string {
	q := url.Values{}
	for _, f := range l.hidden() {
		q.Set(f.Name, f.Value)
	}
	return q.Encode()
}

func (l look) next(cursor string) look {
	return look{cursor, l.Text, append(slices.Clone(l.Before), l.Cursor)}
}

func (l look) previous() (look, bool) {
	if len(l.Before) == 0 {
		return l, false
	}
	last := len(l.Before) - 1
	return look{l.Before[last], l.Text, l.Before[:last]}, true
}

// turnTo reads the page that is wanted or, when a text is looked for, the first from there on
// that has it; the last, when none has.
func (p *pages) turnTo(r *http.Request, by dsr.Principal, id, source, conversation string, l *look) (dsr.Transcript, error) {
	for {
		t, err := p.svc.Transcript(r.Context(), by, id, source, conversation, dsr.PageOf{Limit: messagesAtOnce, Cursor: l.Cursor})
		if err != nil || l.Text == "" || t.NextCursor == "" || occurs(t, l.Text) > 0 {
			return t, err
		}
		*l = l.next(t.NextCursor)
	}
}

// occurs counts the messages of a page that have the text, in any case.
func occurs(t dsr.Transcript, text string) (n int64) {
	for _, s := range t.Said {
		if strings.Contains(dsr.FoldText(strings.Join(s.Texts, "\n")), dsr.FoldText(text)) {
			n++
		}
	}
	return n
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
		all, err := p.svc.ProposalsIn(r.Context(), by, id, t.Source, t.ID)
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
