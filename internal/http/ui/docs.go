package ui

import (
	"net/http"
	"strings"

	"dsr-server/api"
)

// docsPage is the description of the REST API for people, each call folded: it loads nothing
// from elsewhere and needs no script.
type docsPage struct {
	chrome
	Groups []callGroup
}

func (docsPage) template() string { return "docs" }

// callGroup is the calls of one tag.
type callGroup struct {
	Tag, Title string
	Calls      []callView
}

type callView struct {
	ID, Method, Path, Summary string
	Text                      []textPart
	Parameters                []parameterView
	Example                   string // of the body
	Answers                   []answerView
}

type parameterView struct {
	Name, Where string
	Text        []textPart
}

type answerView struct {
	Status string
	Text   []textPart
}

// textPart is a part of a description; text between backticks is code.
type textPart struct {
	Text string
	Code bool
}

func textParts(s string) (parts []textPart) {
	for i, text := range strings.Split(s, "`") {
		if text != "" {
			parts = append(parts, textPart{text, i%2 == 1})
		}
	}
	return parts
}

func (p *pages) docs(w http.ResponseWriter, _ *http.Request) error {
	tags, calls, err := api.Operations()
	if err != nil {
		return err
	}
	data := docsPage{chrome: p.bare("REST API")}
	data.Address = "/docs"
	for _, tag := range tags {
		g := callGroup{Tag: tag.Name, Title: strings.TrimSuffix(tag.Description, ".")}
		for _, o := range calls {
			if o.Tag == tag.Name {
				g.Calls = append(g.Calls, callOf(o))
			}
		}
		data.Groups = append(data.Groups, g)
	}
	return p.render(w, http.StatusOK, data)
}

func callOf(o api.Operation) callView {
	v := callView{ID: strings.ToLower(o.Method) + strings.NewReplacer("/", "-", "{", "", "}", "").Replace(o.Path),
		Method: o.Method, Path: o.Path, Summary: o.Summary, Text: textParts(o.Description), Example: o.Example}
	for _, q := range o.Parameters {
		v.Parameters = append(v.Parameters, parameterView{q.Name, q.Where(), textParts(q.Description)})
	}
	for _, a := range o.Answers {
		v.Answers = append(v.Answers, answerView{a.Status, textParts(a.Description)})
	}
	return v
}
