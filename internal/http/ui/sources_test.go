package ui_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"dsr-server/internal/app/apptest"
)

func TestSourcesSayHowTheyAre(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *apptest.Setup) {
		o.Source = `, title: {en: "Help desk", de: "Störungsstelle"}, exported_at: "2025-06-20", information: {purposes: {en: "To help"}, retention: "a year"}`
	})
	s.signIn("requester")
	got := s.get("/sources").want(http.StatusOK)
	got.says("Help desk it-desk", "Not read yet", "Folder of exported files", "File of 20 June 2025.", "Art. 15 texts, English2 of 9", "Art. 15 texts, German1 of 9", "purposes of the processing", "support-bot")
	got.saysNot("Check now")
	s.post("/sources/it-desk/check", nil).want(http.StatusForbidden)
	if german := s.send("GET", "/sources", nil, "Accept-Language", "de"); words(german.byID("it-desk-title")) != "Störungsstelle it-desk" {
		t.Errorf("in German the title is %q", words(german.byID("it-desk-title")))
	}
}

func TestAnAdminChecksASource(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("admin")
	s.post("/sources/it-desk/check", nil).goes("/sources#it-desk")
	s.get("/sources").says("it-desk was checked: something needs your attention.", "not good: Files in the folder: 0 of conversations")
	for name, record := range map[string]string{
		"conversations.ndjson": `{"_id":"c1","startTime":1735689600,"lastActionAt":1735689700,"metadata":{"email":"ana@example.com"}}`,
		"messages.ndjson":      `{"_id":"m1","conversationId":"c1","time":1735689600,"type":"UserInput","userInput":"hello"}`,
	} {
		if err := os.WriteFile(filepath.Join(s.Dir, "exports", name), []byte(record+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.post("/sources/it-desk/check", nil).goes("/sources#it-desk")
	s.get("/sources").says("it-desk was checked: it answers as it should.", "good: Files in the folder: 1 of conversations")
	s.send("POST", "/sources/it-desk/check", nil, "Accept-Language", "de").want(http.StatusSeeOther)
	s.send("GET", "/sources", nil, "Accept-Language", "de").says("in Ordnung: Dateien im Ordner: 1 mit Unterhaltungen, 1 mit Nachrichten")
	s.post("/sources/nothing/check", nil).want(http.StatusNotFound)
}
