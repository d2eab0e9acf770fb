package ui

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
)

// sourcesPage is the configured sources and how they are.
type sourcesPage struct {
	chrome
	Sources  []sourceRow
	MayCheck bool
}

func (sourcesPage) template() string { return "sources" }

// sourceRow is one source in words.
type sourceRow struct {
	Name, Title, Type string
	State             statusView
	StateWords, Reach string
	Texts             []textsView
	Checked           *checkView // right after a check
}

// textsView says how many of the Art. 15 texts there are in a language.
type textsView struct {
	Language, Count string
	Missing         []string
}

// checkView is what a check of a source has found.
type checkView struct {
	At       time.Time
	When     instant
	Failed   bool
	Findings []findingView
}

func (p *pages) sourceList(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	sources, err := p.svc.SourceOverviews(r.Context())
	if err != nil {
		return err
	}
	data := sourcesPage{MayCheck: by.Role.May(dsr.Manage)}
	for _, source := range sources {
		view := p.sourceRow(source)
		view.Checked = p.lastCheck(r, source.Name)
		data.Sources = append(data.Sources, view)
	}
	data.chrome = p.chrome(r, p.say("Sources"), "sources")
	return p.render(w, http.StatusOK, data)
}

func (p *pages) sourceRow(s dsr.SourceOverview) sourceRow {
	v := sourceRow{Name: s.Name, Type: p.sourceType(s), Reach: p.reach(s)}
	v.Title, _ = s.Title.In(p.tag)
	v.State, v.StateWords = p.sourceState(s)
	for _, language := range dsr.Languages {
		missing := s.Information.Missing(language)
		all := len(s.Information.Items())
		texts := textsView{Language: p.languageName(language), Count: p.say("%s of %s", p.number(int64(all-len(missing))), p.number(int64(all)))}
		for _, name := range missing {
			texts.Missing = append(texts.Missing, p.art15(name))
		}
		v.Texts = append(v.Texts, texts)
	}
	return v
}

func (p *pages) sourceType(s dsr.SourceOverview) string {
	if s.Files {
		return p.say("Folder of exported files")
	}
	return p.say("The vendor’s API (%s, %s)", s.Type, s.Lane)
}

// sourceState says how the source answers: in a word with its tone, and in a sentence.
func (p *pages) sourceState(s dsr.SourceOverview) (word statusView, sentence string) {
	switch {
	case s.Refusal != nil:
		return statusView{p.say("Refuses its key"), "bad"}, p.refusalSince(*s.Refusal)
	case s.Health(p.now()) == dsr.HealthSnoozed:
		return statusView{p.say("Does not answer"), "attention"}, p.say("It is asked again at %s.", p.instant(s.SnoozedUntil).Text)
	case s.Files && s.Reach.ReadAt.IsZero():
		return statusView{p.say("Not read yet"), "quiet"}, ""
	case s.Files:
		return statusView{p.say("Can be read"), "good"}, p.say("Last read on %s.", p.instant(s.Reach.ReadAt).Text)
	case s.LastGood.IsZero():
		return statusView{p.say("Not asked yet"), "quiet"}, ""
	}
	return statusView{p.say("Answers"), "good"}, p.say("Last on %s.", p.instant(s.LastGood).Text)
}

func (p *pages) refusalSince(r dsr.Refusal) string {
	since := p.instant(r.Since).Text
	if r.Requests == 1 {
		return p.say("Since %s; this affects 1 request.", since)
	}
	return p.say("Since %s; this affects %s requests.", since, p.number(r.Requests))
}

// refusal is the sentence about a source that refuses its key, for those who can replace it.
func (p *pages) refusal(s dsr.SourceOverview) string {
	if s.Refusal.Requests == 1 {
		return p.say("%s refuses its key; 1 request is affected.", s.Name)
	}
	return p.say("%s refuses its key; %s requests are affected.", s.Name, p.number(s.Refusal.Requests))
}

// reach says of which time the source holds conversations, as far as that is known.
func (p *pages) reach(s dsr.SourceOverview) string {
	if !s.Files {
		return p.say("Searched from %s on.", p.day(s.Earliest).Text)
	}
	file := s.ExportedAt
	if file.IsZero() {
		file = s.Reach.Modified
	}
	switch {
	case s.Reach.ReadAt.IsZero() && file.IsZero():
		return ""
	case s.Reach.Newest.IsZero():
		return p.say("File of %s.", p.day(file).Text)
	}
	return p.say("File of %s, covers from %s to %s.", p.day(file).Text, p.day(s.Reach.Oldest).Text, p.day(s.Reach.Newest).Text)
}

// art15 names one of the texts that Art. 15 GDPR asks for.
func (p *pages) art15(name string) string {
	words := map[string]string{
		"purposes": p.say("purposes of the processing"), "categories": p.say("categories of data"), "recipients": p.say("recipients"),
		"retention": p.say("how long the data are kept"), "rights": p.say("rights of the data subject"), "authority": p.say("right to complain to an authority"),
		"origin": p.say("source of the data"), "automated_decisions": p.say("automated decisions"), "transfers": p.say("transfers to other countries"),
	}[name]
	if words == "" {
		return name
	}
	return words
}

// sessionCheck is what the session keeps of a check for the page that follows.
const sessionCheck = "check"

// keptCheck is that.
type keptCheck struct {
	Source string
	View   checkView
}

// checkTime is how long an answer may take: somewhat longer than a self-test.
const checkTime = 150 * time.Second

// checkSource tests a source and comes back to the page with what was found.
func (p *pages) checkSource(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	name := chi.URLParam(r, "name")
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(checkTime)); err != nil {
		return err
	}
	findings, err := p.svc.CheckSource(r.Context(), name)
	switch kind := dsr.KindOf(err); {
	case kind == dsr.Conflict || kind == dsr.TooMany:
		p.sessions.Put(r.Context(), sessionFlash, p.say("%s is being checked or read at the moment. Try again in a few minutes.", name))
	case err != nil:
		return err
	default:
		if err := p.keepCheck(r, name, findings); err != nil {
			return err
		}
	}
	p.redirect(w, r, "/sources#"+name)
	return nil
}

func (p *pages) keepCheck(r *http.Request, name string, findings []dsr.Finding) error {
	view := checkView{At: p.now(), Findings: p.findingViews(findings)}
	for _, f := range findings {
		view.Failed = view.Failed || !f.OK
	}
	text, err := json.Marshal(keptCheck{name, view})
	if err != nil {
		return err
	}
	p.sessions.Put(r.Context(), sessionCheck, string(text))
	message := p.say("%s was checked: it answers as it should.", name)
	if view.Failed {
		message = p.say("%s was checked: something needs your attention.", name)
	}
	p.sessions.Put(r.Context(), sessionFlash, message)
	return nil
}

// lastCheck is the check of this source that was made in this session last, if it was the
// last of all.
func (p *pages) lastCheck(r *http.Request, name string) *checkView {
	var kept keptCheck
	if json.Unmarshal([]byte(p.sessions.GetString(r.Context(), sessionCheck)), &kept) != nil || kept.Source != name {
		return nil
	}
	kept.View.When = p.instant(kept.View.At)
	return &kept.View
}
