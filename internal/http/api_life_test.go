package http

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

func TestDeadlineIsExtendedOnceInsideTheFirstMonth(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	id := g.submit(`{"selectors":[{"conversation_id":"c-1"}],"received_at":"2025-06-30T09:00:00Z"}`)
	path := "/api/v1/requests/" + id + "/extend"
	for body, field := range map[string]string{
		`{"months":3,"reason":"r"}`: "months", `{"months":0,"reason":"r"}`: "months", `{"reason":"r"}`: "months",
		`{"months":1}`: "reason", `{"months":1,"reason":" \n"}`: "reason",
		`{"months":1,"reason":"` + strings.Repeat("x", 4001) + `"}`: "reason",
	} {
		if p := g.call("POST", path, "requester", body).problem(422, "invalid_value"); p.Field != field {
			t.Errorf("%s: got field %q, want %q", body, p.Field, field)
		}
	}
	g.call("POST", path, "requester", `{"months":1,"reason":"r","until":"x"}`).problem(400, "unknown_field")
	g.call("POST", path, "requester", "").want(400)
	r := g.call("POST", path, "requester", `{"months":2,"reason":"many pages"}`, "Idempotency-Key", "k").want(200).object()
	if r["extended"] != true || r["due_at"] != "2025-09-30T23:59:59Z" {
		t.Errorf("got extended %v, due_at %v", r["extended"], r["due_at"])
	}
	g.call("POST", path, "requester", `{"months":2,"reason":"many pages"}`, "Idempotency-Key", "k").want(200)
	g.call("POST", path, "requester", `{"months":1,"reason":"again"}`).problem(409, "already_extended")

	late := g.submit(`{"selectors":[{"conversation_id":"c-1"}],"received_at":"2025-05-30T09:00:00Z"}`)
	g.call("POST", "/api/v1/requests/"+late+"/extend", "requester", `{"months":1,"reason":"r"}`).want(200)
	later := g.submit(`{"selectors":[{"conversation_id":"c-1"}],"received_at":"2025-05-29T09:00:00Z"}`)
	g.call("POST", "/api/v1/requests/"+later+"/extend", "requester", `{"months":1,"reason":"r"}`).problem(409, "too_late")
}

func TestClockStopsWhenTheRequestIsAnswered(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	path := "/api/v1/requests/" + g.id
	waiting := g.submit(minimal)
	g.call("POST", "/api/v1/requests/"+waiting+"/answered", "requester", "").problem(409, "wrong_status")
	if r := g.call("POST", path+"/answered", "requester", "{}").want(200).object(); r["answered_at"] != "2025-06-30T10:00:00Z" || r["status"] != "ready" {
		t.Errorf("got answered_at %v in %v", r["answered_at"], r["status"])
	}
	g.call("POST", path+"/answered", "requester", "").problem(409, "already_answered")
	g.call("POST", path+"/extend", "requester", `{"months":1,"reason":"r"}`).problem(409, "already_answered")
}

func TestPurgedRequestIsGoneWithItsReceipt(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	path := "/api/v1/requests/" + g.id
	g.call("GET", path+"/receipt", "auditor", "").problem(404, "no_receipt")
	if a := g.call("DELETE", path, "admin", "").want(204); len(a.body) != 0 {
		t.Errorf("204 has a body: %s", a.body)
	}
	for _, c := range []struct{ method, path, body string }{
		{"GET", path, ""}, {"DELETE", path, ""}, {"GET", path + "/archive", ""}, {"GET", path + "/coverage", ""}, {"GET", path + "/hold", ""},
		{"POST", path + "/cancel", ""}, {"POST", path + "/answered", ""}, {"POST", path + "/extend", `{"months":1,"reason":"r"}`},
		{"POST", path + "/hold", `{"reason":"r"}`}, {"POST", path + "/links", ""},
	} {
		p := g.call(c.method, c.path, "admin", c.body).problem(410, "purged")
		if !strings.Contains(string(p.Receipt), `"reason":"on_demand"`) {
			t.Errorf("%s %s: got receipt %s", c.method, c.path, p.Receipt)
		}
	}
	r := g.call("GET", path+"/receipt", "auditor", "").want(200).object()
	if r["text"] != fakeReceipt || r["receipt"].(map[string]any)["by_role"] != "admin" {
		t.Errorf("got %v", r)
	}
}

func TestHeldRequestIsNotPurged(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	path := "/api/v1/requests/" + g.id
	g.call("GET", path+"/hold", "auditor", "").problem(404, "not_held")
	g.call("DELETE", path+"/hold", "admin", "").problem(409, "not_held")
	g.call("POST", path+"/hold", "admin", `{"reason":""}`).problem(422, "invalid_value")
	g.call("POST", path+"/hold", "admin", `{"reason":"case 17"}`).want(200)
	if h := g.call("GET", path+"/hold", "auditor", "").want(200).object(); h["reason"] != "case 17" || h["by"] != "token:admin" {
		t.Errorf("got %v", h)
	}
	g.call("POST", path+"/hold", "admin", `{"reason":"case 18"}`).problem(409, "held")
	if p := g.call("DELETE", path, "admin", "").problem(409, "held"); !strings.Contains(p.Detail, "case 17") {
		t.Errorf("the refusal does not give the reason: %s", p.Detail)
	}
	g.call("DELETE", path+"/hold", "admin", "").want(200)
	g.call("DELETE", path, "admin", "").want(204)
}

func TestLinkIsShownOnce(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	path := "/api/v1/requests/" + g.id + "/links"
	for _, minutes := range []string{"0", "-1", "1441"} {
		g.call("POST", path, "requester", `{"minutes":`+minutes+`}`).problem(422, "invalid_value")
	}
	l := g.call("POST", path, "requester", `{"minutes":5}`).want(201).object()
	address, _ := l["url"].(string)
	token, found := strings.CutPrefix(address, "https://dsr.example/download/")
	if !found || len(token) != 43 || l["expires_at"] != "2025-06-30T10:05:00Z" {
		t.Errorf("got %v", l)
	}
	if strings.Contains(g.log.String(), token) {
		t.Error("the log has the token")
	}
	if r := g.call("POST", path, "requester", "").want(201).object(); r["url"] == address || r["expires_at"] != "2025-06-30T11:00:00Z" {
		t.Errorf("got %v", r)
	}
	g.svc.set(g.id, func(r *dsr.Request) { r.Status = dsr.Expired })
	g.call("POST", path, "requester", "").problem(409, "not_ready")
}

func TestEndOfADownloadIsOnRecord(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	g.call("GET", g.path, "auditor", "")
	g.call("GET", g.path, "auditor", "", "Range", "bytes=0-9")
	g.call("GET", g.path, "auditor", "", "If-None-Match", g.etag)
	g.call("HEAD", g.path, "auditor", "")
	g.call("GET", g.path, "auditor", "", "Range", "bytes=999999-")
	want := "token:auditor sent 131072 bytes, finished true|token:auditor sent 10 bytes, finished true|" +
		"token:auditor sent 0 bytes, finished true|token:auditor sent 0 bytes, finished false"
	if got := strings.Join(g.svc.endsOf(t, 4), "|"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestDownloadThatBreaksOffIsOnRecordAsNotFinished(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	zip := bytes.Repeat([]byte("0123456789abcdef"), 4<<20) // 64 MiB: more than all buffers on the way
	id := g.submit(minimal)
	g.svc.finish(id, true, zip)
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.url+"/api/v1/requests/"+id+"/archive", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer auditor")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	leave()
	_ = resp.Body.Close()
	end := g.svc.endsOf(t, 1)[0]
	if !strings.HasSuffix(end, "finished false") || strings.Contains(end, fmt.Sprint(" ", len(zip), " ")) {
		t.Errorf("got %q", end)
	}
}

// endsOf waits until so many downloads have ended: the answer is out before that is.
func (f *fakeService) endsOf(t *testing.T, n int) []string {
	t.Helper()
	for {
		f.mu.Lock()
		ends := f.ends
		f.mu.Unlock()
		if len(ends) >= n {
			return ends
		}
		select {
		case <-t.Context().Done():
			t.Fatal("the test ended while waiting")
		case <-time.After(5 * time.Millisecond):
		}
	}
}
