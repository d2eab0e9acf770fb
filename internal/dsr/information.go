package dsr

import "slices"

// Information is what a controller says beside the data of a source (GDPR Art.
// 15(1)(a) to (h) and 15(2)), in the controller's own words. What is absent is told
// to nobody: nothing is made up in its place.
type Information struct {
	Purposes           Text
	Categories         []Text
	Recipients         []Text
	Retention          Text
	Rights             Text
	Authority          Text
	Origin             Text
	AutomatedDecisions Text
	Transfers          Text
}

// InformationItem is one of the things to say; Texts is empty when it is absent.
type InformationItem struct {
	Name    string // as in the configuration
	Article string // the paragraph that asks for it
	Texts   []Text
}

// Items are all of them, in the order of Art. 15.
func (i Information) Items() []InformationItem {
	return []InformationItem{
		{"purposes", "15(1)(a)", one(i.Purposes)},
		{"categories", "15(1)(b)", given(i.Categories)},
		{"recipients", "15(1)(c)", given(i.Recipients)},
		{"retention", "15(1)(d)", one(i.Retention)},
		{"rights", "15(1)(e)", one(i.Rights)},
		{"authority", "15(1)(f)", one(i.Authority)},
		{"origin", "15(1)(g)", one(i.Origin)},
		{"automated_decisions", "15(1)(h)", one(i.AutomatedDecisions)},
		{"transfers", "15(2)", one(i.Transfers)},
	}
}

// Missing names the items that cannot be told in that language.
func (i Information) Missing(language string) (names []string) {
	for _, item := range i.Items() {
		if len(item.Texts) == 0 || item.untranslated(language) {
			names = append(names, item.Name)
		}
	}
	return names
}

// Untranslated names the items that are there, but not in that language.
func (i Information) Untranslated(language string) (names []string) {
	for _, item := range i.Items() {
		if item.untranslated(language) {
			names = append(names, item.Name)
		}
	}
	return names
}

func (i InformationItem) untranslated(language string) bool {
	return slices.ContainsFunc(i.Texts, func(t Text) bool {
		_, in := t.In(language)
		return in != "" && in != language
	})
}

func one(t Text) []Text { return given([]Text{t}) }

func given(texts []Text) (out []Text) {
	for _, t := range texts {
		if t != (Text{}) {
			out = append(out, t)
		}
	}
	return out
}

// Text is a text in one or more languages.
type Text struct {
	Any    string // of no stated language, shown whatever the request's is
	EN, DE string
}

// In returns the text in a language, or else in the one it is given in; in is the
// language of the result, empty when that is not stated.
func (t Text) In(language string) (words, in string) {
	languages := []struct{ code, words string }{{"en", t.EN}, {"de", t.DE}}
	for _, l := range languages {
		if l.code == language && l.words != "" {
			return l.words, l.code
		}
	}
	if t.Any != "" {
		return t.Any, ""
	}
	for _, l := range languages {
		if l.words != "" {
			return l.words, l.code
		}
	}
	return "", ""
}
