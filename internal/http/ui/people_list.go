package ui

import (
	"net/http"

	"dsr-server/internal/dsr"
)

// peoplePage lists who can sign in or could, and says what the roles may.
type peoplePage struct {
	chrome
	MayManage bool
	MayInvite bool
	People    []personRow
	Roles     []roleView
}

func (peoplePage) template() string { return "people" }

// personRow is a person in the list.
type personRow struct {
	Name, Login string
	Role        string
	State       statusView
	Factor      string // whether there is a second factor
	SignedIn    instant
}

// roleView is a role with a sentence on what it may.
type roleView struct{ Role, Name, May string }

var roleSentences = map[dsr.Role]text{
	dsr.Requester: "Submits requests, follows them, and hands over what has been released.",
	dsr.Approver:  "Does what a requester does, reads results, withholds parts of them, and decides about their release.",
	dsr.Auditor:   "Reads requests, the audit log, reports and this list, and changes nothing.",
	dsr.Admin:     "Does what an approver does, manages people and API tokens, and deletes requests.",
}

func (l tongue) roleViews() (out []roleView) {
	for _, role := range dsr.Roles {
		out = append(out, roleView{string(role), l.say(roleWords[role]), l.say(roleSentences[role])})
	}
	return out
}

func (p *pages) peopleList(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	people, err := p.opts.People.Colleagues(r.Context())
	if err != nil {
		return err
	}
	data := peoplePage{chrome: p.chrome(r, p.say("People"), "people"), MayManage: by.Role.May(dsr.Manage), MayInvite: by.Role.May(dsr.Manage) && !p.opts.NoPassword, Roles: p.roleViews()}
	for _, who := range people {
		data.People = append(data.People, p.personRow(who))
	}
	return p.render(w, http.StatusOK, data)
}

func (p *pages) personRow(c dsr.Colleague) personRow {
	row := personRow{Name: c.Name, Login: c.Login, Role: p.say(roleWords[c.Role]), State: p.stateOf(c), Factor: p.say("no"), SignedIn: p.instant(c.SignedInAt)}
	if c.SecondFactor {
		row.Factor = p.say("yes")
	}
	return row
}

// stateOf says whether somebody can sign in.
func (p *pages) stateOf(c dsr.Colleague) statusView {
	switch {
	case c.Disabled:
		return statusView{p.say("Disabled"), "quiet"}
	case c.InvitedUntil.IsZero():
		return statusView{p.say("Active"), "good"}
	case c.InvitedUntil.After(p.now()):
		return statusView{p.say("Invited"), "busy"}
	}
	return statusView{p.say("Invitation expired"), "attention"}
}
