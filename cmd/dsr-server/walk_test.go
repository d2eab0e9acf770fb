package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/fake/vendor"
)

// TestEveryOutcomeIsReachedStepByStep takes a request to each outcome over REST, with what
// staff do on the way, and looks into the archive wherever there is one.
func TestEveryOutcomeIsReachedStepByStep(t *testing.T) {
	t.Parallel()
	h := open(t, vendor.Sample(), setup{top: "release: {review: required}", options: vendor.Options{RateWindow: vendor.Off}})
	for outcome, through := range map[string]func(*walk){
		"given": (*walk).given, "partly": (*walk).partly, "refused": (*walk).refused,
		"not_held": (*walk).notHeld, "withdrawn": (*walk).withdrawn, "duplicate": (*walk).duplicate,
	} {
		t.Run(outcome, func(t *testing.T) {
			mine := *h
			mine.t = t
			w := &walk{t: t, h: &mine, reference: "WALK-" + outcome}
			through(w)
			w.ended(outcome)
		})
	}
}

// walk is a request on its way, and what its history must tell of it.
type walk struct {
	t         *testing.T
	h         *harness
	reference string
	id        string
	kinds     []string // of the events so far, in order
	secrets   []string // texts that staff have written
}

// day is so many days before today.
func day(ago int) string { return time.Now().UTC().AddDate(0, 0, -ago).Format(time.DateOnly) }

// submit asks for somebody ten days after they have asked, and waits for the result.
func (w *walk) submit(value string) {
	w.t.Helper()
	w.id = w.h.submit(fmt.Sprintf(`{"reference":%q,"received_at":%q,"selectors":[{"metadata":{"key":"*","value":%q}}]}`, w.reference, day(10), value))
	w.kinds = append(w.kinds, "request.submitted", "request.in_review")
	w.h.until(w.id, "review")
}

// act makes a call that changes the request; its event and the text in it are remembered.
func (w *walk) act(method, action, kind, body string) map[string]any {
	w.t.Helper()
	a := w.h.call(method, "/api/v1/requests/"+w.id+action, body)
	if a.status != http.StatusOK && a.status != http.StatusCreated {
		w.t.Fatalf("%s %s: %d %s", method, action, a.status, a.raw)
	}
	w.kinds = append(w.kinds, kind)
	for _, field := range []string{"note", "reason", "text", "comment"} {
		var sent map[string]any
		if json.Unmarshal([]byte(body), &sent) == nil {
			if text, said := sent[field].(string); said && strings.Contains(text, " ") {
				w.secrets = append(w.secrets, text)
			}
		}
	}
	return a.json
}

// refusedCall is one that must be answered with a problem, and changes nothing.
func (w *walk) refusedCall(action, body, code string) {
	w.t.Helper()
	if a := w.h.call(http.MethodPost, "/api/v1/requests/"+w.id+action, body); a.json["code"] != code {
		w.t.Fatalf("%s %s: %d %s, want %s", action, body, a.status, a.raw, code)
	}
}

func (w *walk) approve() {
	w.t.Helper()
	w.h.wantAnswer(w.h.as("approver", http.MethodPost, w.id+"/approve"), http.StatusOK, "ready")
	w.kinds = append(w.kinds, "request.approved")
}

// look opens the archive as it is now: manifest, statement and records agree with the request.
func (w *walk) look() bundle {
	w.t.Helper()
	r := w.h.do(http.MethodGet, "/api/v1/requests/"+w.id, "", http.StatusOK).json
	b := w.h.download(w.id)
	var m struct {
		Request struct{ ID, Reference string }
		Counts  struct{ Conversations, Messages int }
	}
	if err := json.Unmarshal(b.entries["manifest.json"], &m); err != nil {
		w.t.Fatal(err)
	}
	result := r["result"].(map[string]any)
	got := []any{m.Request.ID, m.Request.Reference, m.Counts.Conversations, m.Counts.Messages, len(b.lines(w.t, "data/bot/conversations.ndjson"))}
	want := []any{w.id, w.reference, int(result["conversations"].(float64)), int(result["messages"].(float64)), m.Counts.Conversations}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("the request (-) and its archive (+):\n%s", diff)
	}
	statement := string(b.entries["statement.html"])
	if !strings.Contains(statement, w.reference) || !strings.Contains(statement, w.id) || strings.Contains(statement, "<script") {
		w.t.Errorf("statement.html is not of this request:\n%.600s", statement)
	}
	for _, text := range w.secrets {
		if strings.Contains(string(b.raw), text) || strings.Contains(statement, text) {
			w.t.Errorf("the archive holds what staff wrote: %q", text)
		}
	}
	return b
}

func (w *walk) due() time.Time {
	w.t.Helper()
	text := w.h.do(http.MethodGet, "/api/v1/requests/"+w.id, "", http.StatusOK).json["due_at"].(string)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		w.t.Fatal(err)
	}
	return at
}

// given: paused and extended, noted and amended, answered, reopened and answered again.
func (w *walk) given() {
	w.submit(vendor.SampleEmail)
	if n := len(w.look().lines(w.t, "data/bot/messages.ndjson")); n == 0 {
		w.t.Error("nothing was found")
	}
	w.refusedCall("/answered", `{"outcome":"given"}`, "wrong_status")
	before := w.due()
	w.act(http.MethodPost, "/pause", "request.paused", fmt.Sprintf(`{"reason":"identity","asked_on":%q}`, day(5)))
	w.act(http.MethodPost, "/resume", "request.resumed", fmt.Sprintf(`{"answered_on":%q}`, day(3)))
	if rested := w.due().Sub(before); rested != 48*time.Hour {
		w.t.Errorf("a pause of two days moves the deadline by %s", rested)
	}
	before = w.due()
	w.act(http.MethodPost, "/extend", "request.extended", `{"months":1,"reason":"there are many conversations"}`)
	w.refusedCall("/extend", `{"months":2,"reason":"even more"}`, "already_extended")
	if !w.due().After(before.AddDate(0, 0, 27)) {
		w.t.Errorf("a month more moves the deadline from %s to %s", before, w.due())
	}
	w.act(http.MethodPost, "/notes", "note.added", `{"text":"she called twice"}`)
	w.approve()
	first := w.look()
	w.act(http.MethodPatch, "", "request.amended", `{"channel":"phone","labels":{"brand":"north"},"identity":{"method":"call_back","by":"ci"}}`)
	w.act(http.MethodPost, "/answered", "request.answered", fmt.Sprintf(`{"outcome":"given","told_on":%q,"note":"sent by post"}`, day(1)))
	w.refusedCall("/extend", `{"months":1,"reason":"too late"}`, "already_answered")
	w.act(http.MethodPost, "/reopen", "request.reopened", `{"reason":"it came back"}`)
	if again := w.look(); !slices.Equal(first.raw, again.raw) {
		w.t.Error("the archive has changed though nothing in it has")
	}
	w.act(http.MethodPost, "/answered", "request.answered", `{"note":"by hand"}`) // the outcome follows from the result
}

// partly: asked for the wrong person first, and then for the right one.
func (w *walk) partly() {
	w.submit("nobody@nowhere.example")
	if n := len(w.look().lines(w.t, "data/bot/conversations.ndjson")); n != 0 {
		w.t.Errorf("%d conversations of nobody", n)
	}
	w.act(http.MethodPost, "/revise", "request.revised", fmt.Sprintf(`{"selectors":[{"metadata":{"key":"*","value":%q}}]}`, vendor.SampleEmail))
	w.h.until(w.id, "review")
	w.kinds = append(w.kinds, "request.in_review")
	w.approve()
	w.look()
	w.act(http.MethodPost, "/answered", "request.answered", `{"outcome":"partly","note":"others' letters were left out"}`)
}

// refused: nobody has to release a result that is not given out.
func (w *walk) refused() {
	w.submit(vendor.SampleEmail)
	w.look()
	w.act(http.MethodPost, "/answered", "request.answered", `{"outcome":"refused","note":"asked every day for a year"}`)
}

// notHeld: the proof that nothing is there is an answer too.
func (w *walk) notHeld() {
	w.submit("nobody@nowhere.example")
	w.refusedCall("/answered", `{"outcome":"not_held"}`, "wrong_status")
	w.approve()
	w.look()
	w.act(http.MethodPost, "/answered", "request.answered", "")
}

func (w *walk) withdrawn() {
	w.submit(vendor.SampleEmail)
	w.act(http.MethodPost, "/pause", "request.paused", `{"reason":"clarification"}`)
	w.act(http.MethodPost, "/answered", "request.answered", `{"outcome":"withdrawn"}`)
	w.look()
}

// duplicate: rejected and answered, it gives its reference away and cannot be reopened with it.
func (w *walk) duplicate() {
	w.submit(vendor.SampleEmail)
	w.h.wantAnswer(w.h.as("approver", http.MethodPost, w.id+"/reject"), http.StatusOK, "rejected")
	w.kinds = append(w.kinds, "request.rejected")
	w.act(http.MethodPost, "/answered", "request.answered", `{"outcome":"duplicate"}`)
	w.h.submit(fmt.Sprintf(`{"reference":%q,"selectors":[{"conversation_id":"another"}]}`, w.reference))
	w.refusedCall("/reopen", `{"reason":"no duplicate"}`, "duplicate_reference")
}

// ended holds when the request has its outcome and its clock has stopped, and its history says all
// that was done, to each role what it may know.
func (w *walk) ended(outcome string) {
	w.t.Helper()
	r := w.h.do(http.MethodGet, "/api/v1/requests/"+w.id, "", http.StatusOK).json
	answer, _ := r["answer"].(map[string]any)
	if answer["outcome"] != outcome || r["answered_at"] == nil {
		w.t.Errorf("got %v, answered at %v", answer, r["answered_at"])
	}
	w.refusedCall("/pause", `{"reason":"identity"}`, "wrong_status") // the clock has stopped
	w.wantHistory(r["due_at"].(string))
	if a := w.h.as("requester", http.MethodGet, w.id+"/history"); strings.Contains(string(a.raw), "the-approver") || strings.Contains(string(a.raw), "token:") {
		w.t.Errorf("a requester learns names: %s", a.raw)
	}
}

// deadlineThen is a deadline as the history has it.
type deadlineThen struct {
	DueAt   string `json:"due_at"`
	Because string `json:"due_because"`
}

func (d deadlineThen) unexplained() bool { return d.Because == "" }

func (w *walk) wantHistory(due string) {
	w.t.Helper()
	a := w.h.do(http.MethodGet, "/api/v1/requests/"+w.id+"/history", "", http.StatusOK)
	var history struct {
		Items     []struct{ Kind, Actor string }
		Deadlines []deadlineThen
	}
	if err := json.Unmarshal(a.raw, &history); err != nil {
		w.t.Fatal(err)
	}
	rest := w.kinds
	for _, event := range history.Items {
		if len(rest) > 0 && event.Kind == rest[0] {
			rest = rest[1:]
		}
		if event.Actor == "" {
			w.t.Errorf("%s was done by nobody", event.Kind)
		}
	}
	if len(rest) > 0 {
		w.t.Errorf("the history lacks %q: %s", rest, a.raw)
	}
	last := history.Deadlines[len(history.Deadlines)-1]
	if last.DueAt != due || slices.ContainsFunc(history.Deadlines, deadlineThen.unexplained) {
		w.t.Errorf("the deadlines are %+v, it is due at %s", history.Deadlines, due)
	}
	for _, text := range w.secrets {
		if strings.Contains(string(a.raw), text) {
			w.t.Errorf("the history holds a sealed text: %q", text)
		}
	}
}
