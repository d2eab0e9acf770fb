package ui

import (
	"net/http"
	"slices"

	"dsr-server/internal/dsr"
)

// letterKinds are the letters there are, in the order of a request's life.
var letterKinds = []string{"receipt", "clarification", "extension", "answer", "nothing", "partly", "refusal"}

// letterPage is a letter to copy: the service itself sends nothing.
type letterPage struct {
	aboutRequest
	Kind, Language choices
	Text           string
}

func (letterPage) template() string { return "letter" }

func (p *pages) letterShow(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	req, err := p.requestOf(r, by)
	if err != nil {
		return err
	}
	kind, language := r.URL.Query().Get("kind"), r.URL.Query().Get("language")
	if !slices.Contains(letterKinds, kind) {
		kind = usualLetter(req)
	}
	if !slices.Contains(dsr.Languages, language) {
		language = req.Language
	}
	text, err := p.svc.LetterIn(r.Context(), by, req.ID, kind, language)
	if err != nil {
		return err
	}
	return p.render(w, http.StatusOK, letterPage{aboutRequest: p.about(r, req, p.say("Letter")), Kind: p.letterChoices(kind),
		Language: p.languageChoices(language), Text: string(text)})
}

// usualLetter is the letter that goes with how a request stands.
func usualLetter(r dsr.Request) string {
	switch {
	case rests(r):
		return "clarification"
	case r.Answer != nil && r.Answer.Outcome == dsr.Refused, r.Status == dsr.Rejected:
		return "refusal"
	case r.Result == nil:
		return "receipt"
	case r.Result.Conversations == 0:
		return "nothing"
	case r.Withheld != (dsr.WithheldCount{}):
		return "partly"
	}
	return "answer"
}

func (p *pages) letterChoices(kind string) choices {
	c := choices{field: field{ID: "kind", Label: p.say("Letter")}}
	for _, k := range letterKinds {
		c.Options = append(c.Options, option{Value: k, Label: p.letterName(k), Chosen: k == kind})
	}
	return c
}

func (p *pages) letterName(kind string) string {
	switch kind {
	case "receipt":
		return p.say("The request has arrived")
	case "clarification":
		return p.say("A question to the person")
	case "extension":
		return p.say("It takes longer")
	case "answer":
		return p.say("The answer, with the archive")
	case "nothing":
		return p.say("Nothing is held")
	case "partly":
		return p.say("The answer, with parts withheld")
	case "refusal":
		return p.say("The request is refused")
	}
	return kind
}

func (p *pages) languageChoices(language string) choices {
	c := choices{field: field{ID: "language", Label: p.say("Language of the letter")}}
	for _, l := range dsr.Languages {
		c.Options = append(c.Options, option{Value: l, Label: p.languageName(l), Chosen: l == language})
	}
	return c
}
