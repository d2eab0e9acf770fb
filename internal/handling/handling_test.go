package handling_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/handling"
	"dsr-server/internal/http/browsertest"
)

func at(day, hour int) time.Time { return time.Date(2025, 6, day, hour, 30, 0, 0, time.UTC) }

// sample is a request with everything that the page shows.
func sample(language string) (dsr.Request, dsr.History) {
	complete := true
	gdpr, _ := dsr.RegimeOf("gdpr")
	r := dsr.Request{ID: "0198a1b2-0000-7000-8000-000000000001", Reference: "PRIV-<1042>", Status: dsr.Ready, Complete: &complete, Language: language, Regime: "gdpr", Channel: "mail",
		ReceivedAt: at(2, 9), DueAt: at(30, 9), Presentation: dsr.Presentation{Zone: "Europe/Berlin", Controller: dsr.Controller{Name: "Example <b>GmbH</b>", Contact: "privacy@example.com"}},
		Identity: &dsr.Identity{Method: "call back", CheckedOn: "2025-06-04", By: "Bea Brown"}, ExtensionReason: "many <i>conversations</i>", Notes: "sealed words",
		Pauses: []dsr.Pause{{Reason: dsr.PauseIdentity, AskedOn: "2025-06-03", AnsweredOn: "2025-06-05"}},
		Result: &dsr.Result{Conversations: 3, Messages: 57}, Answer: &dsr.Answer{Outcome: dsr.Partly, ToldOn: "2025-06-20", Note: "sealed words"}}
	clock := dsr.Clock{Regime: gdpr, Received: "2025-06-02"}
	later := clock
	later.Pauses, later.Extended = r.Pauses, 1
	h := dsr.History{
		Events: []dsr.HistoryEvent{
			{At: at(2, 23), Kind: "request.submitted", Actor: "user:ana", Name: "Ana <script>alert(1)</script>", Role: "requester", Status: dsr.Queued},
			{At: at(3, 10), Kind: "request.paused", Role: "requester", Data: map[string]string{"reason": "identity", "asked_on": "2025-06-03", "due_after": "2025-07-04T21:59:59Z"}},
			{At: at(5, 10), Kind: "request.in_review", Actor: "system", Name: "system", Role: "system", Data: map[string]string{"complete": "true"}},
			{At: at(6, 10), Kind: "request.teleported", Role: "", Data: map[string]string{"place": "elsewhere"}},
		},
		Deadlines: []dsr.DeadlineThen{
			{From: at(2, 9), DueAt: dsr.Day("2025-07-02").End(r.Presentation.Location()), Because: clock.Explain(dsr.NoWeekend, func(d dsr.Day) string { return string(d) }), Clock: clock},
			{From: at(3, 10), DueAt: dsr.Day("2025-08-04").End(r.Presentation.Location()), Because: later.Explain(dsr.NoWeekend, func(d dsr.Day) string { return string(d) }), Clock: later},
		},
	}
	return r, h
}

func rendered(t *testing.T, language string) string {
	t.Helper()
	page, err := handling.Page(sample(language))
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

func TestTheRecordSaysWhoDidWhatWhenAndWhy(t *testing.T) {
	t.Parallel()
	for language, says := range map[string][]string{
		"en": {"Record of handling", "3 June 2025, 01:30", "requester", "let the clock rest", "Asked on: <bdi>3 June 2025", "one month from the day of receipt, 2025-06-02 (Art. 12(3) GDPR)",
			"extended by 1 month; the clock rested for 2 days", "given in part", "the program", "request.teleported", "somebody who is no longer known", "Europe/Berlin", "4 July 2025, 23:59"},
		"de": {"Bearbeitungsnachweis", "3. Juni 2025, 01:30", "Sachbearbeitung", "hat die Frist ruhen lassen", "Gefragt am: <bdi>3. Juni 2025", "ein Monat ab dem Tag des Eingangs, 2. Juni 2025 (Art. 12 Abs. 3 DSGVO)",
			"verlängert um 1 Monat; die Frist ruhte 2 Tage", "zum Teil gegeben", "das Programm"},
	} {
		page := rendered(t, language)
		for _, want := range says {
			if !strings.Contains(page, want) {
				t.Errorf("%s: no %q in\n%s", language, want, page)
			}
		}
		for _, never := range []string{"<script", "<b>GmbH", "<i>conv", "sealed words", "Bea Brown", "PRIV-<1042>", "http://", "https://"} {
			if strings.Contains(page, never) {
				t.Errorf("%s: the page has %q", language, never)
			}
		}
	}
}

// TestEveryCodeHasWords: what the log and the domain can say of a request, in both languages.
func TestEveryCodeHasWords(t *testing.T) {
	t.Parallel()
	var codes []string
	for _, s := range dsr.Roles {
		codes = append(codes, string(s))
	}
	for _, o := range dsr.Outcomes {
		codes = append(codes, string(o))
	}
	for _, p := range dsr.PauseReasons {
		codes = append(codes, string(p))
	}
	for _, c := range dsr.Channels {
		codes = append(codes, string(c))
	}
	codes = append(codes, dsr.RegimeNames()...)
	for _, language := range dsr.Languages {
		for _, k := range audit.Kinds {
			noun, _, _ := strings.Cut(string(k), ".")
			if strings.Contains("request archive erasure_list link note conversations conversation", noun) && !handling.HasKind(language, string(k)) {
				t.Errorf("%s: %s has no words", language, k)
			}
		}
		for _, code := range codes {
			if !handling.HasValue(language, code) {
				t.Errorf("%s: %s has no words", language, code)
			}
		}
	}
}

// TestTheGermanReasonIsTheEnglishOne: of every regime, with what can move a deadline.
func TestTheGermanReasonIsTheEnglishOne(t *testing.T) {
	t.Parallel()
	for regime, want := range map[string]string{
		"gdpr": "ein Monat ab dem Tag des Eingangs, 1. Mai 2025 (Art. 12 Abs. 3 DSGVO); verlängert um 2 Monate; die Frist ruhte 1 Tag",
		"uk":   "ein Monat ab dem Tag des Eingangs, 1. Mai 2025 (Art. 12 und 12A UK GDPR); verlängert um 2 Monate; die Frist ruhte 1 Tag; der 2. August 2025 ist kein Werktag, daher der nächste",
		"ccpa": "45 Tage ab dem Tag des Eingangs, 1. Mai 2025 (CCPA Regulations § 7021); verlängert um 2 Tage; die Frist ruhte 1 Tag",
		"ch":   "30 Tage ab dem Tag des Eingangs, 1. Mai 2025 (Art. 18 der Schweizer Datenschutzverordnung); verlängert um 2 Monate; die Frist ruhte 1 Tag",
	} {
		law, _ := dsr.RegimeOf(regime)
		clock := dsr.Clock{Regime: law, Received: "2025-05-01", Extended: 2, Pauses: []dsr.Pause{{AskedOn: "2025-05-02", AnsweredOn: "2025-05-03"}}}
		then := dsr.DeadlineThen{DueAt: clock.Due(dsr.NoWeekend).End(time.UTC), Clock: clock}
		page, err := handling.Page(dsr.Request{Language: "de"}, dsr.History{Deadlines: []dsr.DeadlineThen{then}})
		if err != nil || !strings.Contains(string(page), want+"<") {
			t.Errorf("%s: no %q in\n%s\n%v", regime, want, page, err)
		}
	}
}

// TestTheRecordIsAccessible, wide and narrow. Run it with DSR_SCREENSHOTS=dir to see it.
func TestTheRecordIsAccessible(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	pages := map[string]string{"/en": rendered(t, "en"), "/de": rendered(t, "de")}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(pages[r.URL.Path]))
	}))
	t.Cleanup(site.Close)
	tab := browser.Open(t, site.URL, browsertest.Options{})
	for _, width := range []int64{1280, 320} {
		tab.Resize(width)
		for _, scheme := range []string{"light", "dark"} {
			tab.Colours(scheme)
			for path := range pages {
				tab.Go(path)
				tab.Accessible(path + " " + scheme + " " + strconv.FormatInt(width, 10))
				if dir := os.Getenv("DSR_SCREENSHOTS"); dir != "" {
					tab.Screenshot(filepath.Join(dir, "record-"+path[1:]+"-"+strconv.FormatInt(width, 10)+"-"+scheme+".png"))
				}
			}
		}
	}
}
