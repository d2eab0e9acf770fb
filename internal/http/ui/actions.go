package ui

import (
	"context"
	"net/http"
	"strings"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// deed moves a request.
type deed func(context.Context, dsr.Call, string) (dsr.Request, error)

func (p *pages) cancelRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	return p.act(w, r, dsr.Call{By: by}, p.svc.Cancel, p.say("The search has been stopped."))
}

func (p *pages) retryRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	return p.act(w, r, dsr.Call{By: by}, p.svc.Retry, p.say("Searching again for what is missing."))
}

func (p *pages) repackageRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	return p.act(w, r, dsr.Call{By: by}, p.svc.Repackage, p.say("The archive is being made again."))
}

func (p *pages) approveRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	call := dsr.Call{By: by, Archive: archiveShown(r), Note: strings.TrimSpace(r.PostFormValue("comment"))}
	switch {
	case tooLong(call.Note):
		return p.showRequest(w, r, by, faults{"comment": p.noteTooLong()})
	case !p.mayDecideNow(r):
		return p.showRequest(w, r, by, faults{"comment": p.say("Confirm first that it is you; what you typed stays here until you leave the page.")})
	}
	return p.act(w, r, call, p.svc.Approve, p.say("The archive has been approved for release."))
}

func (p *pages) rejectRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	call := dsr.Call{By: by, Archive: archiveShown(r), Note: strings.TrimSpace(r.PostFormValue("reason"))}
	switch {
	case call.Note == "":
		return p.showRequest(w, r, by, faults{"reason": p.say("Say why the result is rejected.")})
	case tooLong(call.Note):
		return p.showRequest(w, r, by, faults{"reason": p.noteTooLong()})
	}
	return p.act(w, r, call, p.svc.Reject, p.say("The result has been rejected. Nothing is released."))
}

// act is a button on the page of a request: it moves the request and comes back to the page.
func (p *pages) act(w http.ResponseWriter, r *http.Request, call dsr.Call, do deed, done string) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	_, err = do(r.Context(), call, id)
	return p.settle(w, r, err, "/requests/"+id, done)
}

// download hands out the archive to a browser. A link on another site does not get
// it, although it comes with the session's cookie.
func (p *pages) download(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		return dsr.Errorf(dsr.Forbidden, "cross_origin", "%s", p.say("Archives cannot be downloaded through a link on another website. Open the request here and use its button."))
	}
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	return p.edge.Download(w, r, func(ctx context.Context) (*edge.Archive, error) {
		return p.svc.OpenArchive(ctx, by, id)
	})
}
