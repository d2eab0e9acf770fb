package ui

import (
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// accountPage shows who is signed in, with what else they have signed in, and lets them choose
// another password.
type accountPage struct {
	chrome
	Current, New, Again field
	Faults              []fault
	Factor              bool // there is a second factor
	Sessions            []sessionRow
	Others              bool      // there are more sessions than this one
	Mail                *mailForm // nil: there is no mail to staff
}

func (accountPage) template() string { return "account" }

func (p *pages) account(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	return p.showAccount(w, r, http.StatusOK, nil, nil)
}

// showAccount shows what is wrong with the password form, and the mail form as it was typed;
// nil: as it is kept.
func (p *pages) showAccount(w http.ResponseWriter, r *http.Request, status int, found faults, mail *mailForm) error {
	person := personOf(r.Context())
	sessions, err := p.ownSessions(r.Context(), person)
	if err != nil {
		return err
	}
	if mail == nil {
		if mail, err = p.mailOf(r.Context(), person.ID); err != nil {
			return err
		}
	}
	data := accountPage{chrome: p.chrome(r, p.say("Your account"), "account"), Current: p.currentField(),
		Factor: person.SecondFactor, Sessions: sessions, Others: len(sessions) > 1, Mail: mail}
	data.New, data.Again = p.choosingFields("New password", "Repeat the new password")
	data.Faults = marked(found, &data.Current, &data.New, &data.Again)
	data.Faulty = len(found) > 0 || mail != nil && len(mail.Faults) > 0
	return p.render(w, status, data)
}

// chooseMail keeps whether and how somebody wants to be told.
func (p *pages) chooseMail(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	typed := dsr.Mailbox{Address: r.PostForm.Get("mail-address"), Mode: dsr.MailMode(r.PostForm.Get("mail-mode")), Language: r.PostForm.Get("mail-language")}
	box, wrong := dsr.NewMailbox(typed.Address, typed.Mode, typed.Language)
	if len(wrong) > 0 {
		found := faults{}
		for _, fault := range wrong {
			found.add("mail-"+fault.Field, p.wordsOf(fault))
		}
		return p.showAccount(w, r, statusMistake, nil, p.mailForm(typed, found))
	}
	if err := p.opts.People.SetMailbox(r.Context(), by, box); err != nil {
		return err
	}
	p.sessions.Put(r.Context(), sessionFlash, p.say("Your choice has been saved."))
	p.redirect(w, r, "/account")
	return nil
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
		return p.showAccount(w, r, statusMistake, found, nil)
	}
	found, status, err := p.confirm(w, r)
	if err != nil {
		return err
	}
	if found != nil {
		return p.showAccount(w, r, status, found, nil)
	}
	return p.setPassword(w, r, by, person.Login, password)
}

// confirm finds out whether whoever is signed in has given their present password; if not,
// what to say about that, and the status to answer with.
func (p *pages) confirm(w http.ResponseWriter, r *http.Request) (faults, int, error) {
	const wrong = "This is not your current password."
	err := p.opts.Gate.Confirm(r.Context(), p.attempt(r, personOf(r.Context()).Login, r.PostForm.Get("current")))
	switch {
	case !passwordRefused(w, r, err):
		return nil, 0, err
	case dsr.KindOf(err) == dsr.TooMany:
		return faults{"current": p.refusalOf(err, wrong)}, edge.ProblemOf(err).Status, nil
	}
	return faults{"current": p.say(wrong)}, statusMistake, nil
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
	if err := p.begin(r, person); err != nil {
		return err
	}
	p.sessions.Put(r.Context(), sessionFlash, p.say("Your password has been changed. Everywhere else you have been signed out."))
	p.redirect(w, r, "/account")
	return nil
}
