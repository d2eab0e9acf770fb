package ui

import (
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// handOverPage is where the person gets the archive: by a link that is shown once, with the
// letter that goes with it.
type handOverPage struct {
	aboutRequest
	Next     string
	URL      string // of the new link; only in the answer to making it
	Until    instant
	Passcode bool // the new link asks for one
	SHA256   string
	Days     field
	Secret   field
	Links    []linkView
	Kind     string
	Letter   string
	May      mayView
}

func (handOverPage) template() string { return "handover" }

// linkView is a link that was made, and what has become of it.
type linkView struct {
	ID                string
	Made, Until, Used instant
	By                string
	Passcode, Ended   bool
}

func (p *pages) handOverShow(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	return p.showHandOver(w, r, by, nil, nil)
}

// showHandOver shows the page: with a link that was just made, or with what is wrong with
// what was typed.
func (p *pages) showHandOver(w http.ResponseWriter, r *http.Request, by dsr.Principal, made *newLink, found faults) error {
	req, err := p.requestOf(r, by)
	if err != nil {
		return err
	}
	links, err := p.svc.Links(r.Context(), req.ID)
	if err != nil {
		return err
	}
	kind := usualLetter(req)
	letter, err := p.svc.LetterIn(r.Context(), by, req.ID, kind, req.Language)
	if err != nil {
		return err
	}
	data := handOverPage{aboutRequest: p.about(r, req, p.say("Hand over")), Kind: kind, Letter: string(letter), May: p.mayFor(req, by), Next: p.nextStep(req, p.mayFor(req, by))}
	if req.Released != nil {
		data.SHA256 = req.Released.SHA256
	}
	if made != nil {
		data.URL, data.Until, data.Passcode = made.url, p.instant(made.ExpiresAt), made.Passcode
	}
	data.fields(p, r)
	for _, l := range links {
		data.Links = append(data.Links, linkView{l.ID, p.instant(l.CreatedAt), p.instant(l.ExpiresAt), p.instant(l.UsedAt), p.whoIs(l.CreatedBy), l.Passcode, l.Ended})
	}
	data.wrong(found, &data.Days, &data.Secret)
	return p.render(w, http.StatusOK, data)
}

func (d *handOverPage) fields(p *pages, r *http.Request) {
	d.Days = field{ID: "days", Label: p.say("Days for which it works"), Type: "number", Value: strconv.Itoa(usualLinkDays), Required: true,
		Hint: p.say("From 1 to %d. It ends before that with the first complete download.", maxLinkDays)}
	if r.PostForm.Has("days") {
		d.Days.Value = r.PostForm.Get("days")
	}
	d.Secret = field{ID: "passcode", Label: p.say("Passcode"), Type: "text", Value: r.PostFormValue("passcode"), Autocomplete: "off",
		Hint: p.say("Tell it to the person in another way than the link, for example by phone. At least %d characters; after %d wrong ones the link ends.", dsr.MinPasscode, dsr.MaxLinkTries)}
}

// For how many days a link works.
const (
	usualLinkDays = 7
	maxLinkDays   = 14
)

// newLink is a link with its address, which is kept nowhere.
type newLink struct {
	dsr.Link
	url string
}

// makeLink answers with the page itself, not with a way to it: the address of the link is
// kept nowhere, so that no other answer could show it.
func (p *pages) makeLink(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	req, err := p.requestOf(r, by)
	if err != nil {
		return err
	}
	days, err := strconv.Atoi(r.PostFormValue("days"))
	found := faults{}
	if err != nil || days < 1 || days > maxLinkDays {
		found.add("days", p.say("Give a number from 1 to %d.", maxLinkDays))
	}
	passcode := dsr.NormalPasscode(r.PostFormValue("passcode"))
	if passcode != "" && utf8.RuneCountInString(passcode) < dsr.MinPasscode {
		found.add("passcode", p.say("Give at least %d letters or digits.", dsr.MinPasscode))
	}
	if len(found) > 0 {
		return p.showHandOver(w, r, by, nil, found)
	}
	token := auth.NewToken()
	link, err := p.svc.CreateLink(r.Context(), dsr.Call{By: by, Archive: archiveShown(r)}, req.ID,
		dsr.NewLink{Hash: auth.HashToken(token), Life: time.Duration(days) * 24 * time.Hour, Passcode: auth.HashPasscode(token, passcode)})
	if err != nil {
		return p.settle(w, r, err, "/requests/"+req.ID, "")
	}
	return p.showHandOver(w, r, by, &newLink{link, p.edge.URL("download", token)}, nil)
}

// endLink is for a link that went to the wrong person, or that is not needed any more.
func (p *pages) endLink(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	err = p.svc.EndLink(r.Context(), dsr.Call{By: by}, id, chi.URLParam(r, "link"))
	return p.settle(w, r, err, "/requests/"+id+"/handover", p.say("The link has ended. Whoever opens it now is told to ask for a new one."))
}
