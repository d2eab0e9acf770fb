package ui

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/handling"
)

// auditPageLimit is how many events one page of the log holds.
const auditPageLimit = 50

// auditPage is one page of the audit log.
type auditPage struct {
	chrome
	Request     field
	Actor, Kind choices
	From, Until field
	Faults      []fault
	Filtered    bool
	Lines       []auditLine
	Size        string
	Older       string // addresses; empty when there is no such page
	Newest      string
	CSV, NDJSON string // addresses of what is shown, as files
	Kept        instant
	KeptBy      string
	KeptSize    string
}

func (auditPage) template() string { return "auditlog" }

// auditLine is one event in words.
type auditLine struct {
	Number      string
	At          instant
	Who, What   string
	Request     string // id; empty when it is about no request
	Called      string
	Particulars []auditDetail
}

type auditDetail struct{ Name, Value string }

func (p *pages) auditLog(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	in := r.URL.Query()
	q, data, err := p.auditQuery(r, in)
	if err != nil {
		return err
	}
	q.Limit = auditPageLimit
	page, err := p.svc.AuditPage(r.Context(), by, q)
	if err != nil {
		return err
	}
	for _, line := range page.Lines {
		data.Lines = append(data.Lines, p.auditLine(line))
	}
	data.Size = p.number(page.Size)
	if page.More {
		last := page.Lines[len(page.Lines)-1]
		data.Older = p.auditAddress("/audit", in, placeText(dsr.AuditPlace{At: last.At, Index: last.Index}))
	}
	if !q.Before.At.IsZero() {
		data.Newest = p.auditAddress("/audit", in, "")
	}
	data.CSV, data.NDJSON = p.auditAddress("/audit/events.csv", in, ""), p.auditAddress("/audit/events.ndjson", in, "")
	kept, err := p.svc.CheckpointKept(r.Context())
	if err != nil {
		return err
	}
	data.Kept, data.KeptBy, data.KeptSize = p.instant(kept.At), kept.Name, p.number(kept.Size)
	data.chrome = p.chrome(r, p.say("Audit log"), "audit")
	data.Faulty = len(data.Faults) > 0
	return p.render(w, http.StatusOK, data)
}

// auditQuery reads the filters; one that cannot be read filters nothing and is named.
func (p *pages) auditQuery(r *http.Request, in url.Values) (q dsr.AuditQuery, data auditPage, err error) {
	found := faults{}
	q = dsr.AuditQuery{Actor: in.Get("who"), Kind: in.Get("what"), Before: placeOf(in.Get("before"))}
	q.From, q.Until = p.auditDay(in, "from", 0, found), p.auditDay(in, "until", 1, found) // the day is included
	name := strings.TrimSpace(in.Get("request"))
	if name != "" {
		if q.Requests, err = p.svc.RequestsCalled(r.Context(), name); err != nil {
			return q, data, err
		}
		if len(q.Requests) == 0 {
			q.Requests = []string{}
			found.add("request", p.say("There is no request with this reference or ID."))
		}
	}
	actors, err := p.svc.AuditActors(r.Context())
	if err != nil {
		return q, data, err
	}
	data = auditPage{
		Request:  field{ID: "request", Label: p.say("Request (reference or ID)"), Type: "search", Value: name, Autocomplete: "off", Error: found["request"]},
		Actor:    choices{field{ID: "who", Label: p.say("Person")}, p.actorOptions(actors, q.Actor)},
		Kind:     choices{field{ID: "what", Label: p.say("What happened")}, p.kindOptions(q.Kind)},
		From:     field{ID: "from", Label: p.say("From"), Type: dateType(in.Get("from")), Value: in.Get("from"), Error: found["from"]},
		Until:    field{ID: "until", Label: p.say("To"), Type: dateType(in.Get("until")), Value: in.Get("until"), Error: found["until"]},
		Filtered: name != "" || q.Actor != "" || q.Kind != "" || in.Get("from") != "" || in.Get("until") != "",
	}
	for _, f := range []field{data.Request, data.From, data.Until} {
		if f.Error != "" {
			data.Faults = append(data.Faults, fault{f.ID, f.Error})
		}
	}
	return q, data, nil
}

// auditDay is the beginning of a day of the filters, or of one so many later; zero for none.
func (p *pages) auditDay(in url.Values, id string, later int, found faults) time.Time {
	if in.Get(id) == "" {
		return time.Time{}
	}
	day, err := dsr.ParseDay(id, in.Get(id))
	if err != nil {
		found.add(id, p.say("This is not a date. Write year, month and day like this: %s.", p.now().In(p.loc).Format(time.DateOnly)))
		return time.Time{}
	}
	return day.Begin(p.loc).AddDate(0, 0, later)
}

func (p *pages) actorOptions(actors []dsr.Principal, current string) []option {
	out := []option{{Label: p.say("Anybody"), Chosen: current == ""}}
	for _, a := range actors {
		out = append(out, option{Value: a.ID, Label: p.actorName(a.ID, a.Name), Chosen: a.ID == current})
	}
	return out
}

// actorName is what an actor of the log is called.
func (p *pages) actorName(id, name string) string {
	switch {
	case id == audit.System:
		return p.say("the program")
	case id == audit.Unknown:
		return p.say("somebody unknown")
	case strings.HasPrefix(id, "link:"):
		return p.say("who has the link")
	case name != "" && strings.HasPrefix(id, "user:") && name != p.whoIs(id):
		return name + " (" + p.whoIs(id) + ")"
	}
	return p.whoIs(id)
}

func (p *pages) kindOptions(current string) []option {
	out := []option{}
	for _, kind := range audit.Kinds {
		out = append(out, option{Value: string(kind), Label: handling.Kind(p.tag, string(kind)), Chosen: string(kind) == current})
	}
	slices.SortFunc(out, func(a, b option) int { return cmp.Compare(a.Label, b.Label) })
	return append([]option{{Label: p.say("Anything"), Chosen: current == ""}}, out...)
}

func (p *pages) auditLine(e dsr.AuditLine) auditLine {
	line := auditLine{Number: p.number(e.Index), At: p.precise(e.At), Who: p.actorName(e.Actor, e.Name), What: handling.Kind(p.tag, e.Kind),
		Request: e.Request, Called: cmp.Or(e.Reference, shortID(e.Request))}
	for _, name := range slices.Sorted(maps.Keys(e.Data)) {
		if value := e.Data[name]; value != "" {
			line.Particulars = append(line.Particulars, auditDetail{handling.Name(p.tag, name), handling.Value(p.tag, value)})
		}
	}
	return line
}

// auditNames are the filters of the log in addresses.
var auditNames = []string{"request", "who", "what", "from", "until"}

// auditAddress is an address with the same filters; before is where its page begins.
func (p *pages) auditAddress(path string, in url.Values, before string) string {
	out := url.Values{}
	for _, name := range auditNames {
		if v := strings.TrimSpace(in.Get(name)); v != "" {
			out.Set(name, v)
		}
	}
	if before != "" {
		out.Set("before", before)
	}
	if len(out) == 0 {
		return p.edge.Path(path)
	}
	return p.edge.Path(path + "?" + out.Encode())
}

// placeText is a place in the log as addresses have it; placeOf reads it, and what is none is
// the newest event.
func placeText(at dsr.AuditPlace) string {
	return strconv.FormatInt(at.At.UnixMilli(), 10) + "-" + strconv.FormatInt(at.Index, 10)
}

func placeOf(text string) (at dsr.AuditPlace) {
	ms, index, _ := strings.Cut(text, "-")
	millis, err := strconv.ParseInt(ms, 10, 64)
	n, errIndex := strconv.ParseInt(index, 10, 64)
	if err != nil || errIndex != nil {
		return at
	}
	return dsr.AuditPlace{At: time.UnixMilli(millis), Index: n}
}
