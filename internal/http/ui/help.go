package ui

import (
	"net/http"

	"dsr-server/internal/dsr"
)

// helpPage explains the words that the pages use.
type helpPage struct {
	chrome
	Statuses []statusHelp
	Matches  []matchChoice
}

func (helpPage) template() string { return "help" }

type statusHelp struct{ Word, Meaning string }

func (p *pages) help(w http.ResponseWriter, r *http.Request) error {
	data := helpPage{chrome: p.chrome(r, "Help", "help"), Matches: matchChoices}
	for _, s := range dsr.Statuses {
		data.Statuses = append(data.Statuses, statusHelp{statusWords[s].Word, statusMeanings[s]})
	}
	return p.render(w, http.StatusOK, data)
}

var statusMeanings = map[dsr.Status]string{
	dsr.Queued:    "The request is stored safely. The search begins by itself.",
	dsr.Running:   "The chatbot vendors' exports are being read and searched, page by page. You can leave; the search goes on.",
	dsr.Review:    "The search has ended and a person decides: search again for what is missing, release the archive as it is, or reject it.",
	dsr.Ready:     "The archive can be downloaded and given to the person who asked.",
	dsr.Rejected:  "A colleague decided that this result is not released.",
	dsr.Expired:   "The archive has been deleted after its retention time. The request is still on record.",
	dsr.Cancelled: "Somebody stopped the search before it was done.",
	dsr.Failed:    "We could not make the archive. Nothing is lost; try again.",
	dsr.Purged:    "Everything but a receipt has been deleted.",
}
