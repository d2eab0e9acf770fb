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
	Name      string   `json:"name"`
	Role      dsr.Role `json:"role"`
	Scopes    []string `json:"scopes"`
	ExpiresAt *string  `json:"expires_at"`
}

// rotateInput is the body of POST …/rotate.
type rotateInput struct {
	OverlapHours *int    `json:"overlap_hours"`
	ExpiresAt    *string `json:"expires_at"`
}

type tokensBody struct {
	Items []tokenBody `json:"items"`
}

type tokenBody struct {
	Name      string     `json:"name"`
	Role      dsr.Role   `json:"role"`
	Scopes    []string   `json:"scopes"`
	Bootstrap bool       `json:"bootstrap"`
	CreatedAt time.Time  `json:"created_at"`
	CreatedBy *string    `json:"created_by"`
	LastUsed  *time.Time `json:"last_used_at"`
	ExpiresAt *time.Time `json:"expires_at"`
	// FormerUntil is until when the secret before the last rotation opens as well.
	FormerUntil *time.Time `json:"former_secret_until"`
	// Token is the secret, shown in the answer to the call that made it.
	Token string `json:"token,omitempty"`
}

func tokenOf(t dsr.Token) tokenBody {
	return tokenBody{Name: t.Name, Role: t.Role, Scopes: dsr.ScopeTexts(t.Scopes), Bootstrap: t.Bootstrap, CreatedAt: t.CreatedAt.UTC(), CreatedBy: orNull(t.CreatedBy),
		LastUsed: orNull(t.UsedAt.UTC()), ExpiresAt: orNull(t.ExpiresAt.UTC()), FormerUntil: orNull(t.FormerUntil.UTC())}
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
	secret := auth.NewToken()
	n := dsr.NewToken{Name: in.Name, Role: in.Role, Hash: auth.HashToken(secret)}
	var err error
	if n.Scopes, err = dsr.NormalScopes("scopes", in.Scopes); err != nil {
		return err
	}
	if n.ExpiresAt, err = parseEnd(in.ExpiresAt); err != nil {
		return err
	}
	t, err := s.svc.CreateToken(r.Context(), by, n)
	if err != nil {
		return err
	}
	writeSecret(w, http.StatusCreated, t, secret)
	return nil
}

// parseEnd reads the end of a token; zero where there is none.
func parseEnd(text *string) (time.Time, error) {
	if text == nil {
		return time.Time{}, nil
	}
	return parseTime("expires_at", *text)
}

// rotateToken gives a token another secret, and lets the one before open for a while.
func (s *API) rotateToken(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	name, err := tokenName(r)
	if err != nil {
		return err
	}
	var in rotateInput
	if _, err := readCall(w, r, by, &in, true); err != nil {
		return err
	}
	secret := auth.NewToken()
	rotation := dsr.Rotation{Hash: auth.HashToken(secret), Overlap: dsr.DefaultOverlap}
	if in.OverlapHours != nil {
		// Far numbers would overflow a duration; they are refused as any too large one.
		rotation.Overlap = time.Duration(min(max(*in.OverlapHours, -1), 1+int(dsr.MaxOverlap/time.Hour))) * time.Hour
	}
	if rotation.ExpiresAt, err = parseEnd(in.ExpiresAt); err != nil {
		return err
	}
	t, err := s.svc.RotateToken(r.Context(), by, name, rotation)
	if err != nil {
		return err
	}
	writeSecret(w, http.StatusOK, t, secret)
	return nil
}

func writeSecret(w http.ResponseWriter, status int, t dsr.Token, secret string) {
	body := tokenOf(t)
	body.Token = secret
	edge.LeaveUncompressed(w)
	edge.WriteJSON(w, status, edge.JSONType, body)
}

// tokenName is the name in the address.
func tokenName(r *http.Request) (string, error) {
	name, err := url.PathUnescape(chi.URLParam(r, "name"))
	if err != nil {
		return "", dsr.Errorf(dsr.NotFound, "not_found", "there is no token with this name")
	}
	return name, nil
}

func (s *API) revokeToken(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	name, err := tokenName(r)
	if err != nil {
		return err
	}
	if err := s.svc.RevokeToken(r.Context(), by, name); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
