package ui

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/auth"
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
	Made, Used     instant
	Configured     bool // it stands in the configuration
}

// tokenFormPage asks for what a new token may do.
type tokenFormPage struct {
	chrome
	Name   field
	Role   choices
	Roles  []roleView
	Faults []fault
}

func (tokenFormPage) template() string { return "token" }

// tokenMadePage shows a token's value, this once.
type tokenMadePage struct {
	chrome
	Name, Value string
}

func (tokenMadePage) template() string { return "tokenmade" }

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
	row := tokenRow{Name: t.Name, Role: p.say(roleWords[t.Role]), Made: p.day(t.CreatedAt), Used: p.day(t.UsedAt), Configured: t.Bootstrap, By: p.say("not known")}
	switch {
	case t.Bootstrap:
		row.By = p.say("the configuration")
	case t.CreatedBy != "":
		row.By = p.whoIs(t.CreatedBy)
	}
	return row
}

func (p *pages) newToken(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	return p.showTokenForm(w, r, http.StatusOK, "", dsr.Requester, nil)
}

func (p *pages) showTokenForm(w http.ResponseWriter, r *http.Request, status int, name string, role dsr.Role, found faults) error {
	data := tokenFormPage{chrome: p.chrome(r, p.say("New API token"), "tokens"), Role: p.roleChoices(role), Roles: p.roleViews(),
		Name: field{ID: "name", Label: p.say("Name"), Type: "text", Required: true, Autocomplete: "off", Value: name,
			Hint: p.say("What uses it, for example ticket-system. 1 to 64 letters, digits or . _ -")}}
	data.Faults = marked(found, &data.Name, &data.Role.field)
	data.Faulty = len(data.Faults) > 0
	return p.render(w, status, data)
}

// createToken makes a token, whose value is kept by nobody.
func (p *pages) createToken(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	name, role, value := strings.TrimSpace(r.PostForm.Get("name")), dsr.Role(r.PostForm.Get("role")), auth.NewToken()
	err := dsr.CheckToken(name, role)
	if err == nil {
		_, err = p.svc.CreateToken(r.Context(), by, name, role, auth.HashToken(value))
	}
	if e, ok := errors.AsType[*dsr.Error](err); ok && e.Field != "" {
		return p.showTokenForm(w, r, statusMistake, name, role, faults{e.Field: p.say(tokenFault(e))})
	}
	if err != nil {
		return err
	}
	return p.render(w, http.StatusOK, tokenMadePage{chrome: p.chrome(r, p.say("New API token"), "tokens"), Name: name, Value: value})
}

func tokenFault(e *dsr.Error) text {
	switch {
	case e.Kind == dsr.Conflict:
		return "There is a token with this name. Revoke it first, or choose another name."
	case e.Field == "role":
		return "Choose one of the roles."
	}
	return "Use 1 to 64 letters, digits or . _ -, and begin with a letter or digit."
}

// tokenEnd asks before an integration stops working.
func (p *pages) tokenEnd(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	name, err := tokenIn(r)
	if err != nil {
		return err
	}
	tokens, err := p.svc.Tokens(r.Context())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(tokens, func(t dsr.Token) bool { return t.Name == name })
	if i < 0 {
		return errNoToken()
	}
	return p.render(w, http.StatusOK, tokenEndPage{chrome: p.chrome(r, p.say("Revoke %s", name), "tokens"), Is: p.tokenRow(tokens[i]), Path: "/tokens/" + name + "/revoke"})
}

func (p *pages) revokeToken(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	name, err := tokenIn(r)
	if err != nil {
		return err
	}
	if err := p.svc.RevokeToken(r.Context(), by, name); err != nil {
		return err
	}
	p.sessions.Put(r.Context(), sessionFlash, p.say("The token %s has been revoked.", name))
	p.redirect(w, r, "/tokens")
	return nil
}

// tokenIn is the name in the address.
func tokenIn(r *http.Request) (string, error) {
	name, err := url.PathUnescape(chi.URLParam(r, "name"))
	if err != nil {
		return "", errNoToken()
	}
	return name, nil
}

func errNoToken() error {
	return dsr.Errorf(dsr.NotFound, "not_found", "there is no token with this name")
}
