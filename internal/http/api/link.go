package api

import (
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// linkInput is the body of POST …/links.
type linkInput struct {
	archiveInput
	Minutes *int `json:"minutes"`
	// Passcode is what the person is told in another way than the link.
	Passcode *string `json:"passcode"`
}

// linkBody is a new link. The address is shown this once.
type linkBody struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

// madeLinkBody is a link that was made, without its address, which is kept nowhere.
type madeLinkBody struct {
	ID        string     `json:"id"`
	CreatedAt time.Time  `json:"created_at"`
	CreatedBy string     `json:"created_by"`
	ExpiresAt time.Time  `json:"expires_at"`
	UsedAt    *time.Time `json:"used_at"`
	Passcode  bool       `json:"passcode"`
	Ended     bool       `json:"ended"`
}

type linksBody struct {
	Items []madeLinkBody `json:"items"`
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
			return dsr.FieldErrorf("minutes", "must be from 1 to %d", int(dsr.MaxLinkLife/time.Minute))
		}
		life = time.Duration(*in.Minutes) * time.Minute
	}
	passcode, err := in.passcode()
	if err != nil {
		return err
	}
	token := auth.NewToken()
	link, err := s.svc.CreateLink(r.Context(), in.into(call), id, dsr.NewLink{Hash: auth.HashToken(token), Life: life, Passcode: auth.HashPasscode(token, passcode)})
	if err != nil {
		return err
	}
	edge.LeaveUncompressed(w)
	edge.WriteJSON(w, http.StatusCreated, edge.JSONType, linkBody{ID: link.ID, URL: s.edge.URL("download", token), ExpiresAt: link.ExpiresAt.UTC()})
	return nil
}

func (s *API) links(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	all, err := s.svc.Links(r.Context(), id)
	if err != nil {
		return err
	}
	body := linksBody{Items: make([]madeLinkBody, len(all))}
	for i, l := range all {
		body.Items[i] = madeLinkBody{l.ID, l.CreatedAt, l.CreatedBy, l.ExpiresAt, orNull(l.UsedAt), l.Passcode, l.Ended}
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, body)
	return nil
}

// endLink is for a link that went to the wrong person, or that is not needed any more.
func (s *API) endLink(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	if err := s.svc.EndLink(r.Context(), dsr.Call{By: by, Versions: versions(r)}, id, chi.URLParam(r, "link")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// passcode is what counts of the passcode; empty where there is none.
func (in linkInput) passcode() (string, error) {
	if in.Passcode == nil {
		return "", nil
	}
	text := dsr.NormalPasscode(*in.Passcode)
	if utf8.RuneCountInString(text) < dsr.MinPasscode {
		return "", dsr.FieldErrorf("passcode", "has fewer than %d letters and digits; give more, or leave it out", dsr.MinPasscode)
	}
	return text, nil
}
