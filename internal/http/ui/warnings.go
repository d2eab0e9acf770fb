package ui

import (
	"slices"

	"dsr-server/internal/dsr"
)

// warningWords says what to check before a result is released, each thing once. Those that
// hold the result come first; staff are the same ones and others, as programs are told.
func (l tongue) warningWords(r dsr.Request, staff []dsr.Reason) (out []string) {
	add := func(text string) {
		if !slices.Contains(out, text) { // two search terms may have found the same
			out = append(out, text)
		}
	}
	said := map[string]bool{}
	for _, w := range r.Warnings {
		said[w.Code] = true
		add(l.wordsOfWarning(w, r.Result))
	}
	for _, reason := range staff {
		if !said[reason.Code] {
			add(sentence(reason.Detail))
		}
	}
	return out
}

func (l tongue) wordsOfWarning(w dsr.Warning, result *dsr.Result) string {
	switch {
	case w.Code == dsr.WarnManyMatches && result != nil:
		return l.count(result.Conversations, "conversation") + ", more than usual. Make sure that they are one person’s."
	case w.Code == dsr.WarnSeveralIdentities && len(w.Named) > 0:
		return "These conversations carry different e-mail addresses: " + l.inWords(w.Named) + ". Make sure that they are one person’s."
	case w.Code == dsr.WarnIDsDifferInCase && len(w.Named) > 0:
		return "These differ in capitals only: " + l.inWords(w.Named) + ". IDs like that may be different people’s."
	}
	return sentence(w.ForStaff().Detail)
}
