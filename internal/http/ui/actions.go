package ui

import (
	"context"
	"errors"
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// action is a button on the page of a request: it moves the request and comes back
// to the page with a message. When the request has changed in the meantime, the page
// says so and shows its current state.
func action(do func(context.Context, dsr.Call, string) (dsr.Request, error), done text) handlerFor {
	return decision(do, done, func(*http.Request) string { return "" })
}

// archiveShown is the archive that the page was about from which a decision was sent. A form
// that does not say it is about none that there is.
func archiveShown(r *http.Request) string {
	if sum := r.PostFormValue("archive_sha256"); sum != "" {
		return sum
	}
	return "none"
}

// decision is action for a button that is about an archive.
func decision(do func(context.Context, dsr.Call, string) (dsr.Request, error), done text, archive func(*http.Request) string) handlerFor {
	return func(p *pages, w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
		id, err := edge.RequestID(r)
		if err != nil {
			return err
		}
		_, err = do(r.Context(), dsr.Call{By: by, Archive: archive(r)}, id)
		message := done
		switch e, ok := errors.AsType[*dsr.Error](err); {
		case ok && e.Code == "archive_changed":
			message = "This request has changed in the meantime: another archive has been made, so nothing was decided. Here is its current state."
		case ok && e.Code == "records_gone":
			message = "The archive cannot be made again: fewer records are stored than were found. Tell your administrator."
		case ok && e.Kind == dsr.Conflict:
			message = "This request has changed in the meantime. Here is its current state."
		case err != nil:
			return err
		}
		p.sessions.Put(r.Context(), sessionFlash, p.say(message))
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
	return p.edge.Download(w, r, func(ctx context.Context) (*edge.Archive, error) {
		return p.svc.OpenArchive(ctx, by, id)
	})
}
