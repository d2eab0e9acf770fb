package http

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

// stream is the events of a request as they come.
type stream struct {
	t     *testing.T
	lines *bufio.Scanner
}

// follow opens the stream past the contract's check, which reads answers whole.
func (g *rig) follow(id, lastID string) stream {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), time.Minute)
	g.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.url+"/api/v1/requests/"+id+"/events", nil)
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer auditor")
	r.Header.Set("Last-Event-ID", lastID)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = resp.Body.Close() })
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || !strings.HasPrefix(got, "text/event-stream") {
		g.t.Fatalf("got %d, %q", resp.StatusCode, got)
	}
	return stream{g.t, bufio.NewScanner(resp.Body)}
}

// next is the next event as "name data", and its id; "" at the end of the stream.
func (s stream) next() (event, id string) {
	s.t.Helper()
	for s.lines.Scan() {
		name, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch {
		case name == "event":
			event = value
		case name == "data":
			event += " " + value
		case name == "id":
			id = value
		case event != "":
			return event, id
		}
	}
	return "", ""
}

func TestEventsTellWhatChangesUntilTheRequestIsSettled(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	id := g.submit(minimal)
	s := g.follow(id, "")
	expect := func(want string, withID bool) string {
		t.Helper()
		event, eventID := s.next()
		if !strings.HasPrefix(event, want) || (eventID != "") != withID {
			t.Fatalf("got %q with id %q, want %q", event, eventID, want)
		}
		return eventID
	}
	expect(`status {"status":"queued","complete":null}`, false)
	first := expect(`progress {"pages":0,`, true)
	g.svc.set(id, func(r *dsr.Request) { r.Progress.Pages = 7 })
	second := expect(`progress {"pages":7,`, true)
	if first == second {
		t.Error("two events have the same id")
	}
	g.svc.finish(id, true, []byte("zip"))
	expect(`status {"status":"ready","complete":true}`, false)
	last := expect(`progress {"pages":1,`, true)
	if event, _ := s.next(); event != "" {
		t.Errorf("after the end: %q", event)
	}
	g.call("GET", "/api/v1/requests/"+id+"/events", "auditor", "", "Last-Event-ID", last).want(204)
	a := g.call("GET", "/api/v1/requests/"+id+"/events", "auditor", "", "Last-Event-ID", second).want(200)
	if text := string(a.body); strings.Count(text, "event: ") != 2 || !strings.HasSuffix(text, "id: "+last+"\n\n") {
		t.Errorf("got %q", text)
	}
}

func TestEventsAfterAReconnectTellOnlyOfNews(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	id := g.submit(minimal)
	s := g.follow(id, "")
	s.next()
	_, last := s.next()
	again := g.follow(id, last)
	g.svc.set(id, func(r *dsr.Request) { r.Progress.Records = 3 })
	if event, _ := again.next(); !strings.HasPrefix(event, "progress ") && !strings.HasPrefix(event, "status ") {
		t.Errorf("got %q", event)
	}
}

func TestEventsOfNoRequest(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.call("GET", "/api/v1/requests/0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c/events", "auditor", "").problem(404, "not_found")
}
