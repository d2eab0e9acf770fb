package ui

import (
	"net/http"

	"dsr-server/internal/auth"
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

func newAccountPage() accountPage {
	return accountPage{
		Current: field{ID: "current", Label: "Current password", Type: "password", Required: true, Autocomplete: "current-password"},
		New:     field{ID: "password", Label: "New password", Type: "password", Required: true, Autocomplete: "new-password", Hint: choosingHint},
		Again:   field{ID: "again", Label: "Repeat the new password", Type: "password", Required: true, Autocomplete: "new-password"},
	}
}

func (p *pages) account(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	return p.showAccount(w, r, http.StatusOK, nil)
}

func (p *pages) showAccount(w http.ResponseWriter, r *http.Request, status int, found faults) error {
	data := newAccountPage()
	data.chrome = p.chrome(r, "Your account", "account")
	for _, f := range []*field{&data.Current, &data.New, &data.Again} {
		if f.Error = found[f.ID]; f.Error != "" {
			data.Faults = append(data.Faults, fault{f.ID, f.Label + ": " + f.Error})
		}
	}
	data.Faulty = len(found) > 0
	return p.render(w, status, data)
}

// changePassword needs the password there is; guesses count as those at the sign-in do. It
// ends every other session of the person.
func (p *pages) changePassword(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	person, found := personOf(r.Context()), faults{}
	password := r.PostForm.Get("password")
	found.addAll(p.tongue, auth.CheckPassword(person.Login, password), nil)
	if password != r.PostForm.Get("again") && found["password"] == "" {
		found.add("again", "The two passwords differ. Type both again.")
	}
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
	if pr := edge.ProblemOf(err); dsr.KindOf(err) == dsr.TooMany {
		return p.showAccount(w, r, pr.Status, faults{"current": pr.Detail})
	}
	return p.showAccount(w, r, statusMistake, faults{"current": "This is not your current password."})
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
	p.sessions.Put(r.Context(), sessionFlash, "Your password has been changed. Everywhere else you have been signed out.")
	p.redirect(w, r, "/account")
	return nil
}
