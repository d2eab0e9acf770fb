package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"

	"dsr-server/internal/dsr"
)

// IsAccessToken reports whether a bearer token says of itself that it is a provider's access
// token (RFC 9068). API tokens are never taken for one.
func IsAccessToken(token string) bool {
	head, rest, ok := strings.Cut(token, ".")
	if !ok || strings.Count(rest, ".") != 1 {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return false
	}
	var header struct {
		Type string `json:"typ"`
	}
	if json.Unmarshal(raw, &header) != nil {
		return false
	}
	return strings.TrimPrefix(strings.ToLower(header.Type), "application/") == "at+jwt"
}

// Machine returns which configured client an access token of the provider was issued to, or
// Unauthenticated. Its scopes are those of ours that the token carries; a token without any is
// none for this service.
func (p *Provider) Machine(ctx context.Context, token string) (by dsr.Principal, err error) {
	if p.settings.Audience == "" || !IsAccessToken(token) {
		return by, errToken()
	}
	if _, err := p.discover(ctx); err != nil {
		return by, err
	}
	verified, err := p.verifier(p.settings.Audience).Verify(p.with(ctx), token)
	if err != nil {
		return by, unverified(err, errToken())
	}
	c, err := claimsOf(verified)
	if err != nil {
		return by, errToken()
	}
	id := c.text("client_id")
	role, known := p.settings.Machines[id]
	scopes := scopesOf(c.text("scope"))
	if !known || len(scopes) == 0 {
		return by, errToken()
	}
	return dsr.Principal{ID: "client:" + id, Name: id, Role: role, Scopes: scopes}, nil
}

// scopesOf are those of ours; with them an access token may hold those of other services.
func scopesOf(text string) (scopes []dsr.Scope) {
	names := strings.Fields(text)
	for _, s := range dsr.ScopeNames {
		for _, name := range names {
			if name == string(s) || name == "dsr:"+string(s) {
				scopes = append(scopes, s)
				break
			}
		}
	}
	return scopes
}

// errToken is one answer for all that may be wrong with a token.
func errToken() error {
	return dsr.Errorf(dsr.Unauthenticated, "bad_token", "the access token is not one that is accepted here, or it has expired; ask the identity provider for another")
}
