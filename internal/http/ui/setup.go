package ui

import (
	"net/http"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// setupPage creates the first administrator. It exists only while there are no accounts.
type setupPage struct {
	chrome
	Token, Login, Name, Password, Again field
	Faults                              []fault
}

func (setupPage) template() string { return "setup" }

func (p *pages) newSetupPage() setupPage {
	data := setupPage{
		Token: field{ID: "token", Label: p.say("One-time token"), Type: "text", Required: true, Autocomplete: "off",
			Hint: p.say("It was printed when the service started.")},
		Login: p.loginField("What you will type to sign in, for example your e-mail address."), Name: p.nameField(),
	}
	data.Password, data.Again = p.choosingFields("Password", "Repeat the password")
	return data
}

func (p *pages) setupForm(w http.ResponseWriter, r *http.Request) error {
	fresh, err := p.opts.People.NeedsSetup(r.Context())
	if err != nil {
		return err
	}
	if !fresh {
		p.redirect(w, r, "/sign-in")
		return nil
	}
	return p.showSetup(w, r, http.StatusOK, p.newSetupPage(), nil)
}

func (p *pages) showSetup(w http.ResponseWriter, r *http.Request, status int, data setupPage, found faults) error {
	data.chrome = p.chrome(r, p.say("Create the first account"), "sign-in")
	data.Faults = marked(found, &data.Token, &data.Login, &data.Name, &data.Password, &data.Again)
	data.Faulty = len(data.Faults) > 0
	return p.render(w, status, data)
}

// setup makes the first administrator and signs them in. The password is hashed, which is
// costly, only when the token is right.
func (p *pages) setup(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	data, hash := p.newSetupPage(), auth.HashToken(r.PostForm.Get("token"))
	data.Token.Value, data.Login.Value, data.Name.Value = r.PostForm.Get("token"), r.PostForm.Get("login"), r.PostForm.Get("name")
	person, about := dsr.NewPerson(data.Login.Value, data.Name.Value, dsr.Admin)
	found := p.inWordsOf(about)
	for id, words := range p.chosen(data.Login.Value, r.PostForm) {
		found.add(id, words)
	}
	if err := p.opts.People.CheckSetupToken(r.Context(), hash); err != nil {
		if dsr.KindOf(err) != dsr.Unauthenticated {
			return err
		}
		found.add("token", p.wrongToken(data.Token.Value))
		edge.NoteRefusal(r.Context(), err)
		data.Token.Value = ""
	}
	if len(found) > 0 {
		return p.showSetup(w, r, statusMistake, data, found)
	}
	var err error
	if person.PasswordHash, err = p.opts.Gate.Hasher.Hash(r.Context(), r.PostForm.Get("password")); err != nil {
		return err
	}
	if person, err = p.opts.People.CreateFirstAdmin(r.Context(), hash, person); err != nil {
		return err
	}
	return p.welcome(w, r, person)
}

func (l tongue) wrongToken(typed string) string {
	if typed == "" {
		return l.say("Enter the one-time token.")
	}
	return l.say("This is not the one-time token. Copy it again.")
}
