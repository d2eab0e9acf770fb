package letter_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/letter"
)

const today = dsr.Day("2025-06-30")

func request(language string) dsr.Request {
	complete := true
	return dsr.Request{
		ID: "0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c", Reference: "PRIV <1042> & {{.Due}}", Language: language, Regime: "gdpr", Complete: &complete,
		ReceivedAt: time.Date(2025, 6, 2, 9, 0, 0, 0, time.UTC), DueAt: time.Date(2025, 9, 2, 23, 59, 59, 0, time.UTC), ExtendedSoFar: 2, ExtensionReason: "many pages",
		Pauses:  []dsr.Pause{{Reason: dsr.PauseIdentity, AskedOn: "2025-06-05"}},
		Sources: []string{"bot", "desk"}, Result: &dsr.Result{Conversations: 3, Messages: 57},
		Presentation: dsr.Presentation{Controller: dsr.Controller{Name: "Beispiel GmbH", Contact: "datenschutz@example.com"}},
	}
}

func load(t *testing.T, files map[string]string) (*letter.Set, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return letter.Load(dir)
}

func write(t *testing.T, s *letter.Set, kind string, r dsr.Request) string {
	t.Helper()
	text, err := s.Write(kind, r, dsr.Deadlines{}, today)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var unsaid = regexp.MustCompile(`\{\{|<no value>| ,|  |\n\n\n| \.`)

func TestEveryLetterIsThereInEveryLanguageAndReadsWell(t *testing.T) {
	t.Parallel()
	s, err := letter.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range letter.Kinds {
		for language, says := range map[string][]string{
			"en": {"Dear Sir or Madam,", "2 June 2025", "Yours faithfully\nBeispiel GmbH\ndatenschutz@example.com\n"},
			"de": {"Sehr geehrte Damen und Herren,", "2. Juni 2025", "Mit freundlichen Grüßen\nBeispiel GmbH\ndatenschutz@example.com\n"},
		} {
			full := request(language)
			got := write(t, s, kind, full)
			for _, want := range append(says, full.Reference) {
				if !strings.Contains(got, want) {
					t.Errorf("%s, %s: no %q in\n%s", kind, language, want, got)
				}
			}
			full.Reference = ""
			bare := dsr.Request{ID: full.ID, Language: language, ReceivedAt: full.ReceivedAt, DueAt: full.DueAt, Sources: []string{"bot"}}
			for _, r := range []dsr.Request{full, bare} {
				if got := write(t, s, kind, r); unsaid.MatchString(got) || !strings.Contains(got, full.ID) {
					t.Errorf("%s, %s: %q in\n%s", kind, language, unsaid.FindString(got), got)
				}
			}
		}
	}
}

func TestLettersSayWhatIsStored(t *testing.T) {
	t.Parallel()
	s, err := letter.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]string{
		"receipt": "spätestens am 2. September 2025", "extension": "spätestens am 2. September 2025.\n\nDer Grund dafür: many pages\n",
		"clarification": "Unsere Frist ruht vom 5. Juni 2025 an", "answer": "Unterhaltungen: 3, Nachrichten: 57", "nothing": "Durchsucht haben wir bot, desk.",
		"partly": "[was fehlt, und warum]", "refusal": "Sie können sich bei einer Aufsichtsbehörde beschweren und die Gerichte anrufen.",
	} {
		if got := write(t, s, kind, request("de")); !strings.Contains(got, want) {
			t.Errorf("%s: no %q in\n%s", kind, want, got)
		}
	}
	ccpa := request("en")
	ccpa.Regime = "ccpa"
	if got := write(t, s, "refusal", ccpa); strings.Contains(got, "supervisory") {
		t.Errorf("there is no such authority:\n%s", got)
	}
}

func TestOperatorsTemplateTakesThePlaceOfOurs(t *testing.T) {
	t.Parallel()
	s, err := load(t, map[string]string{
		"receipt.en.txt": "\uFEFF{{.Reference}} is due {{.Due}}{{template \"end\" .}}", "shared.en.txt": `{{define "end"}}, says {{.Controller}}{{end}}{{define "rights"}}{{end}}{{define "searched"}}{{end}}`, "notes.md": "{{",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := write(t, s, "receipt", request("en")); got != "PRIV <1042> & {{.Due}} is due 2 September 2025, says Beispiel GmbH\n" {
		t.Errorf("got %q", got)
	}
	if got := write(t, s, "receipt", request("de")); !strings.HasPrefix(got, "Betreff: ") {
		t.Errorf("the other language: %q", got)
	}
}

func TestFaultsInTemplatesAreFoundAtOnce(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{{.Nobody}}": "Nobody", "{{if .Due}": "bad character", "{{range .Due}}x{{end}}": "range can't iterate", " \n": "is empty", "\xff": "is not UTF-8",
		"{{if .Extended}}{{.Reason}}{{end}}": "Reason", `{{if eq .PauseReason "fee"}}{{.Amount}}{{end}}`: "Amount", "{{template \"nothing\"}}": "nothing",
		strings.Repeat("x", 65<<10): "at most 65536 bytes", `{{define "x"}}{{template "x"}}{{end}}{{template "x"}}`: "exceeded maximum template depth",
	} {
		_, err := load(t, map[string]string{"answer.de.txt": text})
		if err == nil || !strings.Contains(err.Error(), "letters_dir: answer.de.txt: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want one that says %q", text, err, want)
		}
	}
	_, err := load(t, map[string]string{"answer.en.txt": "{{.A}}", "nothing.en.txt": "{{.B}}", "recieved.en.txt": "x", "shared.de.txt": "{{"})
	for _, want := range []string{"answer.en.txt: ", "nothing.en.txt: ", `"recieved.en.txt" is no letter`, "shared.de.txt: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	if _, err := letter.Load(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "is not a folder") {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestUnknownLetterNamesThoseThereAre(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"", "farewell", "shared"} {
		e, ok := errors.AsType[*dsr.Error](letter.Known(kind))
		if !ok || e.Field != "kind" || !strings.Contains(e.Detail, "receipt, clarification, extension, answer, nothing, partly, refusal") {
			t.Errorf("%q: got %v", kind, e)
		}
	}
}
