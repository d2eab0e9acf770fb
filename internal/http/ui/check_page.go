package ui

import (
	"context"
	"net/http"
	"time"

	"dsr-server/internal/dsr"
)

// checkPage shows what will be searched for, before it is.
type checkPage struct {
	chrome
	Draft, Digest string // the digest tells whether the draft is still the one that is shown
	Terms         []checkTerm
	Sources       string
	Window        windowView
	Cost          costView
	Received      instant
	Due           dueView
	DueBecause    string
	Alike, More   []alikeView // the first, and the rest
	Missing       []string
	Reference     string
	Notes         string
	Callback      string
	Language      string
	Screens       bool
	Broad         []string     // values that would match nearly everybody
	Revises       *revisedView // nil: it becomes a new request
	Faults        []fault
}

func (checkPage) template() string { return "check" }

// revisedView is the request that a form changes.
type revisedView struct {
	ID, Name string
	Same     bool // nothing is asked for otherwise
	InForce  bool // an archive of it was released
}

func (p *pages) showCheck(w http.ResponseWriter, r *http.Request, data checkPage, title string) error {
	if len(data.Broad) > 0 && r.URL.Query().Has("sure") {
		data.Faults = []fault{{"sure", p.say("This would find conversations of nearly everybody. Change it, or confirm that it is meant.")}}
	}
	data.chrome = p.chrome(r, title, placeOfForm(data.Revises != nil))
	data.Faulty = len(data.Faults) > 0
	return p.render(w, http.StatusOK, data)
}

// alikeShown is how many requests that ask for the same are shown at once.
const alikeShown = 3

func (p *pages) checkPageOf(ctx context.Context, d openDraft, s dsr.Submission, due time.Time) (checkPage, error) {
	alike, err := p.svc.Alike(ctx, s.Selectors)
	if err != nil {
		return checkPage{}, err
	}
	cost, err := p.svc.Estimate(ctx, s)
	if err != nil {
		return checkPage{}, err
	}
	all := p.alikeViews(alike, s.Selectors, d.Request)
	return checkPage{
		Draft: d.ID, Digest: d.digest(), Terms: p.checkTerms(d.form, s.Sources), Broad: broadValues(s.Selectors),
		Sources: p.sourcesWords(s.Sources), Window: p.window(s.Window, time.Time{}), Cost: p.costWords(cost, due),
		Received: p.day(s.ReceivedAt), Due: p.due(due, p.now()),
		Alike: all[:min(len(all), alikeShown)], More: all[min(len(all), alikeShown):], Missing: p.missingWords(s),
		Reference: s.Reference, Notes: s.Notes, Callback: s.CallbackURL, Language: p.say(languageNames[s.Language]), Screens: s.Mode == dsr.ModeScreen,
	}, nil
}

// checkOnceMore leads back to the check page from what cannot be sent in as it was shown there.
func (p *pages) checkOnceMore(w http.ResponseWriter, r *http.Request, d openDraft, s dsr.Submission, found faults) bool {
	switch {
	case r.PostForm.Get("digest") != d.digest():
		p.sessions.Put(r.Context(), sessionFlash, p.say("This has been changed in the meantime. Please check it once more."))
		p.redirect(w, r, checkPath(d))
	case len(found) > 0:
		p.redirect(w, r, checkPath(d))
	case len(broadValues(s.Selectors)) > 0 && r.PostForm.Get("sure") == "":
		p.redirect(w, r, checkPath(d)+"?sure=")
	default:
		return false
	}
	return true
}

func checkPath(d openDraft) string { return draftPath(d.ID) + "/check" }
