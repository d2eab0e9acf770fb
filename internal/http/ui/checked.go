package ui

import (
	"crypto/sha256"
	"time"

	"dsr-server/internal/dsr"
)

// submitKey makes one request of a draft, however often it is sent.
func submitKey(d openDraft) dsr.IdempotencyKey {
	return dsr.IdempotencyKey{Key: d.ID, Route: "form POST /requests", BodyHash: sha256.Sum256(d.Body)}
}

// checkTerm is one thing that is looked for, with how, and whether something else was meant.
type checkTerm struct {
	N          int
	Kind       string
	Value      string
	How        string
	Doubted    string // an address that is more likely
	MayBePhone bool   // without a country code nobody can tell
}

func (p *pages) checkTerms(v formValues, sources []string) (out []checkTerm) {
	for _, line := range v.lines() {
		id := dsr.Identify(line.Text, dsr.RegionsOf(sources, p.opts.Regions))
		out = append(out, checkTerm{len(out) + 1, p.shapeWord(id.Shape), id.Text, p.sentenceOf(id), id.LikelyMeant(), id.MayBePhone()})
	}
	for _, row := range v.Rows {
		view := p.selectorViewOf(row.selector())
		how := p.say("Found as the ID of a conversation, and nowhere else.")
		if view.Where != "" {
			how = sentence(view.Where + ": " + view.Match)
		}
		out = append(out, checkTerm{N: len(out) + 1, Kind: view.Kind, Value: view.Value, How: how})
	}
	return out
}

var shapeWords = map[dsr.Shape]text{
	dsr.ShapeAddress: "E-mail address", dsr.ShapePhone: "Phone number", dsr.ShapeID: "ID", dsr.ShapeText: "Name or other text",
}

func (l tongue) shapeWord(s dsr.Shape) string { return l.say(shapeWords[s]) }

// broadValues are those that nearly everybody's conversations hold.
func broadValues(all []dsr.Selector) (values []string) {
	for _, s := range all {
		if s.Metadata != nil && s.Metadata.Broad() {
			values = append(values, s.Metadata.Value)
		}
	}
	return values
}

func (p *pages) sourcesWords(names []string) string {
	if len(names) == len(p.opts.Sources) && len(names) > 1 {
		return p.say("All %s: %s", p.count(int64(len(names)), "source"), p.inWords(names))
	}
	return p.inWords(names)
}

// costView says how long the search will take.
type costView struct {
	Took string
	Late string // why that is too long
}

func (p *pages) costWords(e dsr.Estimate, due time.Time) (v costView) {
	v.Took = sentenceStart(p.roughly(int64(e.Took.Seconds())))
	if e.Calls > 0 {
		v.Took += " (" + p.say("%s to vendors", p.count(e.Calls, "call")) + ")"
	}
	if !e.MeetsDeadline && p.now().Before(due) {
		v.Late = p.say("That is after the answer is due. Search fewer sources or a shorter time first, or extend the deadline.")
	}
	return v
}

// dueSentence says what the deadline of a request received at t follows from.
func (p *pages) dueSentence(t time.Time) string {
	c := p.opts.Deadlines.Clock(dsr.Request{ReceivedAt: t})
	law, day := p.say(lawWords[c.Regime.Name]), p.date(c.Received)
	if c.Regime.Months > 0 {
		return p.say("One month from the day of the request, %s (%s).", day, law)
	}
	return p.say("%s from the day of the request, %s (%s).", p.count(int64(c.Regime.Days), "day"), day, law)
}

var lawWords = map[string]text{
	"gdpr": "Art. 12(3) GDPR", "uk": "Art. 12 and 12A UK GDPR", "ccpa": "CCPA Regulations § 7021", "lgpd": "Art. 19 LGPD", "ch": "Art. 18 of the Swiss Data Protection Ordinance",
}

// alikeView is an earlier request that asks for the same.
type alikeView struct {
	ID, Name, Received, Status string
	Values                     string
}

// alikeViews leave out the request that a draft was made from.
func (p *pages) alikeViews(all []dsr.Alike, asked []dsr.Selector, from string) (out []alikeView) {
	for _, a := range all {
		if a.Request == from {
			continue
		}
		r := dsr.Request{ID: a.Request, Reference: a.Reference, Status: a.Status}
		v := alikeView{ID: a.Request, Name: nameOf(r), Received: p.day(a.ReceivedAt).Text, Status: p.statusOf(r).Word}
		v.Values = p.inWords(valuesOf(asked, a.Values))
		out = append(out, v)
	}
	return out
}

// valuesOf are the different values of these selectors.
func valuesOf(asked []dsr.Selector, which []int) (values []string) {
	seen := map[string]bool{}
	for _, i := range which {
		value := asked[i].ConversationID
		if asked[i].Metadata != nil {
			value = asked[i].Metadata.Value
		}
		if folded := dsr.FoldText(value); !seen[folded] {
			seen[folded] = true
			values = append(values, value)
		}
	}
	return values
}

// missingWords say what the answer will lack beside the data.
func (p *pages) missingWords(s dsr.Submission) (out []string) {
	missing := p.svc.MissingInformation(s.Sources, s.Language)
	for _, source := range s.Sources {
		names := missing[source]
		if len(names) == 0 {
			continue
		}
		for i, name := range names {
			names[i] = p.say(informationWords[name])
		}
		out = append(out, p.say("%s: %s of the 9 details that Art. 15 GDPR asks for are missing: %s.", source, p.number(int64(len(names))), p.inWords(names)))
	}
	return out
}

var informationWords = map[string]text{
	"purposes": "purposes", "categories": "categories of data", "recipients": "recipients", "retention": "how long data are kept", "rights": "rights",
	"authority": "supervisory authority", "origin": "source of the data", "automated_decisions": "automated decisions", "transfers": "transfers to third countries",
}
