package ui

import "dsr-server/internal/dsr"

// withholdChoices are the reasons; the usual one is first.
func (p *pages) withholdChoices(reason string) choices {
	c := choices{field: field{ID: "reason", Label: p.say("Reason")}}
	for _, r := range dsr.WithholdReasons {
		c.Options = append(c.Options, option{Value: string(r), Label: p.withholdReason(r), Chosen: string(r) == reason})
	}
	return c
}

func (p *pages) withholdReason(r dsr.WithholdReason) string {
	switch r {
	case dsr.OtherPerson:
		return p.say("about somebody else")
	case dsr.WrongPerson:
		return p.say("not about who asks at all")
	case dsr.Secret:
		return p.say("a trade secret")
	case dsr.Credentials:
		return p.say("a password or key")
	case dsr.LegalPrivilege:
		return p.say("between a lawyer and their client")
	case dsr.OtherReason:
		return p.say("another reason")
	}
	return string(r)
}
