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

const choosingHint = "8 to 128 characters. A few words in a row are easy to remember and hard to guess."

func newSetupPage() setupPage {
	return setupPage{
		Token: field{ID: "token", Label: "One-time token", Type: "text", Required: true, Autocomplete: "off",
			Hint: "It was printed when the service started."},
		Login: field{ID: "login", Label: "Login", Type: "text", Required: true, Autocomplete: "username",
			Hint: "What you will type to sign in, for example your e-mail address."},
		Name:     field{ID: "name", Label: "Name", Type: "text", Autocomplete: "name", Hint: "How colleagues see you."},
		Password: field{ID: "password", Label: "Password", Type: "password", Required: true, Autocomplete: "new-password", Hint: choosingHint},
		Again:    field{ID: "again", Label: "Repeat the password", Type: "password", Required: true, Autocomplete: "new-password"},
	}
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

// setup makes the first administrator and signs them in. The password is hashed, which is
// costly, only when the token is right.
func (p *pages) setup(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	data, hash := newSetupPage(), auth.HashToken(r.PostForm.Get("token"))
	data.Token.Value, data.Login.Value, data.Name.Value = r.PostForm.Get("token"), r.PostForm.Get("login"), r.PostForm.Get("name")
	person, found := data.person(p.tongue, r.PostForm.Get("password"), r.PostForm.Get("again"))
	if err := p.opts.People.CheckSetupToken(r.Context(), hash); err != nil {
		if dsr.KindOf(err) != dsr.Unauthenticated {
			return err
		}
		found.add("token", wrongToken(data.Token.Value))
		edge.NoteRefusal(r.Context(), err)
		data.Token.Value = ""
	}
	if len(found) > 0 {
		data.mark(found)
		return p.showSetup(w, r, statusMistake, data)
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

// person is who the form asks for, and what is wrong with it.
func (s *setupPage) person(l tongue, password, again string) (dsr.Person, faults) {
	found := faults{}
	person, about := dsr.NewPerson(s.Login.Value, s.Name.Value, dsr.Admin)
	found.addAll(l, about, nil)
	found.addAll(l, auth.CheckPassword(s.Login.Value, password), nil)
	if password != again && found["password"] == "" {
		found.add("again", "The two passwords differ. Type both again.")
	}
	return person, found
}

// mark puts what is wrong beside the fields.
func (s *setupPage) mark(found faults) {
	for _, f := range []*field{&s.Token, &s.Login, &s.Name, &s.Password, &s.Again} {
		f.Error = found[f.ID]
	}
}

func wrongToken(typed string) string {
	if typed == "" {
		return "Enter the one-time token."
	}
	return "This is not the one-time token. Copy it again."
}
