package api_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/dsr"
)

// stream is the events of a request as they come.
type stream struct {
	t     *testing.T
	lines *bufio.Scanner
}

// follow opens the stream past the contract's check, which reads answers whole.
func follow(t *testing.T, g *apptest.Rig, id, lastID string) stream {
	t.Helper()
	return followAs(t, g, "auditor", id, lastID)
}

func followAs(t *testing.T, g *apptest.Rig, token, id, lastID string) stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.URL+"/api/v1/requests/"+id+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Last-Event-ID", lastID)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || !strings.HasPrefix(got, "text/event-stream") {
		t.Fatalf("got %d, %q", resp.StatusCode, got)
	}
	return stream{t, bufio.NewScanner(resp.Body)}
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
	g := apptest.NewRig(t)
	id := g.Submit(apptest.Minimal)
	s := follow(t, g, id, "")
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
	g.Intercept.Show(id, func(v *dsr.View) {
		if v.Request.Status == dsr.Queued {
			v.Request.Progress.Pages = 7
		}
	})
	second := expect(`progress {"pages":7,`, true)
	if first == second {
		t.Error("two events have the same id")
	}
	g.Finish(id, true, []byte("zip"))
	expect(`status {"status":"ready","complete":true}`, false)
	last := expect(`progress {"pages":0,`, true)
	if event, _ := s.next(); event != "" {
		t.Errorf("after the end: %q", event)
	}
	g.Call("GET", "/api/v1/requests/"+id+"/events", "auditor", "", "Last-Event-ID", last).Want(204)
	a := g.Call("GET", "/api/v1/requests/"+id+"/events", "auditor", "", "Last-Event-ID", second).Want(200)
	if text := string(a.Body); strings.Count(text, "event: ") != 2 || !strings.HasSuffix(text, "id: "+last+"\n\n") {
		t.Errorf("got %q", text)
	}
}

func TestEventsAfterAReconnectTellOnlyOfNews(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Submit(apptest.Minimal)
	s := follow(t, g, id, "")
	s.next()
	_, last := s.next()
	again := follow(t, g, id, last)
	g.Intercept.Show(id, func(v *dsr.View) { v.Request.Progress.Records = 3 })
	if event, _ := again.next(); !strings.HasPrefix(event, "progress ") && !strings.HasPrefix(event, "status ") {
		t.Errorf("got %q", event)
	}
}

func TestEventsOfNoRequest(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	g.Call("GET", "/api/v1/requests/0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c/events", "auditor", "").Problem(404, "not_found")
}

// TestStreamsAndCallsAtOnceAreLimitedPerToken: one token's streams leave room for its own
// other calls, and its calls for others.
func TestStreamsAndCallsAtOnceAreLimitedPerToken(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t, func(o *apptest.Setup) {
		o.Limited, o.Config = true, "limits: {streams: 2, calls_at_once: 3, reads_per_second: 1000}\n"
	})
	id := g.Submit(apptest.Minimal)
	for range 2 {
		follow(t, g, id, "")
	}
	path := "/api/v1/requests/" + id
	a := g.Call("GET", path+"/events", "auditor", "")
	if p := a.Problem(http.StatusTooManyRequests, "too_many_streams"); !strings.Contains(p.Detail, "limits.streams") || !strings.HasPrefix(p.Detail, "2 ") {
		t.Errorf("the detail names neither the limit nor the setting: %q", p.Detail)
	}
	g.Call("GET", path, "auditor", "").Want(200)
	g.Call("GET", path, "requester", "").Want(200)
}
