package ui

import (
	"fmt"
	"strconv"
	"strings"

	"dsr-server/internal/dsr"
)

// number writes n with thousands separated.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural is "1 page" or "3 pages".
func plural[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(int64(n)) + " " + noun + "s"
}

// fileSize is a size as file managers show it.
func fileSize(n int64) string {
	switch {
	case n < 1000:
		return plural(n, "byte")
	case n < 1_000_000:
		return fmt.Sprintf("%.0f kB", float64(n)/1000)
	case n < 1_000_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

// roughly says a duration in seconds as a person would.
func roughly(seconds int64) string {
	switch {
	case seconds < 10:
		return "a few seconds"
	case seconds < 90:
		return fmt.Sprintf("about %d seconds", (seconds+5)/10*10)
	case seconds < 90*60:
		return "about " + plural((seconds+30)/60, "minute")
	case seconds < 36*3600:
		return "about " + plural((seconds+1800)/3600, "hour")
	}
	return "about " + plural((seconds+43200)/86400, "day")
}

// inWords writes words as a list: "a, b and c".
func inWords(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// statusView is a status in words. Tone only picks a colour; the words say it all.
type statusView struct {
	Word, Tone string
}

var statusWords = map[dsr.Status]statusView{
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

// statusOfRequest is the status in words; a result that is not complete says so.
func statusOfRequest(r dsr.Request) statusView {
	if r.Answer != nil {
		return statusView{"Answered", "quiet"}
	}
	v := statusWords[r.Status]
	if r.Progress.Packaging {
		return statusView{"Making the archive", v.Tone}
	}
	if r.Screens() && r.Status == dsr.Ready {
		v.Word = "Screened"
	}
	if r.Status == dsr.Ready && r.Complete != nil && !*r.Complete {
		return statusView{"Ready, but incomplete", "bad"}
	}
	return v
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
func whoIs(principal string) string {
	kind, name, found := strings.Cut(principal, ":")
	switch {
	case found && kind == "user":
		return name
	case found && kind == "token":
		return name + " (API token)"
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
func times(n int64) string {
	switch n {
	case 0:
		return "not yet"
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return number(n) + " times"
}
