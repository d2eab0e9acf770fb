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
	Action  string // where the button posts to
	Expires instant
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
	return p.render(w, http.StatusOK, linkPage{
		chrome: p.bare("Download"),
		Action: p.edge.Path("/download/" + chi.URLParam(r, "token")), Expires: p.instant(link.ExpiresAt),
	})
}

// linkUse hands out the archive and with that uses the link up. It is sent whole:
// there is no second call to carry it on.
func (p *pages) linkUse(w http.ResponseWriter, r *http.Request) error {
	for _, name := range []string{"Range", "If-Range", "If-Match", "If-None-Match"} {
		r.Header.Del(name)
	}
	err := p.edge.Download(w, r, func(ctx context.Context) (*edge.Archive, error) {
		return p.svc.OpenLink(ctx, linkHash(r))
	})
	return notedLink(r.Context(), err)
}

// notedLink is err, which goes on record where it says that there is no such link: links
// are secrets that can be guessed at, as tokens are.
func notedLink(ctx context.Context, err error) error {
	if dsr.KindOf(err) == dsr.NotFound {
		edge.NoteRefusal(ctx, err)
	}
	return err
}
