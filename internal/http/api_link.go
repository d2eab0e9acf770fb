package http

import (
	"net/http"
	"time"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
)

// linkInput is the body of POST …/links.
type linkInput struct {
	Minutes *int `json:"minutes"`
}

// linkBody is a new link. The address is shown this once.
type linkBody struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

// apiCreateLink makes a one-time download link. It takes no idempotency key: the
// address is kept nowhere, so that a second answer could not show it.
func (s *Server) apiCreateLink(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := requestID(r)
	if err != nil {
		return err
	}
	var in linkInput
	if _, err := readCall(w, r, by, &in, true); err != nil {
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
	link, err := s.svc.CreateLink(r.Context(), by, id, auth.HashToken(token), life)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, jsonType, linkBody{ID: link.ID, URL: s.linkURL(token), ExpiresAt: link.ExpiresAt.UTC()})
	return nil
}

// linkURL is the address of a link as it is sent to somebody.
func (s *Server) linkURL(token string) string { return s.base.JoinPath("download", token).String() }
