package ui

import (
	"net/http"
	"net/url"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
)

// loginField and nameField are of whoever is to have an account.
func (l tongue) loginField(hint text) field {
	return field{ID: "login", Label: l.say("Login"), Type: "text", Required: true, Autocomplete: "username", Hint: l.say(hint)}
}

func (l tongue) nameField() field {
	return field{ID: "name", Label: l.say("Name"), Type: "text", Autocomplete: "name", Hint: l.say("How colleagues see you.")}
}

// currentField asks whoever is signed in to show that it is still them.
func (l tongue) currentField() field {
	return field{ID: "current", Label: l.say("Current password"), Type: "password", Required: true, Autocomplete: "current-password"}
}

// choosingFields are those in which somebody chooses a password.
func (l tongue) choosingFields(password, again text) (field, field) {
	return field{ID: "password", Label: l.say(password), Type: "password", Required: true, Autocomplete: "new-password",
			Hint: l.say("8 to 128 characters. A few words in a row are easy to remember and hard to guess.")},
		field{ID: "again", Label: l.say(again), Type: "password", Required: true, Autocomplete: "new-password"}
}

// chosen finds what is wrong with the password that was chosen for a login.
func (l tongue) chosen(login string, form url.Values) faults {
	found := l.inWordsOf(auth.CheckPassword(login, form.Get("password")))
	if form.Get("password") != form.Get("again") && found["password"] == "" {
		found.add("again", l.say("The two passwords differ. Type both again."))
	}
	return found
}

// inWordsOf are faults of a form about people.
func (l tongue) inWordsOf(about dsr.Faults) faults {
	found := faults{}
	found.addAll(l, about, nil)
	return found
}

// marked puts what is wrong beside the fields, and lists it in their order.
func marked(found faults, fields ...*field) (out []fault) {
	for _, f := range fields {
		if f.Error = found[f.ID]; f.Error != "" {
			out = append(out, fault{f.ID, f.Label + ": " + f.Error})
		}
	}
	return out
}

// unknownPassword is the hash of a password that nobody knows.
func (p *pages) unknownPassword(r *http.Request) (string, error) {
	return p.opts.Gate.Hasher.Hash(r.Context(), auth.NewToken())
}
