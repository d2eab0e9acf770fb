package ui

import (
	"fmt"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
)

// informationView is what the controller says beside the data of a source, and what to write
// into the configuration for what is missing.
type informationView struct {
	Source string
	Items  []informationItem
	Lines  string // of the configuration, to be filled in; empty when nothing is missing
}

// informationItem is one of the things that Art. 15 GDPR asks for.
type informationItem struct {
	Name, Article string
	Texts         []spokenText
	Missing       string // in which languages it cannot be told; empty: in none
}

// spokenText is a text of the controller's in a language; "" is that of the page, or unknown.
type spokenText struct{ Lang, Text string }

func (p *pages) informationViews() (views []informationView) {
	for _, s := range p.opts.Settings.Sources {
		v := informationView{Source: s.Name, Lines: missingLines(s)}
		for _, item := range s.Information.Items() {
			v.Items = append(v.Items, p.informationItem(s.Information, item))
		}
		views = append(views, v)
	}
	return views
}

func (p *pages) informationItem(all dsr.Information, item dsr.InformationItem) informationItem {
	v := informationItem{Name: sentenceStart(p.art15(item.Name)), Article: item.Article}
	for _, t := range item.Texts {
		for _, spoken := range []spokenText{{"", t.Any}, {"en", t.EN}, {"de", t.DE}} {
			if spoken.Text != "" {
				v.Texts = append(v.Texts, spoken)
			}
		}
	}
	var languages []string
	for _, language := range dsr.Languages {
		if slices.Contains(all.Missing(language), item.Name) {
			languages = append(languages, p.languageName(language))
		}
	}
	v.Missing = p.inWords(languages)
	return v
}

// missingLines are those of dsr.yaml that would complete a source.
func missingLines(s SourceSetting) string {
	var b strings.Builder
	for _, item := range s.Information.Items() {
		var gaps []string
		for _, language := range dsr.Languages {
			if slices.Contains(s.Information.Missing(language), item.Name) {
				gaps = append(gaps, language+": …")
			}
		}
		if len(gaps) > 0 {
			fmt.Fprintf(&b, "      %s: {%s}\n", item.Name, strings.Join(gaps, ", "))
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "sources:\n  - name: " + s.Name + "\n    information:\n" + b.String()
}
