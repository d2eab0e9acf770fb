package ui

import (
	"slices"

	"dsr-server/internal/dsr"
)

// warningWords says what to check before a result is released, each thing once. Those that
// hold the result come first; staff are the same ones and others, as programs are told.
func (p *pages) warningWords(r dsr.Request, staff []dsr.StaffWarning) (out []string) {
	add := func(text string) {
		if !slices.Contains(out, text) { // two search terms may have found the same
			out = append(out, text)
		}
	}
	said := map[string]bool{}
	for _, w := range r.Warnings {
		said[w.Code] = true
		add(p.wordsOfWarning(w, r))
	}
	for _, reason := range staff {
		switch {
		case said[reason.Code]:
		case reason.Code == dsr.WarnManyMatches:
			add(p.moreThanUsual(r))
		default:
			add(sentence(p.wordsOfStaff(reason)))
		}
	}
	return out
}

// moreThanUsual is said while the search goes on too.
func (l tongue) moreThanUsual(r dsr.Request) string {
	found := r.Progress.Conversations
	if r.Result != nil {
		found = r.Result.Conversations
	}
	return l.say("%s, more than usual. Make sure that they are one person’s.", l.count(found, "conversation"))
}

func (p *pages) wordsOfStaff(w dsr.StaffWarning) string {
	if w.Said.Text == "" {
		return w.Detail
	}
	return p.saying(w.Said)
}

// namedAtMost is of how many addresses each is read before a decision.
const namedAtMost = 10

func (p *pages) wordsOfWarning(w dsr.Warning, r dsr.Request) string {
	switch {
	case w.Code == dsr.WarnManyMatches:
		return p.moreThanUsual(r)
	case w.Code == dsr.WarnSeveralIdentities && len(w.Named) > namedAtMost:
		return p.say("These conversations carry %s different e-mail addresses, among them %s. Make sure that they are one person’s.", p.number(int64(len(w.Named))), p.inWords(w.Named[:namedAtMost]))
	case w.Code == dsr.WarnSeveralIdentities && len(w.Named) > 0:
		return p.say("These conversations carry different e-mail addresses: %s. Make sure that they are one person’s.", p.inWords(w.Named))
	case w.Code == dsr.WarnIDsDifferInCase && len(w.Named) > 0:
		return p.say("These differ in capitals only: %s. IDs like that may be different people’s.", p.inWords(w.Named))
	}
	return sentence(w.ForStaff().Detail)
}
