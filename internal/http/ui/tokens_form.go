package ui

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
)

// tokenFormPage asks for what a new token may do.
type tokenFormPage struct {
	chrome
	Name    field
	Role    choices
	Scopes  choices
	Expires field
	Roles   []roleView
	Faults  []fault
}

func (tokenFormPage) template() string { return "token" }

// tokenRotatePage asks how a token gets another value.
type tokenRotatePage struct {
	chrome
	Is      tokenRow
	Path    string
	Overlap choices
	Expires field
	Faults  []fault
}

func (tokenRotatePage) template() string { return "tokenrotate" }

// tokenMadePage shows a token's value, this once.
type tokenMadePage struct {
	chrome
	Name, Value string
	Former      instant // until when the value before opens as well
	Rotated     bool
}

func (tokenMadePage) template() string { return "tokenmade" }

// scopeSentences are the scopes as people read them.
var scopeSentences = map[dsr.Scope]text{
	dsr.ScopeSubmit:   "Submits requests, and asks what they would cost.",
	dsr.ScopeOwn:      "Submits requests, follows and handles those, and knows of no others.",
	dsr.ScopeRead:     "Reads requests, reports and the log, but nothing of what was found.",
	dsr.ScopeArchives: "Reads what was found, and downloads archives.",
	dsr.ScopeMetrics:  "Reads the metrics.",
}

func (l tongue) scopeChoices(chosen []string) choices {
	c := choices{field: field{ID: "scopes", Label: l.say("Only for"),
		Hint: l.say("Tick nothing to allow whatever the role may. What is ticked adds up.")}}
	for _, s := range dsr.ScopeNames {
		c.Options = append(c.Options, option{ID: "scope-" + string(s), Value: string(s), Label: string(s) + ": " + l.say(scopeSentences[s]), Chosen: slices.Contains(chosen, string(s))})
	}
	return c
}

func (p *pages) expiresField(value string) field {
	return field{ID: "expires", Label: p.say("Last day"), Type: dateType(value), Value: value, Autocomplete: "off",
		Hint: p.say("From the day after it opens nothing. Leave empty for a token without an end.")}
}

func (p *pages) newToken(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	return p.showTokenForm(w, r, tokenForm{role: dsr.Requester}, nil)
}

// tokenForm is what was typed into the form of a new token.
type tokenForm struct {
	name, expires string
	role          dsr.Role
	scopes        []string
}

func (p *pages) showTokenForm(w http.ResponseWriter, r *http.Request, in tokenForm, found faults) error {
	data := tokenFormPage{chrome: p.chrome(r, p.say("New API token"), "tokens"), Role: p.roleChoices(in.role), Roles: p.roleViews(),
		Scopes: p.scopeChoices(in.scopes), Expires: p.expiresField(in.expires),
		Name: field{ID: "name", Label: p.say("Name"), Type: "text", Required: true, Autocomplete: "off", Value: in.name,
			Hint: p.say("What uses it, for example ticket-system. 1 to 64 letters, digits or . _ -")}}
	data.Faults = marked(found, &data.Name, &data.Role.field, &data.Scopes.field, &data.Expires)
	data.Faulty = len(data.Faults) > 0
	return p.render(w, http.StatusOK, data)
}

// createToken makes a token, whose value is kept by nobody.
func (p *pages) createToken(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	in := tokenForm{strings.TrimSpace(r.PostForm.Get("name")), strings.TrimSpace(r.PostForm.Get("expires")), dsr.Role(r.PostForm.Get("role")), r.PostForm["scope"]}
	value := auth.NewToken()
	n, err := p.tokenOf(in)
	n.Hash = auth.HashToken(value)
	if err == nil {
		_, err = p.svc.CreateToken(r.Context(), by, n)
	}
	if e, ok := errors.AsType[*dsr.Error](err); ok && e.Field != "" {
		field, words := tokenFault(e)
		return p.showTokenForm(w, r, in, faults{field: p.say(words)})
	}
	if err != nil {
		return err
	}
	return p.render(w, http.StatusOK, tokenMadePage{chrome: p.chrome(r, p.say("New API token"), "tokens"), Name: n.Name, Value: value})
}

// tokenOf is what was typed, without a value.
func (p *pages) tokenOf(in tokenForm) (n dsr.NewToken, err error) {
	n = dsr.NewToken{Name: in.name, Role: in.role}
	if n.Scopes, err = dsr.NormalScopes("scopes", in.scopes); err != nil {
		return n, err
	}
	n.ExpiresAt, err = p.lastMoment(in.expires)
	return n, err
}

// lastMoment is the end of a day that was typed; zero of none.
func (p *pages) lastMoment(typed string) (time.Time, error) {
	if typed == "" {
		return time.Time{}, nil
	}
	day, err := dsr.ParseDay("expires_at", typed)
	if err != nil {
		return time.Time{}, err
	}
	return day.End(p.loc), nil
}

// tokenFault is the field of the form that an error is about, and what to do.
func tokenFault(e *dsr.Error) (string, text) {
	switch {
	case e.Kind == dsr.Conflict:
		return "name", "There is a token with this name. Revoke it first, or choose another name."
	case e.Field == "role":
		return "role", "Choose one of the roles."
	case e.Field == "expires_at":
		return "expires", "Enter a day that has not passed, or leave the field empty."
	case strings.HasPrefix(e.Field, "scopes"):
		return "scopes", "Choose from the list."
	}
	return "name", "Use 1 to 64 letters, digits or . _ -, and begin with a letter or digit."
}

// overlaps are how long the value before may open, in hours.
var overlaps = []struct {
	hours int
	words text
}{{0, "It ends at once"}, {1, "An hour"}, {24, "A day"}, {7 * 24, "A week"}, {30 * 24, "30 days"}}

func (l tongue) overlapChoices(chosenHours string) choices {
	c := choices{field: field{ID: "overlap", Label: l.say("How long the value before still opens"),
		Hint: l.say("Time to put the new value where the token is used.")}}
	for _, o := range overlaps {
		c.Options = append(c.Options, option{Value: strconv.Itoa(o.hours), Label: l.say(o.words)})
	}
	c.Options = chosen(c.Options, chosenHours)
	return c
}

// tokenRotate asks before a token gets another value.
func (p *pages) tokenRotate(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	return p.showRotate(w, r, "24", "", nil)
}

func (p *pages) showRotate(w http.ResponseWriter, r *http.Request, overlap, expires string, found faults) error {
	token, err := p.tokenIn(r)
	if err != nil {
		return err
	}
	data := tokenRotatePage{chrome: p.chrome(r, p.say("New value for %s", token.Name), "tokens"), Is: p.tokenRow(token), Path: "/tokens/" + token.Name + "/rotate",
		Overlap: p.overlapChoices(overlap), Expires: p.expiresField(expires)}
	data.Expires.Label, data.Expires.Hint = p.say("New last day"), p.say("Leave empty to keep the one that it has.")
	data.Faults = marked(found, &data.Overlap.field, &data.Expires)
	data.Faulty = len(data.Faults) > 0
	return p.render(w, http.StatusOK, data)
}

// rotateToken gives a token another value, and lets the one before open for a while.
func (p *pages) rotateToken(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	token, err := p.tokenIn(r)
	if err != nil {
		return err
	}
	value, overlap, expires := auth.NewToken(), r.PostForm.Get("overlap"), strings.TrimSpace(r.PostForm.Get("expires"))
	rotation := dsr.Rotation{Hash: auth.HashToken(value), Overlap: overlapOf(overlap)}
	if rotation.ExpiresAt, err = p.lastMoment(expires); err == nil {
		token, err = p.svc.RotateToken(r.Context(), by, token.Name, rotation)
	}
	if e, ok := errors.AsType[*dsr.Error](err); ok && e.Field == "expires_at" {
		field, words := tokenFault(e)
		return p.showRotate(w, r, overlap, expires, faults{field: p.say(words)})
	}
	if err != nil {
		return err
	}
	return p.render(w, http.StatusOK, tokenMadePage{chrome: p.chrome(r, p.say("New value for %s", token.Name), "tokens"), Name: token.Name, Value: value,
		Former: p.instant(token.FormerUntil), Rotated: true})
}

// overlapOf is one of the overlaps, or none.
func overlapOf(hours string) time.Duration {
	for _, o := range overlaps {
		if strconv.Itoa(o.hours) == hours {
			return time.Duration(o.hours) * time.Hour
		}
	}
	return 0
}
