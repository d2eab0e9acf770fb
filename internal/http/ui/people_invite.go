package ui

import (
	"net/http"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// invitePage asks who is to be invited.
type invitePage struct {
	chrome
	Login  field
	Role   choices
	Roles  []roleView
	Faults []fault
}

func (invitePage) template() string { return "invite" }

// invitedPage shows the link of an invitation, this once.
type invitedPage struct {
	chrome
	Login   string
	Reset   bool
	Link    string
	Expires instant
}

func (invitedPage) template() string { return "invited" }

func (p *pages) newInvitation(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	return p.showInvite(w, r, http.StatusOK, "", dsr.Requester, nil)
}

func (p *pages) showInvite(w http.ResponseWriter, r *http.Request, status int, login string, role dsr.Role, found faults) error {
	data := invitePage{chrome: p.chrome(r, p.say("Invite a person"), "people"), Role: p.roleChoices(role), Roles: p.roleViews(),
		Login: p.loginField("What they will type to sign in. It cannot be changed later, and stays in the audit log for good.")}
	data.Login.Value, data.Login.Autocomplete = login, "off"
	data.Faults = marked(found, &data.Login, &data.Role.field)
	data.Faulty = len(data.Faults) > 0
	return p.render(w, status, data)
}

// invite makes an account whose password nobody knows, and the link with which the person
// chooses one.
func (p *pages) invite(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	login, role := r.PostForm.Get("login"), dsr.Role(r.PostForm.Get("role"))
	person, about := dsr.NewPerson(login, "", role)
	if len(about) > 0 {
		return p.showInvite(w, r, statusMistake, login, role, p.inWordsOf(about))
	}
	var err error
	if person.PasswordHash, err = p.unknownPassword(r); err != nil {
		return err
	}
	token := auth.NewToken()
	i, err := p.opts.People.Invite(r.Context(), by, person, auth.HashToken(token))
	if dsr.KindOf(err) == dsr.Conflict {
		return p.showInvite(w, r, statusMistake, login, role, faults{"login": p.say("Somebody has this login already.")})
	}
	if err != nil {
		return err
	}
	return p.showInvited(w, r, i, token)
}

// inviteAgain resets an account.
func (p *pages) inviteAgain(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	login, err := loginIn(r)
	if err != nil {
		return err
	}
	unknown, err := p.unknownPassword(r)
	if err != nil {
		return err
	}
	token := auth.NewToken()
	i, err := p.opts.People.InviteAgain(r.Context(), by, login, unknown, auth.HashToken(token))
	if err != nil {
		return err
	}
	return p.showInvited(w, r, i, token)
}

func (p *pages) showInvited(w http.ResponseWriter, r *http.Request, i dsr.Invitation, token string) error {
	return p.render(w, http.StatusOK, invitedPage{
		chrome: p.chrome(r, p.say("Invitation"), "people"), Login: i.Person.Login, Reset: i.Reset,
		Link: p.edge.URL("invite", token), Expires: p.instant(i.ExpiresAt),
	})
}

// welcomePage is what somebody with an invitation sees: they choose name and password.
type welcomePage struct {
	chrome
	Login                 string
	RoleMay               string
	Name, Password, Again field
	Path                  string
	Faults                []fault
}

func (welcomePage) template() string { return "welcome" }

func (p *pages) invitationShow(w http.ResponseWriter, r *http.Request) error {
	i, err := p.opts.People.Invitation(r.Context(), linkHash(r))
	if err != nil {
		return notedLink(r.Context(), err)
	}
	name := i.Person.Name
	if name == i.Person.Login {
		name = ""
	}
	return p.showWelcome(w, r, http.StatusOK, i, name, nil)
}

func (p *pages) showWelcome(w http.ResponseWriter, r *http.Request, status int, i dsr.Invitation, name string, found faults) error {
	data := welcomePage{chrome: p.bare("Welcome"), Login: i.Person.Login, RoleMay: p.say(roleSentences[i.Person.Role]), Name: p.nameField(), Path: r.URL.Path}
	data.Address = spokenPath(r.URL.Path)
	data.Name.Value, data.Name.Required = name, true
	data.Password, data.Again = p.choosingFields("Password", "Repeat the password")
	data.Faults = marked(found, &data.Name, &data.Password, &data.Again)
	data.Faulty = len(data.Faults) > 0
	return p.render(w, status, data)
}

// acceptInvitation uses the link up and signs the person in.
func (p *pages) acceptInvitation(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	i, err := p.opts.People.Invitation(r.Context(), linkHash(r))
	if err != nil {
		return notedLink(r.Context(), err)
	}
	typed := r.PostForm.Get("name")
	named, about := dsr.NewPerson(i.Person.Login, typed, i.Person.Role)
	found := p.chosen(i.Person.Login, r.PostForm)
	for id, words := range p.inWordsOf(about) {
		found.add(id, words)
	}
	if len(found) > 0 {
		return p.showWelcome(w, r, statusMistake, i, typed, found)
	}
	hash, err := p.opts.Gate.Hasher.Hash(r.Context(), r.PostForm.Get("password"))
	if err != nil {
		return err
	}
	person, err := p.opts.People.AcceptInvitation(r.Context(), linkHash(r), named.Name, hash)
	if err != nil {
		return notedLink(r.Context(), err)
	}
	edge.Identify(r.Context(), person.ID)
	return p.welcome(w, r, person)
}
