package ui

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
)

// personPage is one person, with all that an administrator may change about them.
type personPage struct {
	chrome
	Is      personRow
	Path    string
	Created instant
	Until   instant // of an invitation
	Own     bool    // it is who looks
	Off     bool    // the account is disabled
	Waits   bool    // they have not chosen a password
	Role    choices
	Outside bool // the identity provider says who they are and what role they have
	Invites bool // a link lets them choose a password
}

func (personPage) template() string { return "person" }

func (p *pages) personShow(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	c, err := p.colleague(r)
	if err != nil {
		return err
	}
	return p.render(w, http.StatusOK, personPage{
		chrome: p.chrome(r, c.Name, "people"), Is: p.personRow(c), Path: "/people/" + c.Login,
		Created: p.day(c.CreatedAt), Until: p.instant(c.InvitedUntil),
		Own: c.ID == by.ID, Off: c.Disabled, Outside: c.External, Invites: !c.External && !p.opts.NoPassword, Waits: !c.InvitedUntil.IsZero(), Role: p.roleChoices(c.Role),
	})
}

// colleague is whom the address names.
func (p *pages) colleague(r *http.Request) (dsr.Colleague, error) {
	login, err := loginIn(r)
	if err != nil {
		return dsr.Colleague{}, err
	}
	people, err := p.opts.People.Colleagues(r.Context())
	if err != nil {
		return dsr.Colleague{}, err
	}
	i := slices.IndexFunc(people, func(c dsr.Colleague) bool { return c.Login == login })
	if i < 0 {
		return dsr.Colleague{}, errNobody()
	}
	return people[i], nil
}

// loginIn is the login in the address.
func loginIn(r *http.Request) (string, error) {
	login, err := url.PathUnescape(chi.URLParam(r, "login"))
	if err != nil {
		return "", errNobody()
	}
	return dsr.NormalLogin(login), nil
}

func errNobody() error { return dsr.Errorf(dsr.NotFound, "not_found", "there is no such person") }

func (l tongue) roleChoices(chosen dsr.Role) choices {
	c := choices{field: field{ID: "role", Label: l.say("Role")}}
	for _, role := range l.roleViews() {
		c.Options = append(c.Options, option{Value: role.Role, Label: role.Name, Chosen: role.Role == string(chosen)})
	}
	return c
}

// changesPerson makes a handler that changes somebody's account and leads back to them.
func changesPerson(change func(p *pages, r *http.Request, by dsr.Principal, login string) error, done text) func(*pages, http.ResponseWriter, *http.Request, dsr.Principal) error {
	return func(p *pages, w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
		login, err := loginIn(r)
		if err != nil {
			return err
		}
		if err := parseForm(r); err != nil {
			return err
		}
		if err := change(p, r, by, login); err != nil {
			return err
		}
		p.sessions.Put(r.Context(), sessionFlash, p.say(done))
		p.redirect(w, r, "/people/"+login)
		return nil
	}
}

func (p *pages) disablePerson(r *http.Request, by dsr.Principal, login string) error {
	return p.opts.People.DisablePerson(r.Context(), by, login)
}

func (p *pages) enablePerson(r *http.Request, by dsr.Principal, login string) error {
	return p.opts.People.EnablePerson(r.Context(), by, login)
}

func (p *pages) changeRole(r *http.Request, by dsr.Principal, login string) error {
	role := dsr.Role(r.PostForm.Get("role"))
	if !slices.Contains(dsr.Roles, role) {
		return dsr.FieldErrorf("role", "is not one of requester, approver, auditor, admin")
	}
	return p.opts.People.ChangeRole(r.Context(), by, login, role)
}
