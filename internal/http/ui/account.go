package ui

import (
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// accountPage shows who is signed in, and lets them choose another password.
type accountPage struct {
	chrome
	Current, New, Again field
	Faults              []fault
}

func (accountPage) template() string { return "account" }

func (p *pages) account(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	return p.showAccount(w, r, http.StatusOK, nil)
}

func (p *pages) showAccount(w http.ResponseWriter, r *http.Request, status int, found faults) error {
	data := accountPage{chrome: p.chrome(r, p.say("Your account"), "account"), Current: p.currentField()}
	data.New, data.Again = p.choosingFields("New password", "Repeat the new password")
	data.Faults = marked(found, &data.Current, &data.New, &data.Again)
	data.Faulty = len(found) > 0
	return p.render(w, status, data)
}

// changePassword needs the password there is; guesses count as those at the sign-in do. It
// ends every other session of the person.
func (p *pages) changePassword(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	person, password := personOf(r.Context()), r.PostForm.Get("password")
	found := p.chosen(person.Login, r.PostForm)
	if len(found) > 0 {
		return p.showAccount(w, r, statusMistake, found)
	}
	err := p.opts.Gate.Confirm(r.Context(), p.attempt(r, person.Login, r.PostForm.Get("current")))
	if passwordRefused(w, r, err) {
		return p.showRefusedPassword(w, r, err)
	}
	if err != nil {
		return err
	}
	return p.setPassword(w, r, by, person.Login, password)
}

// showRefusedPassword says that the current password is wrong, or was wrong too often.
func (p *pages) showRefusedPassword(w http.ResponseWriter, r *http.Request, err error) error {
	if dsr.KindOf(err) == dsr.TooMany {
		return p.showAccount(w, r, edge.ProblemOf(err).Status, faults{"current": p.refusalOf(err)})
	}
	return p.showAccount(w, r, statusMistake, faults{"current": p.say("This is not your current password.")})
}

func (p *pages) setPassword(w http.ResponseWriter, r *http.Request, by dsr.Principal, login, password string) error {
	hash, err := p.opts.Gate.Hasher.Hash(r.Context(), password)
	if err != nil {
		return err
	}
	if err := p.opts.People.ChangePassword(r.Context(), by, login, hash); err != nil {
		return err
	}
	person, err := p.opts.People.Person(r.Context(), by.ID)
	if err != nil {
		return err
	}
	if err := p.begin(r.Context(), person); err != nil {
		return err
	}
	p.sessions.Put(r.Context(), sessionFlash, p.say("Your password has been changed. Everywhere else you have been signed out."))
	p.redirect(w, r, "/account")
	return nil
}
