package ui

import (
	"strconv"
	"strings"

	"dsr-server/internal/dsr"
)

// fileSize is a size as file managers show it.
func (l tongue) fileSize(n int64) string {
	switch {
	case n < 1000:
		return l.count(n, "byte")
	case n < 1_000_000:
		return l.decimal(float64(n)/1000, 0) + " kB"
	case n < 1_000_000_000:
		return l.decimal(float64(n)/1e6, 1) + " MB"
	}
	return l.decimal(float64(n)/1e9, 1) + " GB"
}

// decimal writes a number with so many digits after the point.
func (l tongue) decimal(n float64, digits int) string {
	s := strconv.FormatFloat(n, 'f', digits, 64)
	if l.tag == "de" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// roughly says a duration in seconds as a person would.
func (l tongue) roughly(seconds int64) string {
	switch {
	case seconds < 10:
		return l.say("a few seconds")
	case seconds < 90:
		return l.say("about %s", l.count((seconds+5)/10*10, "second"))
	case seconds < 90*60:
		return l.say("about %s", l.count((seconds+30)/60, "minute"))
	case seconds < 36*3600:
		return l.say("about %s", l.count((seconds+1800)/3600, "hour"))
	}
	return l.say("about %s", l.count((seconds+43200)/86400, "day"))
}

// inWords writes words as a list: "a, b and c".
func (l tongue) inWords(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + l.say("and") + " " + words[len(words)-1]
}

// statusView is a status in words. Tone only picks a colour; the words say it all.
type statusView struct{ Word, Tone string }

// tonedText is a text with the colour that goes with it.
type tonedText struct {
	text text
	tone string
}

var statusWords = map[dsr.Status]tonedText{
	dsr.Queued:    {"Waiting to start", "busy"},
	dsr.Running:   {"Searching", "busy"},
	dsr.Review:    {"Needs a decision", "attention"},
	dsr.Ready:     {"Ready to download", "good"},
	dsr.Rejected:  {"Rejected", "quiet"},
	dsr.Expired:   {"Archive expired", "quiet"},
	dsr.Cancelled: {"Cancelled", "quiet"},
	dsr.Failed:    {"Failed", "bad"},
	dsr.Purged:    {"Deleted", "quiet"},
}

// statusOf is the status in words; a result that is not complete says so.
func (l tongue) statusOf(r dsr.Request) statusView {
	shown := toneOf(r)
	return statusView{l.say(shown.text), shown.tone}
}

func toneOf(r dsr.Request) tonedText {
	shown := statusWords[r.Status]
	switch {
	case r.Answer != nil:
		return tonedText{"Answered", "quiet"}
	case r.Progress.Packaging:
		shown.text = "Making the archive"
	case r.Status == dsr.Ready && r.Complete != nil && !*r.Complete:
		return tonedText{"Ready, but incomplete", "bad"}
	case r.Status == dsr.Ready && r.Screens():
		shown.text = "Screened"
	}
	return shown
}

var roleWords = map[dsr.Role]text{
	dsr.Requester: "requester", dsr.Approver: "approver", dsr.Auditor: "auditor", dsr.Admin: "administrator",
}

// shortID is enough of an id to tell requests on a page apart.
func shortID(id string) string {
	if len(id) > 13 {
		return id[:8] + "…" + id[len(id)-4:]
	}
	return id
}

// nameOf is what pages call a request: the caller's reference, or our id shortened.
func nameOf(r dsr.Request) string {
	if r.Reference != "" {
		return r.Reference
	}
	return shortID(r.ID)
}

// whoIs is a principal's id as staff read it.
func (l tongue) whoIs(principal string) string {
	kind, name, found := strings.Cut(principal, ":")
	switch {
	case found && kind == "user":
		return name
	case found && kind == "token":
		return l.say("%s (API token)", name)
	}
	return principal
}

// sentence makes an error's detail one: it begins with a capital and ends with a stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	if s = sentenceStart(s); strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// sentenceStart begins with a capital, unless the first word is a name: of a file or a
// source.
func sentenceStart(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if s == "" || strings.ContainsAny(strings.TrimRight(first, ".,:;"), "._-/0123456789") {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// times says how often.
func (l tongue) times(n int64) string {
	switch n {
	case 0:
		return l.say("not yet")
	case 1:
		return l.say("once")
	case 2:
		return l.say("twice")
	}
	return l.say("%s times", l.number(n))
}
