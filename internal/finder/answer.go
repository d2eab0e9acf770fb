package finder

import "regexp"

var (
	// asksForSecret is a question, or a request to type one.
	asksForSecret = words(`(?:` + passwords + `|` + pins + `)\b[^\n]*(?:[?:]|\b(?:ein|an|mit|now|please|bitte)\b[.!]?) *$|` +
		`(?:enter|type|provide|send|give|tell|geben|nennen|introduzca|indique|saisissez|entrez|inserisci|voer|podaj)[^\n]*\b(?:` + passwords + `|` + pins + `)\b[^\n]*$`)
	// told is a text that is nothing but what was asked for.
	told = regexp.MustCompile(`^[ \n]*([^\s\x01]{4,64})[ \n]*$`)
)

// answers looks whether the text before asks for a secret and this one is nothing else.
func answers(v *view, found func(from, to int)) {
	at := told.FindSubmatchIndex(v.text)
	if at == nil || !asksForSecret.Match(v.asked) {
		return
	}
	value := string(v.text[at[2]:at[3]])
	if isCode(value) {
		found(at[2], at[3])
	}
}
