package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
)

// withInformation is a source that tells something.
func withInformation(yaml string) string {
	return converse + "  earliest: 2023-01-01\n  information:\n" + yaml
}

func TestInformationIsOneTextOrOneForEachLanguage(t *testing.T) {
	t.Parallel()
	c, warnings := mustLoad(t, withInformation(`
    purposes: {en: "To answer", de: "Um zu antworten"}
    categories: [Chat, {en: Address, de: Anschrift}]
    retention: |
      Two years.

      Then it is deleted.
    transfers: 2
`))
	want := dsr.Information{
		Purposes:   dsr.Text{EN: "To answer", DE: "Um zu antworten"},
		Categories: []dsr.Text{{Any: "Chat"}, {EN: "Address", DE: "Anschrift"}},
		Retention:  dsr.Text{Any: "Two years.\n\nThen it is deleted."}, Transfers: dsr.Text{Any: "2"},
	}
	if diff := cmp.Diff(want, c.Sources[0].Information.Domain()); diff != "" || len(warnings) > 0 {
		t.Errorf("warnings %v, -want +got\n%s", warnings, diff)
	}
	text := c.Print()
	for _, line := range []string{"information.purposes.en: To answer\n", "information.categories[0]: Chat\n", "information.categories[1].de: Anschrift\n"} {
		if !strings.Contains(text, line) {
			t.Errorf("there is no %q in\n%s", line, text)
		}
	}
}

func TestInformationIsChecked(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", maxWords+1)
	for yaml, want := range map[string]string{
		"    purpose: x":                 `sources[0].information.purpose: unknown key; the nearest valid name is "purposes"`,
		"    purposes: {eng: x}":         `sources[0].information.purposes.eng: unknown key; the nearest valid name is "en"`,
		"    purposes: [x]":              "sources[0].information.purposes: takes a text, or one for each language (en, de), not a list",
		"    categories: x":              "sources[0].information.categories: takes a list, not a single value",
		"    categories: {en: x}":        "sources[0].information.categories: takes a list, not keys",
		"    categories: [x, {en: ' '}]": "sources[0].information.categories[1].en: is blank",
		"    rights: '  '":               "sources[0].information.rights: is blank",
		"    rights: ''":                 "sources[0].information.rights: is empty",
		"    rights: \"a\\u001bb\"":      "sources[0].information.rights: has control characters",
		"    origin: " + long:            "sources[0].information.origin: must not be longer than 5000 characters",
		"    origin: {de: " + long + "}": "sources[0].information.origin.de: must not be longer than 5000 characters",
		"    recipients: [" + strings.Repeat("x, ", maxEntries) + "y]": "sources[0].information.recipients: must not have more than 50 entries",
	} {
		if _, _, err := load(t, withInformation(yaml)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "éé") {
			t.Errorf("%.40s: got %v, want %q", yaml, err, want)
		}
	}
}

func TestCheckWarnsOfWhatArchivesDoNotTell(t *testing.T) {
	t.Parallel()
	const all = `
    purposes: a
    categories: [a]
    recipients: [a]
    retention: a
    rights: a
    authority: {en: a, de: a}
    origin: a
    automated_decisions: a
`
	for yaml, want := range map[string][]string{
		all + "    transfers: a":       nil,
		all:                            {"archives do not tell about the data of bot: transfers (Art. 15(2) GDPR)"},
		all + "    transfers: {en: a}": {"archives in the language de tell about the data of bot in another: transfers"},
		all + "    transfers: {}":      {"archives do not tell about the data of bot: transfers (Art. 15(2) GDPR)"},
	} {
		c, _ := mustLoad(t, withInformation(yaml))
		var got []string
		for _, w := range c.MissingInformation() {
			got = append(got, w.Text)
			if w.Path != "sources[0].information" {
				t.Errorf("got the path %s", w.Path)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q -want +got\n%s", strings.TrimPrefix(yaml, all), diff)
		}
	}
	c, _ := mustLoad(t, converse+"  earliest: 2023-01-01\n")
	if w := c.MissingInformation(); len(w) != 1 || strings.Count(w[0].Text, "Art. 15") != 9 {
		t.Errorf("of a source that says nothing: got %v", w)
	}
}

func TestPresentationNamesControllerAndSources(t *testing.T) {
	t.Parallel()
	c, _ := mustLoad(t, "timezone: Europe/Berlin\ncontroller: {name: Example GmbH, contact: privacy@controller.example}\n"+converse+"  earliest: 2023-01-01\n  title: {en: Help chat, de: Hilfe-Chat}\n")
	want := dsr.Presentation{Zone: "Europe/Berlin", Controller: dsr.Controller{Name: "Example GmbH", Contact: "privacy@controller.example"},
		Titles: map[string]dsr.Text{c.Sources[0].Name: {EN: "Help chat", DE: "Hilfe-Chat"}}}
	if diff := cmp.Diff(want, c.Presentation()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestPresentationStandsOnOneLine(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		"controller: {name: ' '}\n" + converse + "  earliest: 2023-01-01\n":                          "controller.name: is blank",
		"controller: {contact: \"a\\nb\"}\n" + converse + "  earliest: 2023-01-01\n":                 "controller.contact: has line breaks",
		"controller: {names: x}\n" + converse + "  earliest: 2023-01-01\n":                           `controller.names: unknown key; the nearest valid name is "name"`,
		converse + "  earliest: 2023-01-01\n  title: {de: " + strings.Repeat("é", maxLine+1) + "}\n": "sources[0].title.de: must not be longer than 200 characters",
		converse + "  earliest: 2023-01-01\n  title: {fr: x}\n":                                      "sources[0].title.fr: unknown key",
	} {
		if _, _, err := load(t, yaml); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
