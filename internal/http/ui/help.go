package ui

import (
	"net/http"

	"dsr-server/internal/dsr"
)

// helpPage explains the words that the pages use.
type helpPage struct {
	chrome
	Statuses []statusHelp
	Matches  []matchHelp
}

func (helpPage) template() string { return "help" }

type statusHelp struct{ Word, Meaning string }

func (p *pages) help(w http.ResponseWriter, r *http.Request) error {
	data := helpPage{chrome: p.chrome(r, p.say("Help"), "help"), Matches: p.matchHelp()}
	for _, s := range dsr.Statuses {
		data.Statuses = append(data.Statuses, statusHelp{p.say(statusWords[s].text), p.say(statusMeanings[s])})
	}
	return p.render(w, http.StatusOK, data)
}

var statusMeanings = map[dsr.Status]text{
	dsr.Queued:    "The request is stored. The search starts by itself.",
	dsr.Running:   "The chatbot vendors' exports are being searched. You can leave; the search continues.",
	dsr.Review:    "The search has ended, and an approver has to decide: search again for what is missing, release the archive as it is, or reject the result.",
	dsr.Ready:     "The archive can be downloaded and given to the person who asked.",
	dsr.Rejected:  "This result was rejected. Nothing is released, and the person is still waiting for an answer.",
	dsr.Expired:   "The archive was deleted when its retention time ended. The request is still on record.",
	dsr.Cancelled: "The search was stopped before it ended.",
	dsr.Failed:    "The archive could not be made. What was found is kept; try again.",
	dsr.Purged:    "Everything but a receipt has been deleted.",
}
