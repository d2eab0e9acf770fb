package ui

import (
	"net/http"
	"strings"

	"dsr-server/api"
)

// docsPage is the description of the REST API for people: it loads nothing from
// elsewhere and needs no script.
type docsPage struct {
	chrome
	Calls []callView
}

func (docsPage) template() string { return "docs" }

type callView struct {
	ID, Method, Path, Summary string
	Text                      []textPart
	Answers                   []answerView
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
	calls, err := api.Operations()
	if err != nil {
		return err
	}
	data := docsPage{chrome: p.bare("REST API")}
	data.Address = "/docs"
	for _, o := range calls {
		v := callView{ID: strings.ToLower(o.Method) + strings.NewReplacer("/", "-", "{", "", "}", "").Replace(o.Path),
			Method: o.Method, Path: o.Path, Summary: o.Summary, Text: textParts(o.Description)}
		for _, a := range o.Answers {
			v.Answers = append(v.Answers, answerView{a.Status, textParts(a.Description)})
		}
		data.Calls = append(data.Calls, v)
	}
	return p.render(w, http.StatusOK, data)
}
