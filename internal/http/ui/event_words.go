package ui

// eventWords says what was done, as the end of a sentence that begins with who did it.
func (p *pages) eventWords(kind string) string {
	if words := requestEvents[kind]; words != "" {
		return p.say(words)
	}
	return kind // of a later program
}

// requestEvents are the events about one request. The English words are the keys.
var requestEvents = map[string]text{
	"request.submitted":          "submitted the request",
	"request.planned":            "began the search",
	"request.viewed":             "looked at the request",
	"request.ready":              "finished the search; the archive is ready",
	"request.in_review":          "finished the search; somebody has to decide",
	"request.failed":             "could not finish",
	"request.cancelled":          "stopped the search",
	"request.retried":            "searched again for what was missing",
	"request.revised":            "changed what is searched for",
	"request.amended":            "changed details of the request",
	"request.approved":           "approved the result",
	"request.rejected":           "rejected the result",
	"request.extended":           "extended the deadline",
	"request.answered":           "recorded the answer",
	"request.paused":             "paused the deadline",
	"request.resumed":            "let the deadline run again",
	"request.reopened":           "took the answer back",
	"request.expired":            "deleted the archive, whose time was over",
	"request.purged":             "deleted the request",
	"request.held":               "set a legal hold",
	"request.released":           "ended the legal hold",
	"request.withheld":           "withheld something",
	"request.disclosed":          "no longer withholds something",
	"request.repackaging_asked":  "asked for the archive to be made again",
	"request.repackaged":         "made the archive again",
	"request.repackaging_failed": "could not make the archive again",
	"request.noted":              "put on record how the request stands",
	"archive.downloaded":         "began to download the archive",
	"archive.download_finished":  "finished the download",
	"erasure_list.read":          "read the list for erasure",
	"link.created":               "made a download link",
	"link.used":                  "used a download link",
	"link.ended":                 "ended a download link",
	"note.added":                 "added a note",
	"conversations.listed":       "looked at what was found",
	"conversation.read":          "read a conversation",
	"call.refused":               "was refused a call",
}
