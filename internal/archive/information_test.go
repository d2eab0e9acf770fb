package archive_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
)

// informed is the sample with something to tell about both of its sources, of which
// one returned nothing.
func informed(t testing.TB) archive.Input {
	in := sample(t)
	in.Information = map[string]dsr.Information{
		"it-desk": {Purposes: dsr.Text{Any: "It desk purposes"}},
		"support-bot": {
			Purposes:   dsr.Text{EN: "To answer <b>you</b>", DE: "Um Ihnen zu antworten"},
			Categories: []dsr.Text{{Any: "Chat"}, {EN: "Address", DE: "Anschrift"}},
			Retention:  dsr.Text{EN: "Two years"},
			Origin:     dsr.Text{Any: "You\x1b[31m\nand your device"},
		},
	}
	return in
}

func TestInformationIsToldInTheRequestsLanguageOfSourcesWithDataOnly(t *testing.T) {
	t.Parallel()
	for language, want := range map[string][]string{
		"en": {"About this data", "What the data is used for", "To answer <b>you</b>", "Chat", "Address", "How long it is kept", "Two years", "You␛[31m\nand your device"},
		"de": {"Über diese Daten", "Wozu die Daten verarbeitet werden", "Um Ihnen zu antworten", "Chat", "Anschrift", "Two years"},
	} {
		in := informed(t)
		in.Request.Language = language
		_, content := unpack(t, write(t, in))
		root := tree(t, content["index.html"])
		page, readme := textOf(root), string(content["README.txt"])
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%s: the start page does not say %q", language, text)
			}
		}
		for _, text := range []string{"It desk purposes", "Who receives it", "Wer sie erhält"} {
			if strings.Contains(page, text) {
				t.Errorf("%s: the start page says %q", language, text)
			}
		}
		if !strings.Contains(readme, want[0]) {
			t.Errorf("%s: README.txt does not say where to look", language)
		}
		foreign := slices.IndexFunc(elements(root), func(n *html.Node) bool { return n.Data == "p" && attr(n, "lang") == "en" && textOf(n) == "Two years" })
		if (foreign >= 0) != (language == "de") {
			t.Errorf("%s: the language of a text that is not the page's is stated: %t", language, foreign >= 0)
		}
	}
}

func TestInformationThatIsNotGivenIsNotMadeUp(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*archive.Input){
		"none at all":        func(in *archive.Input) { in.Information = nil },
		"none of the source": func(in *archive.Input) { delete(in.Information, "support-bot") },
		"nothing was found":  func(in *archive.Input) { in.Contents = newFound() },
	} {
		in := informed(t)
		change(&in)
		_, content := unpack(t, write(t, in))
		for _, entry := range []string{"index.html", "README.txt"} {
			if strings.Contains(string(content[entry]), "About this data") {
				t.Errorf("%s: %s has the heading", name, entry)
			}
		}
	}
}

func TestInformationIsMissingWhenItCannotBeToldInTheLanguage(t *testing.T) {
	t.Parallel()
	i := informed(t).Information["support-bot"]
	rest := []string{"recipients", "rights", "authority", "automated_decisions", "transfers"}
	if got := i.Missing("en"); !slices.Equal(got, rest) {
		t.Errorf("en: got %v, want %v", got, rest)
	}
	if got := i.Missing("de"); !slices.Equal(got, slices.Insert(slices.Clone(rest), 1, "retention")) {
		t.Errorf("de: got %v", got)
	}
	if got := (dsr.Information{}).Missing("en"); len(got) != 9 {
		t.Errorf("of nothing: got %v", got)
	}
}
