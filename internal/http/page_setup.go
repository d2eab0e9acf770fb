package http

import (
	"net/http"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
)

// setupPage makes the first administrator. It exists only while nobody is there.
type setupPage struct {
	chrome
	Token, Login, Name, Password, Again field
	Faults                              []fault
}

func (setupPage) template() string { return "setup" }

func newSetupPage() setupPage {
	return setupPage{
		Token: field{ID: "token", Label: "One-time token", Type: "text", Required: true, Autocomplete: "off",
			Hint: "The program printed it when it started for the first time."},
		Login: field{ID: "login", Label: "Login", Type: "text", Required: true, Autocomplete: "username",
			Hint: "What you will type to sign in, for example your e-mail address."},
		Name: field{ID: "name", Label: "Name", Type: "text", Autocomplete: "name", Hint: "How colleagues see you."},
		Password: field{ID: "password", Label: "Password", Type: "password", Required: true, Autocomplete: "new-password",
			Hint: "8 to 128 characters. A few words in a row are easy to remember and hard to guess."},
		Again: field{ID: "again", Label: "Password once more", Type: "password", Required: true, Autocomplete: "new-password"},
	}
}

func (p *pages) setupForm(w http.ResponseWriter, r *http.Request) error {
	fresh, err := p.People.NeedsSetup(r.Context())
	if err != nil {
		return err
	}
	if !fresh {
		p.redirect(w, r, "/sign-in")
		return nil
	}
	return p.showSetup(w, r, http.StatusOK, newSetupPage())
}

func (p *pages) showSetup(w http.ResponseWriter, r *http.Request, status int, data setupPage) error {
	data.chrome = p.chrome(r, "Create the first account", "sign-in")
	for _, f := range []field{data.Token, data.Login, data.Name, data.Password, data.Again} {
		if f.Error != "" {
			data.Faults = append(data.Faults, fault{f.ID, f.Label + ": " + f.Error})
		}
	}
	data.Faulty = len(data.Faults) > 0
	return p.render(w, status, data)
}

// setup makes the first administrator and signs them in. The token is checked before
// anything costly is done.
func (p *pages) setup(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	data, hash := newSetupPage(), auth.HashToken(r.PostForm.Get("token"))
	data.Login.Value, data.Name.Value = r.PostForm.Get("login"), r.PostForm.Get("name")
	if err := p.People.CheckSetupToken(r.Context(), hash); err != nil {
		if dsr.KindOf(err) != dsr.Unauthenticated {
			return err
		}
		data.Token.Error = "This is not the token that the program printed. Copy it once more."
		return p.showSetup(w, r, statusMistake, data)
	}
	data.Token.Value = r.PostForm.Get("token")
	person, ok := data.person(r.PostForm.Get("password"), r.PostForm.Get("again"))
	if !ok {
		return p.showSetup(w, r, statusMistake, data)
	}
	var err error
	if person.PasswordHash, err = p.Gate.Hasher.Hash(r.Context(), r.PostForm.Get("password")); err != nil {
		return err
	}
	if person, err = p.People.CreateFirstAdmin(r.Context(), hash, person); err != nil {
		return err
	}
	return p.welcome(w, r, person)
}

// person checks what was typed; what is wrong stands in the fields then.
func (s *setupPage) person(password, again string) (dsr.Person, bool) {
	person, err := dsr.NewPerson(s.Login.Value, s.Name.Value, dsr.Admin)
	if pr := problemOf(err); err != nil && pr.Field == "name" {
		s.Name.Error = aboutThis(pr.Detail)
	} else if err != nil {
		s.Login.Error = aboutThis(pr.Detail)
	}
	passwordErr := auth.CheckPassword(s.Login.Value, password)
	if passwordErr != nil {
		s.Password.Error = aboutThis(problemOf(passwordErr).Detail)
	} else if password != again {
		s.Again.Error = "The two passwords differ. Type both once more."
	}
	return person, err == nil && passwordErr == nil && password == again
}
