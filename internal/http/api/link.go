package api

import (
	"net/http"
	"time"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// linkInput is the body of POST …/links.
type linkInput struct {
	archiveInput
	Minutes *int `json:"minutes"`
}

// linkBody is a new link. The address is shown this once.
type linkBody struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

// createLink makes a one-time download link. It takes no idempotency key: the
// address is kept nowhere, so that a second answer could not show it.
func (s *API) createLink(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	var in linkInput
	call, err := readCall(w, r, by, &in, true)
	if err != nil {
		return err
	}
	life := dsr.DefaultLinkLife
	if in.Minutes != nil {
		if *in.Minutes < 1 || *in.Minutes > int(dsr.MaxLinkLife/time.Minute) {
			return dsr.FieldErrorf("minutes", "must be from 1 to %d; a link is for one download soon", int(dsr.MaxLinkLife/time.Minute))
		}
		life = time.Duration(*in.Minutes) * time.Minute
	}
	token := auth.NewToken()
	link, err := s.svc.CreateLink(r.Context(), in.into(call), id, auth.HashToken(token), life)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusCreated, edge.JSONType, linkBody{ID: link.ID, URL: s.edge.URL("download", token), ExpiresAt: link.ExpiresAt.UTC()})
	return nil
}
