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
		add(p.wordsOfWarning(w, r.Result))
	}
	for _, reason := range staff {
		if !said[reason.Code] {
			add(sentence(p.wordsOfStaff(reason)))
		}
	}
	return out
}

func (p *pages) wordsOfStaff(w dsr.StaffWarning) string {
	if w.Said.Text == "" {
		return w.Detail
	}
	return p.saying(w.Said)
}

func (p *pages) wordsOfWarning(w dsr.Warning, result *dsr.Result) string {
	switch {
	case w.Code == dsr.WarnManyMatches && result != nil:
		return p.say("%s, more than usual. Make sure that they are one person’s.", p.count(result.Conversations, "conversation"))
	case w.Code == dsr.WarnSeveralIdentities && len(w.Named) > 0:
		return p.say("These conversations carry different e-mail addresses: %s. Make sure that they are one person’s.", p.inWords(w.Named))
	case w.Code == dsr.WarnIDsDifferInCase && len(w.Named) > 0:
		return p.say("These differ in capitals only: %s. IDs like that may be different people’s.", p.inWords(w.Named))
	}
	return sentence(w.ForStaff().Detail)
}
