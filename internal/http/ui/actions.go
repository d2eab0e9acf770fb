package ui

import (
	"context"
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// action is a button on the page of a request: it moves the request and comes back
// to the page with a message. When the request has changed in the meantime, the page
// says so and shows its current state.
func (p *pages) action(do func(context.Context, dsr.Call, string) (dsr.Request, error), done string) handlerFor {
	return func(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
		id, err := edge.RequestID(r)
		if err != nil {
			return err
		}
		_, err = do(r.Context(), dsr.Call{By: by}, id)
		message := done
		if dsr.KindOf(err) == dsr.Conflict {
			message = "This request has changed in the meantime. Here is its current state."
		} else if err != nil {
			return err
		}
		p.sessions.Put(r.Context(), sessionFlash, message)
		p.redirect(w, r, "/requests/"+id)
		return nil
	}
}

// download hands out the archive to a browser. A link on another site does not get
// it, although it comes with the session's cookie.
func (p *pages) download(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		return dsr.Errorf(dsr.Forbidden, "cross_origin", "Archives cannot be downloaded through a link on another website. Open the request here and use its button.")
	}
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	return p.edge.Download(w, r, func(ctx context.Context, access dsr.Access) (*edge.Archive, error) {
		return p.svc.OpenArchive(ctx, by, id, access)
	})
}
