package ui

import (
	"strings"

	"dsr-server/internal/dsr"
)

// missingFiles says why files are not in the archive.
var missingFiles = map[string]text{
	dsr.MissingNotAllowed:     "not fetched (files.fetch is off, or the address cannot be used)",
	dsr.MissingHostNotListed:  "on a host that is not in files.hosts",
	dsr.MissingPrivateAddress: "on a private network address",
	dsr.MissingTooLarge:       "larger than files.max_size",
	dsr.MissingRequestFull:    "beyond the limit of one request (limits.request_files)",
	dsr.MissingRefused:        "refused by their server",
	dsr.MissingGone:           "not found on their server",
	dsr.MissingBroken:         "not received in full",
}

// fileWords says how many files the messages refer to, and what has become of them.
func (p *pages) fileWords(c *dsr.FileCount) string {
	if c == nil || c.Referred == 0 {
		return ""
	}
	words := p.say("The messages refer to %s; in the archive: %s.", p.count(c.Referred, "file"), p.number(c.Fetched))
	var missing []string
	for _, reason := range dsr.MissingReasons {
		if n := c.Missing[reason]; n > 0 {
			missing = append(missing, p.number(n)+" "+p.say(missingFiles[reason]))
		}
	}
	if len(missing) > 0 {
		words += " " + p.say("Missing: %s.", strings.Join(missing, ", "))
	}
	return words
}
