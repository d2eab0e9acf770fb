package ui

import (
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// foundPage lists the conversations that were found, to read them before they are released.
type foundPage struct {
	aboutRequest
	Items    []foundView
	Next     string // the cursor of the page after this one; empty: there is none
	Later    bool   // this is not the first page
	Withheld string // how much is left out in all
	Outdated bool
	Failed   bool // the archive could not be made again
	May      bool // withhold
}

func (foundPage) template() string { return "found" }

// foundView is one conversation of the list.
type foundView struct {
	Source, ID, Path string
	Start            instant
	Messages, Why    string
	Opened           bool
	Whole            bool   // all of it is withheld
	Parts            string // how much of its own record is
}

// How many conversations and messages a page shows.
const (
	foundAtOnce    = 50
	messagesAtOnce = 200
)

func (p *pages) foundShow(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	req, err := p.requestOf(r, by)
	if err != nil {
		return err
	}
	cursor := r.URL.Query().Get("cursor")
	page, err := p.svc.ReadConversations(r.Context(), by, req.ID, dsr.PageOf{Limit: foundAtOnce, Cursor: cursor})
	if dsr.KindOf(err) == dsr.Conflict {
		return p.settle(w, r, err, "/requests/"+req.ID, "")
	}
	if err != nil {
		return err
	}
	data := foundPage{aboutRequest: p.about(r, req, p.say("What was found")), Next: page.NextCursor, Later: cursor != "",
		Withheld: p.withheldWords(req.Withheld), Outdated: req.Outdated, Failed: req.RepackagingFailed, May: by.Role.May(dsr.Withhold) && req.MayWithhold() == nil}
	for _, f := range page.Items {
		data.Items = append(data.Items, p.foundView(req, f))
	}
	return p.render(w, http.StatusOK, data)
}

func (p *pages) foundView(req dsr.Request, f dsr.Found) foundView {
	v := foundView{Source: req.Presentation.Title(f.Source, req.Language), ID: f.ID, Path: p.edge.Path(transcriptPath(req.ID, f.Source, f.ID)),
		Start: p.instant(f.Start), Messages: p.number(f.Messages), Why: p.whyFound(f.Why), Opened: f.Opened}
	var passages int64
	for _, item := range f.Withheld {
		if item.Text == "" {
			v.Whole = true
		} else {
			passages++
		}
	}
	if passages > 0 {
		v.Parts = p.count(passages, "passage")
	}
	return v
}

// whyFound names the fields in which the value stood.
func (p *pages) whyFound(all []dsr.Why) string {
	var paths []string
	for _, why := range all {
		if why.Path != "" {
			paths = append(paths, why.Path)
		}
	}
	if len(paths) == 0 {
		return p.say("its ID")
	}
	return p.places(paths)
}

// transcriptPath is where a conversation is read. A vendor's id may hold a slash.
func transcriptPath(id, source, conversation string) string {
	return "/requests/" + id + "/read/" + url.PathEscape(source) + "/" + url.PathEscape(conversation)
}

// neighbours are the conversations before and after one, in the archive's order, and where it
// stands among those looked through.
func (p *pages) neighbours(r *http.Request, by dsr.Principal, id string, f dsr.Found) (before, after string, err error) {
	var last string
	here := false
	for cursor := ""; ; {
		page, err := p.svc.ReadConversations(r.Context(), by, id, dsr.PageOf{Limit: messagesAtOnce, Cursor: cursor})
		if err != nil {
			return "", "", err
		}
		for _, other := range page.Items {
			path := p.edge.Path(transcriptPath(id, other.Source, other.ID))
			switch {
			case here:
				return before, path, nil
			case other.Source == f.Source && other.ID == f.ID:
				before, here = last, true
			}
			last = path
		}
		if cursor = page.NextCursor; cursor == "" {
			return before, "", nil
		}
	}
}

// conversationOf reads which conversation the path names: the router splits a path before
// it is unescaped.
func conversationOf(r *http.Request) (id, source, conversation string, err error) {
	if id, err = edge.RequestID(r); err != nil {
		return "", "", "", err
	}
	source, conversation = chi.URLParam(r, "source"), chi.URLParam(r, "conversation")
	if r.URL.RawPath == "" {
		return id, source, conversation, nil
	}
	for _, part := range []*string{&source, &conversation} {
		if *part, err = url.PathUnescape(*part); err != nil {
			return "", "", "", dsr.UnknownConversation("conversation")
		}
	}
	return id, source, conversation, nil
}
