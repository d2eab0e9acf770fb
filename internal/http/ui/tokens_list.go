package ui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
)

// tokensPage lists the API tokens.
type tokensPage struct {
	chrome
	Tokens []tokenRow
}

func (tokensPage) template() string { return "tokens" }

// tokenRow is a token in the list.
type tokenRow struct {
	Name, Role, By string
	Scopes         string // the names of what alone it may do; empty: whatever the role may
	Made, Used     instant
	Expires        instant
	Former         instant // until when the value before opens as well
	Expired        bool
	Configured     bool // it stands in the configuration
}

// tokenEndPage asks whether a token is really to be revoked.
type tokenEndPage struct {
	chrome
	Is   tokenRow
	Path string
}

func (tokenEndPage) template() string { return "tokenend" }

func (p *pages) tokenList(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	tokens, err := p.svc.Tokens(r.Context())
	if err != nil {
		return err
	}
	data := tokensPage{chrome: p.chrome(r, p.say("API tokens"), "tokens")}
	for _, t := range tokens {
		data.Tokens = append(data.Tokens, p.tokenRow(t))
	}
	return p.render(w, http.StatusOK, data)
}

func (p *pages) tokenRow(t dsr.Token) tokenRow {
	row := tokenRow{Name: t.Name, Role: p.say(roleWords[t.Role]), Scopes: strings.Join(dsr.ScopeTexts(t.Scopes), ", "), Made: p.day(t.CreatedAt), Used: p.day(t.UsedAt),
		Expires: p.instant(t.ExpiresAt), Former: p.instant(t.FormerUntil), Configured: t.Bootstrap, By: p.say("not known"),
		Expired: !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(p.now())}
	switch {
	case t.Bootstrap:
		row.By = p.say("the configuration")
	case t.CreatedBy != "":
		row.By = p.whoIs(t.CreatedBy)
	}
	return row
}

// tokenEnd asks before an integration stops working.
func (p *pages) tokenEnd(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	token, err := p.tokenIn(r)
	if err != nil {
		return err
	}
	return p.render(w, http.StatusOK, tokenEndPage{chrome: p.chrome(r, p.say("Revoke %s", token.Name), "tokens"), Is: p.tokenRow(token), Path: "/tokens/" + token.Name + "/revoke"})
}

func (p *pages) revokeToken(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	token, err := p.tokenIn(r)
	if err != nil {
		return err
	}
	if err := p.svc.RevokeToken(r.Context(), by, token.Name); err != nil {
		return err
	}
	p.sessions.Put(r.Context(), sessionFlash, p.say("The token %s has been revoked.", token.Name))
	p.redirect(w, r, "/tokens")
	return nil
}

// tokenIn is the token in the address.
func (p *pages) tokenIn(r *http.Request) (dsr.Token, error) {
	none := dsr.Errorf(dsr.NotFound, "not_found", "there is no token with this name")
	name, err := url.PathUnescape(chi.URLParam(r, "name"))
	if err != nil {
		return dsr.Token{}, none
	}
	tokens, err := p.svc.Tokens(r.Context())
	if err != nil {
		return dsr.Token{}, err
	}
	i := slices.IndexFunc(tokens, func(t dsr.Token) bool { return t.Name == name })
	if i < 0 {
		return dsr.Token{}, none
	}
	return tokens[i], nil
}
