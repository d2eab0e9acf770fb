package config

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"dsr-server/internal/dsr"
)

// Information is what archives tell beside the data of a source (Art. 15(1)(a)
// to (h), 15(2) GDPR). All of it is optional; what is missing is warned about.
type Information struct {
	Purposes           Words   `yaml:"purposes"`
	Categories         []Words `yaml:"categories"`
	Recipients         []Words `yaml:"recipients"`
	Retention          Words   `yaml:"retention"`
	Rights             Words   `yaml:"rights"`
	Authority          Words   `yaml:"authority"`
	Origin             Words   `yaml:"origin"`
	AutomatedDecisions Words   `yaml:"automated_decisions"`
	Transfers          Words   `yaml:"transfers"`
}

// Words are a text as a single value, or one for each language.
type Words struct {
	Any string // the single value; has no key
	EN  string `yaml:"en"`
	DE  string `yaml:"de"`
}

// Bounds of the texts, so that a start page stays one that can be read.
const (
	maxWords   = 5000 // characters of one text
	maxEntries = 50   // texts of one list
	maxLine    = 200  // characters of a name or title
)

// Domain is the information as archives tell it.
func (c Information) Domain() dsr.Information {
	return dsr.Information{
		Purposes: dsr.Text(c.Purposes), Categories: texts(c.Categories), Recipients: texts(c.Recipients),
		Retention: dsr.Text(c.Retention), Rights: dsr.Text(c.Rights), Authority: dsr.Text(c.Authority), Origin: dsr.Text(c.Origin),
		AutomatedDecisions: dsr.Text(c.AutomatedDecisions), Transfers: dsr.Text(c.Transfers),
	}
}

func texts(words []Words) (out []dsr.Text) {
	for _, w := range words {
		out = append(out, dsr.Text(w))
	}
	return out
}

func (s *Source) checkInformation(path string, r *report) {
	path += ".information"
	for key, list := range map[string][]Words{".categories": s.Information.Categories, ".recipients": s.Information.Recipients} {
		if len(list) > maxEntries {
			r.fault(path+key, "must not have more than %d entries", maxEntries)
		}
	}
	walk(reflect.ValueOf(s.Information), path, true, func(path string, v reflect.Value) { checkWords(path, v.String(), r) })
}

// checkLine checks a text that is shown on one line of each page.
func checkLine(path, text string, r *report) {
	switch {
	case !r.given(path):
	case strings.TrimSpace(text) == "":
		r.fault(path, "is blank; give a text or remove the key")
	case utf8.RuneCountInString(text) > maxLine:
		r.fault(path, "must not be longer than %d characters", maxLine)
	case strings.ContainsFunc(text, unicode.IsControl):
		r.fault(path, "has line breaks or other control characters; remove them")
	}
}

func (c *Config) checkPresentation(r *report) {
	checkLine("controller.name", c.Controller.Name, r)
	checkLine("controller.contact", c.Controller.Contact, r)
	for i, s := range c.Sources {
		walk(reflect.ValueOf(s.Title), sourcePath(i)+".title", true, func(path string, v reflect.Value) { checkLine(path, v.String(), r) })
	}
}

func checkWords(path, text string, r *report) {
	switch {
	case !r.given(path):
	case strings.TrimSpace(text) == "":
		r.fault(path, "is blank; give a text or remove the key")
	case utf8.RuneCountInString(text) > maxWords:
		r.fault(path, "must not be longer than %d characters", maxWords)
	case strings.ContainsFunc(text, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }):
		r.fault(path, "has control characters; remove them")
	}
}

// MissingInformation warns of what archives will not tell about a source.
func (c *Config) MissingInformation() (warnings []Warning) {
	for i, s := range c.Sources {
		warn := func(format string, args ...any) {
			warnings = append(warnings, Warning{Path: sourcePath(i) + ".information", Text: fmt.Sprintf(format, args...)})
		}
		told := s.Information.Domain()
		var absent []string
		for _, item := range told.Items() {
			if len(item.Texts) == 0 {
				absent = append(absent, fmt.Sprintf("%s (Art. %s GDPR)", item.Name, item.Article))
			}
		}
		if len(absent) > 0 {
			warn("archives do not tell about the data of %s: %s", s.Name, strings.Join(absent, ", "))
		}
		for _, language := range dsr.Languages {
			if missing := told.Untranslated(language); len(missing) > 0 {
				warn("archives in the language %s tell about the data of %s in another: %s", language, s.Name, strings.Join(missing, ", "))
			}
		}
	}
	return warnings
}
