package ui

import (
	"time"

	"dsr-server/internal/dsr"
)

// findingView is a finding of a source's self-test in the language of whoever made it.
type findingView struct {
	OK           bool
	Text, Advice string
	Lang         string // where that is another one; empty: the page's
}

// findingViews puts findings into words. What a file system or a vendor said stays as it was.
func (p *pages) findingViews(found []dsr.Finding) (out []findingView) {
	for _, f := range found {
		v := findingView{OK: f.OK, Text: f.Text, Advice: f.Advice}
		if f.Said.Text == "" {
			v.Lang = "en"
		} else {
			v.Text = p.saying(f.Said)
		}
		if f.Advised.Text != "" {
			v.Advice = p.saying(f.Advised)
		}
		v.Text, v.Advice = sentence(v.Text), sentence(v.Advice)
		out = append(out, v)
	}
	return out
}

func (l tongue) saying(s dsr.Saying) string { return l.say(text(s.Text), s.Args...) }

// assumption says what the completeness of a search rests on.
func (p *pages) assumption(a dsr.Assumption) string {
	words := dsr.AssumptionWords
	if p.tag == "de" {
		words = dsr.AssumptionWordsGerman
	}
	return a.Said(words, func(t time.Time) string { return p.precise(t).Text })
}
