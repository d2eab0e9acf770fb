package ui

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// linkPage is what somebody with a one-time link sees: a button. Programs that open
// links in mail to look at them press none.
type linkPage struct {
	chrome
	Action     string // where the button posts to
	Expires    instant
	Controller dsr.Controller
	Passcode   *field // nil where none is asked for
	Faults     []fault
}

func (linkPage) template() string { return "link" }

// linkRoutes adds the pages for whoever holds a one-time link, which need no sign-in
// and show nothing of the request, and the description of the API, which tells
// nothing about anybody.
func (p *pages) linkRoutes(mux chi.Router) {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(p.denyCrossOrigin))
	mux.Group(func(mux chi.Router) {
		mux.Use(cross.Handler)
		mux.Get("/docs", p.open((*pages).docs))
		mux.Get("/download/{token}", p.open((*pages).linkShow))
		mux.Post("/download/{token}", p.open((*pages).linkUse))
	})
}

func linkHash(r *http.Request) [32]byte { return auth.HashToken(chi.URLParam(r, "token")) }

func (p *pages) linkShow(w http.ResponseWriter, r *http.Request) error {
	link, err := p.svc.Link(r.Context(), linkHash(r))
	if err != nil {
		return notedLink(r.Context(), err)
	}
	return p.showLink(w, r, link, "")
}

// showLink shows the page in the language of the archive, unless another one was chosen.
func (p *pages) showLink(w http.ResponseWriter, r *http.Request, link dsr.Link, wrong string) error {
	p = p.speakingTo(r, link)
	data := linkPage{
		chrome: p.bare("Your data"),
		Action: p.edge.Path("/download/" + chi.URLParam(r, "token")), Expires: p.instant(link.ExpiresAt), Controller: link.Controller,
	}
	data.Faulty, data.Recipient, data.Address = wrong != "", true, spokenPath(r.URL.Path)
	if link.Passcode {
		data.Passcode = &field{ID: "passcode", Label: p.say("Passcode"), Type: "text", Required: true, Autocomplete: "one-time-code",
			Hint: p.say("You were told it in another way than this link."), Error: wrong}
		if wrong != "" {
			data.Faults = []fault{{"passcode", wrong}}
		}
	}
	return p.render(w, http.StatusOK, data)
}

// speaking is the pages in a language; in this one, where that is none of theirs.
func (p *pages) speaking(tag string) *pages {
	if other := p.spoken[tag]; other != nil {
		return other
	}
	return p
}

func (p *pages) speakingTo(r *http.Request, link dsr.Link) *pages {
	if _, err := r.Cookie(languageCookie); err == nil {
		return p.in(r)
	}
	return p.speaking(link.Language)
}

// linkUse hands out the archive; with its first complete download the link is used up. It is
// sent whole: there is no second call to carry it on.
func (p *pages) linkUse(w http.ResponseWriter, r *http.Request) error {
	for _, name := range []string{"Range", "If-Range", "If-Match", "If-None-Match"} {
		r.Header.Del(name)
	}
	token := chi.URLParam(r, "token")
	passcode := auth.HashPasscode(token, dsr.NormalPasscode(r.PostFormValue("passcode")))
	err := p.edge.Download(w, r, func(ctx context.Context) (*edge.Archive, error) {
		return p.svc.OpenLink(ctx, linkHash(r), passcode)
	})
	if dsr.KindOf(err) == dsr.Forbidden {
		return p.wrongPasscode(w, r)
	}
	return notedLink(r.Context(), err)
}

// wrongPasscode asks once more, unless the link has ended with that.
func (p *pages) wrongPasscode(w http.ResponseWriter, r *http.Request) error {
	link, err := p.svc.Link(r.Context(), linkHash(r))
	if err != nil {
		return notedLink(r.Context(), err)
	}
	return p.showLink(w, r, link, p.speakingTo(r, link).say("This is not the passcode."))
}

// notedLink is err, which goes on record where it says that there is no such link: links
// are secrets that can be guessed at, as tokens are.
func notedLink(ctx context.Context, err error) error {
	if dsr.KindOf(err) == dsr.NotFound {
		edge.NoteRefusal(ctx, err)
	}
	return err
}
