package ui

import (
	"slices"
	"strconv"
	"strings"

	"dsr-server/internal/dsr"
)

// eventView is one line of the history.
type eventView struct {
	When      instant
	Who, What string
	Detail    string
}

// eventViews are what was done, the latest first, without who only looked.
func (p *pages) eventViews(events []dsr.HistoryEvent, regime string) (all []eventView) {
	for _, e := range slices.Backward(events) {
		if e.Kind == "request.viewed" {
			continue
		}
		all = append(all, eventView{p.instant(e.At), p.whoDid(e), p.eventWords(e.Kind), p.eventDetail(e, regime)})
	}
	return all
}

// whoDid names who did something where the reader may know it, else their role.
func (p *pages) whoDid(e dsr.HistoryEvent) string {
	switch {
	case e.Role == "system":
		return p.say("the program")
	case e.Name != "":
		return e.Name
	case strings.HasPrefix(e.Actor, "link:"):
		return p.say("whoever had the link")
	case e.Actor != "":
		return p.whoIs(e.Actor)
	case e.Role != "":
		return p.roleName(dsr.Role(e.Role))
	}
	return p.say("somebody")
}

func (p *pages) roleName(role dsr.Role) string {
	switch role {
	case dsr.Requester:
		return p.say("a requester")
	case dsr.Approver:
		return p.say("an approver")
	case dsr.Auditor:
		return p.say("an auditor")
	case dsr.Admin:
		return p.say("an administrator")
	}
	return string(role)
}

// eventDetail is what an event adds, in words; empty when it adds nothing for people.
func (p *pages) eventDetail(e dsr.HistoryEvent, regime string) string {
	switch e.Kind {
	case "request.paused":
		return p.pauseReason(dsr.PauseReason(e.Data["reason"]))
	case "request.extended":
		law, _ := dsr.RegimeOf(regime)
		n, _ := strconv.Atoi(e.Data["extended_by"]) // the program wrote it
		return p.say("by %s", p.extensionWords(law, n))
	case "request.withheld":
		return p.withholdReason(dsr.WithholdReason(e.Data["reason"]))
	}
	return ""
}
