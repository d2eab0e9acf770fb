package archive_test

import (
	"strings"
	"testing"
)

func TestStatementSaysWhatWasSearchedAndShowsNoConversation(t *testing.T) {
	t.Parallel()
	for language, says := range map[string][]string{
		"en": {"Search statement", "The search is complete", "30 June 2025", "41,873 records (technical details", "The archive is signed."},
		"de": {"Nachweis der Suche", "Die Suche ist vollständig", "30. Juni 2025", "41.873 Datensätze (technische Einzelheiten", "Das Archiv ist signiert."},
	} {
		in := sample(t)
		in.Request.Language = language
		_, content := unpack(t, write(t, in))
		statement := string(content["statement.html"])
		page := textOf(tree(t, content["statement.html"]))
		for _, want := range append(says, in.Request.Reference, in.Request.ID) {
			if !strings.Contains(page, want) {
				t.Errorf("%s: no %q in\n%s", language, want, page)
			}
		}
		for _, n := range elements(tree(t, content["index.html"])) {
			if n.Data == "a" && strings.HasPrefix(attr(n, "href"), "conversations/") && strings.Contains(statement, attr(n, "href")) {
				t.Errorf("%s: the statement leads to %s", language, attr(n, "href"))
			}
		}
		if strings.Contains(page, "My camera") || strings.Contains(statement, "<script") {
			t.Errorf("%s: the statement shows what was said:\n%s", language, page)
		}
		if !strings.Contains(string(content["index.html"]), `href="statement.html"`) || !strings.Contains(string(content["README.txt"]), "statement.html") {
			t.Errorf("%s: nothing leads to the statement", language)
		}
	}
}

func TestStatementOfAnIncompleteSearchSaysSoWithItsReasons(t *testing.T) {
	t.Parallel()
	in := sample(t)
	in.Coverage = incomplete(in.Coverage, "it-desk")
	_, content := unpack(t, write(t, in))
	page := textOf(tree(t, content["statement.html"]))
	for _, want := range []string{"Incomplete: not everything could be searched", "Not searched completely"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
}
