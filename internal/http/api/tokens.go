package api

import (
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// tokenInput is the body of POST /tokens.
type tokenInput struct {
	Name string   `json:"name"`
	Role dsr.Role `json:"role"`
}

type tokensBody struct {
	Items []tokenBody `json:"items"`
}

type tokenBody struct {
	Name      string    `json:"name"`
	Role      dsr.Role  `json:"role"`
	Bootstrap bool      `json:"bootstrap"`
	CreatedAt time.Time `json:"created_at"`
	// Token is the secret, shown in the answer to the call that made it.
	Token string `json:"token,omitempty"`
}

func tokenOf(t dsr.Token) tokenBody {
	return tokenBody{Name: t.Name, Role: t.Role, Bootstrap: t.Bootstrap, CreatedAt: t.CreatedAt.UTC()}
}

func (s *API) tokens(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	tokens, err := s.svc.Tokens(r.Context())
	if err != nil {
		return err
	}
	body := tokensBody{Items: make([]tokenBody, len(tokens))}
	for i, t := range tokens {
		body.Items[i] = tokenOf(t)
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, body)
	return nil
}

// createToken makes a token with a generated secret. It takes no idempotency key:
// the secret is kept nowhere, so that a second answer could not show it.
func (s *API) createToken(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	var in tokenInput
	if _, err := readCall(w, r, by, &in, false); err != nil {
		return err
	}
	if err := dsr.CheckToken(in.Name, in.Role); err != nil {
		return err
	}
	secret := auth.NewToken()
	t, err := s.svc.CreateToken(r.Context(), by, in.Name, in.Role, auth.HashToken(secret))
	if err != nil {
		return err
	}
	body := tokenOf(t)
	body.Token = secret
	edge.LeaveUncompressed(w)
	edge.WriteJSON(w, http.StatusCreated, edge.JSONType, body)
	return nil
}

func (s *API) revokeToken(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	name, err := url.PathUnescape(chi.URLParam(r, "name"))
	if err != nil {
		return dsr.Errorf(dsr.NotFound, "not_found", "there is no token with this name")
	}
	if err := s.svc.RevokeToken(r.Context(), by, name); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
