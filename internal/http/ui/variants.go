package ui

import (
	"slices"
	"strings"
	"unicode/utf8"

	"dsr-server/internal/dsr"
)

// variant is another way to search, one press away.
type variant struct {
	Name, Label, Why string
	apply            func(*formValues)
}

// variants are the ways that would find more than this form does.
func (p *pages) variants(v formValues) (out []variant) {
	if len(v.Sources) < len(p.opts.Sources) {
		out = append(out, variant{"all-sources", p.say("Search all sources"), p.say("Only %s was asked for.", p.inWords(v.Sources)),
			func(v *formValues) { v.Sources = p.opts.Sources }})
	}
	if v.Start != "" || v.End != "" {
		out = append(out, variant{"all-dates", p.say("Search all dates"), p.say("Only a part of the time was asked for."),
			func(v *formValues) { v.Start, v.End = "", "" }})
	}
	return append(append(out, p.rowVariants(v)...), p.lineVariants(v)...)
}

// rowVariants look less strictly for search terms that say where and how to look.
func (p *pages) rowVariants(v formValues) (out []variant) {
	if slices.ContainsFunc(v.Rows, hasKey) {
		out = append(out, variant{"any-field", p.say("Search in any field"), p.say("The name of a field may differ between sources."), anyField})
	}
	if slices.ContainsFunc(v.Rows, isExact) {
		out = append(out, variant{"any-capitals", p.say("Search regardless of capitals"), p.say("A value was compared character for character."), anyCapitals})
	}
	if lines := p.unrecognised(v, isConversationID); len(lines) > 0 {
		out = append(out, variant{"as-value", p.say("Search for the ID as a value"), p.say("What was given as a conversation ID may be another kind of value."), addLines(lines)})
	}
	if lines := p.unrecognised(v, p.looksLikePhone); len(lines) > 0 {
		out = append(out, variant{"as-phone", p.say("Search for it as a phone number"), p.say("A phone number may be written in several ways."), addLines(lines)})
	}
	return out
}

func hasKey(r formRow) bool { return r.Kind == kindMetadata && r.Key != "" }

func isExact(r formRow) bool { return r.Kind == kindMetadata && r.Match == string(dsr.Exact) }

func isConversationID(r formRow) bool { return r.Kind == kindConversationID }

func (p *pages) looksLikePhone(r formRow) bool {
	return r.Kind == kindMetadata && r.Match != string(dsr.Phone) && p.identify(r.Value).Shape == dsr.ShapePhone
}

// identify takes numbers for those of any source.
func (p *pages) identify(text string) dsr.Identifier {
	return dsr.Identify(text, dsr.RegionsOf(nil, p.opts.Regions))
}

// anyField forgets the names of fields; what is compared as usual is recognised by its shape
// then.
func anyField(v *formValues) {
	var rows []formRow
	for _, row := range v.Rows {
		usual := row.Match == string(dsr.Normalized) && !strings.ContainsAny(row.Value, "\r\n")
		if hasKey(row) && usual {
			v.addLine(row.Value)
			continue
		}
		row.Key = ""
		rows = append(rows, row)
	}
	v.Rows = rows
}

func anyCapitals(v *formValues) {
	for i := range v.Rows {
		if isExact(v.Rows[i]) {
			v.Rows[i].Match = string(dsr.Normalized)
		}
	}
}

// unrecognised are the values of such rows that no line means.
func (p *pages) unrecognised(v formValues, fits func(formRow) bool) (texts []string) {
	lines := v.lines()
	for _, row := range v.Rows {
		known := slices.ContainsFunc(lines, func(l typed) bool { return l.Text == row.Value })
		if fits(row) && !known {
			texts = append(texts, row.Value)
		}
	}
	return texts
}

func addLines(texts []string) func(*formValues) {
	return func(v *formValues) {
		for _, text := range texts {
			v.addLine(text)
		}
	}
}

// lineVariants look for parts of what was typed, or for it as a part.
func (p *pages) lineVariants(v formValues) (out []variant) {
	var names, texts []string
	for _, text := range v.texts() {
		switch id := p.identify(text); id.Shape {
		case dsr.ShapeAddress:
			names = append(names, id.Text[:strings.LastIndexByte(id.Text, '@')])
		case dsr.ShapeText:
			texts = append(texts, id.Text)
		case dsr.ShapePhone, dsr.ShapeID:
		}
	}
	if rows := v.newParts(names); len(rows) > 0 {
		out = append(out, variant{"without-domain", p.say("Search without the domain"), p.say("Finds other addresses with the same part before the @. They may be other people’s."), addRows(rows)})
	}
	if rows := v.newParts(texts); len(rows) > 0 {
		out = append(out, variant{"as-part", p.say("Search inside longer texts"), p.say("Finds the value also where it is a part of a field. That may be other people’s."), addRows(rows)})
	}
	return out
}

// texts are all values, however they are searched for.
func (v formValues) texts() (out []string) {
	for _, line := range v.lines() {
		out = append(out, line.Text)
	}
	for _, row := range v.Rows {
		if row.Kind == kindMetadata {
			out = append(out, row.Value)
		}
	}
	return out
}

// newParts are search terms for texts of which the value is a part, where there is none
// yet. Of a short one every other text holds it, so that it is compared as a whole.
func (v formValues) newParts(texts []string) (rows []formRow) {
	for _, text := range texts {
		row := formRow{Kind: kindMetadata, Value: text, Match: string(dsr.Contains)}
		if utf8.RuneCountInString(dsr.FoldText(text)) < dsr.MinContains {
			row.Match = string(dsr.Normalized)
		}
		if !slices.Contains(v.Rows, row) && !slices.Contains(rows, row) {
			rows = append(rows, row)
		}
	}
	return rows
}

func addRows(rows []formRow) func(*formValues) {
	return func(v *formValues) { v.Rows = append(v.Rows, rows...) }
}

// otherwiseView is what can be done when nothing was found, before the person is told so.
type otherwiseView struct {
	Period   string
	Phone    bool // one of the values may be a phone number without its country code
	Variants []variant
}

// otherwise is shown when a search has ended and found nothing. Variants are for those who
// may submit.
func (p *pages) otherwise(r dsr.Request, by dsr.Principal) *otherwiseView {
	if r.Result == nil || r.Answer != nil || r.Result.Conversations > 0 || r.Status != dsr.Review && r.Status != dsr.Ready {
		return nil
	}
	v := &otherwiseView{Period: p.window(r.Window, r.AsOf).Days, Phone: slices.ContainsFunc(p.formOf(r).texts(), p.mayBePhone)}
	if by.Role.May(dsr.Submit) {
		v.Variants = p.variants(p.formOf(r))
	}
	return v
}

func (p *pages) mayBePhone(text string) bool { return p.identify(text).MayBePhone() }
