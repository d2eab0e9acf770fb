package ui

import (
	"encoding/base64"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
)

// factorPage sets up a second factor, or changes the one that there is.
type factorPage struct {
	chrome
	Required  bool // for the role of whoever looks
	On        bool
	Since     instant
	CodesLeft string

	// Of the set-up: the secret as a picture, as an address and as text to type.
	Picture, Address template.URL
	Secret, Typed    string
	Code, Current    field
	Faults           []fault
}

func (factorPage) template() string { return "factor" }

// recoveryPage shows recovery codes, this once.
type recoveryPage struct {
	chrome
	Codes []string
}

func (recoveryPage) template() string { return "recovery" }

// setUpPath is where that is done.
const setUpPath = "/account/second-factor"

func (p *pages) factorShow(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	return p.showFactor(w, r, http.StatusOK, "", nil)
}

// showFactor shows the page with this secret on offer; "" is a new one.
func (p *pages) showFactor(w http.ResponseWriter, r *http.Request, status int, secret string, found faults) error {
	person := personOf(r.Context())
	is, err := p.opts.People.SecondFactor(r.Context(), person.ID)
	if err != nil {
		return err
	}
	data := factorPage{chrome: p.chrome(r, p.say("Second factor"), "account"), Required: slices.Contains(p.opts.SecondFactor, person.Role),
		On: !is.Since.IsZero(), Since: p.instant(is.Since), CodesLeft: p.count(int64(is.CodesLeft), "recovery code"), Current: p.currentField(),
		Code: field{ID: "code", Label: p.say("Code of the app"), Type: "text", Required: true, Autocomplete: "one-time-code", Hint: p.say("Six digits, which the app shows anew every 30 seconds.")}}
	if !data.On {
		if err := p.offer(&data, person.Login, secret); err != nil {
			return err
		}
	}
	data.Faults = marked(found, &data.Code, &data.Current)
	data.Faulty = len(data.Faults) > 0
	return p.render(w, status, data)
}

func (p *pages) offer(data *factorPage, login, secret string) error {
	factor, err := auth.NewFactor(p.issuer(), login)
	if secret != "" {
		factor, err = auth.FactorOf(p.issuer(), login, secret)
	}
	if err != nil {
		return err
	}
	data.Secret, data.Address = factor.Secret, template.URL(factor.Address)                                   //nolint:gosec // made here, of a secret in base32
	data.Picture = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(factor.Picture)) //nolint:gosec // made here
	data.Typed = inFours(factor.Secret)
	return nil
}

// issuer is what the app shows beside the login: with the host, because somebody may have an
// account on several of these services.
func (p *pages) issuer() string { return p.say("Data requests") + " (" + p.edge.Host() + ")" }

// inFours makes a secret easier to type.
func inFours(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// setSecondFactor takes a secret that was on offer, once a code shows that the app has it.
func (p *pages) setSecondFactor(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	secret := r.PostForm.Get("secret")
	if _, err := auth.FactorOf(p.issuer(), personOf(r.Context()).Login, secret); err != nil {
		return err
	}
	step, right := auth.StepOf(secret, r.PostForm.Get("code"), p.now())
	if !right {
		return p.showFactor(w, r, statusMistake, secret, faults{"code": p.say("This is not the code that the app shows now. Check the clock of its device.")})
	}
	return p.confirmed(w, r, secret, func() error {
		codes := auth.NewRecoveryCodes()
		if err := p.opts.People.SetSecondFactor(r.Context(), by, secret, step, auth.HashRecoveryCodes(codes)); err != nil {
			return err
		}
		return p.showRecovery(w, r, codes)
	})
}

func (p *pages) showRecovery(w http.ResponseWriter, r *http.Request, codes []string) error {
	return p.render(w, http.StatusOK, recoveryPage{chrome: p.chrome(r, p.say("Recovery codes"), "account"), Codes: codes})
}

func (p *pages) renewCodes(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	return p.confirmed(w, r, "", func() error {
		codes := auth.NewRecoveryCodes()
		if err := p.opts.People.RenewRecoveryCodes(r.Context(), by, auth.HashRecoveryCodes(codes)); err != nil {
			return err
		}
		return p.showRecovery(w, r, codes)
	})
}

func (p *pages) removeFactor(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	return p.confirmed(w, r, "", func() error {
		if err := p.opts.People.RemoveSecondFactor(r.Context(), by, personOf(r.Context()).Login); err != nil {
			return err
		}
		p.sessions.Put(r.Context(), sessionFlash, p.say("The second factor has been removed."))
		p.redirect(w, r, setUpPath)
		return nil
	})
}

// confirmed does what the present password has to be given for, or shows the page once more.
func (p *pages) confirmed(w http.ResponseWriter, r *http.Request, secret string, do func() error) error {
	found, status, err := p.confirm(w, r)
	if err != nil {
		return err
	}
	if found != nil {
		return p.showFactor(w, r, status, secret, found)
	}
	return do()
}
