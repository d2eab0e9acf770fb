package api_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
)

func TestDeadlineIsExtendedOnceInsideTheFirstMonth(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Submit(`{"selectors":[{"conversation_id":"c-1"}],"received_at":"2025-06-30T09:00:00Z"}`)
	path := "/api/v1/requests/" + id + "/extend"
	for body, field := range map[string]string{
		`{"months":3,"reason":"r"}`: "months", `{"months":0,"reason":"r"}`: "months", `{"reason":"r"}`: "months",
		`{"months":1}`: "reason", `{"months":1,"reason":" \n"}`: "reason",
		`{"months":1,"reason":"` + strings.Repeat("x", 4001) + `"}`: "reason",
	} {
		if p := g.Call("POST", path, "requester", body).Problem(422, "invalid_value"); p.Field != field {
			t.Errorf("%s: got field %q, want %q", body, p.Field, field)
		}
	}
	g.Call("POST", path, "requester", `{"months":1,"reason":"r","until":"x"}`).Problem(400, "unknown_field")
	g.Call("POST", path, "requester", "").Want(400)
	r := g.Call("POST", path, "requester", `{"months":2,"reason":"many pages"}`, "Idempotency-Key", "k").Want(200).Object()
	if r["extended"] != true || r["due_at"] != "2025-09-30T23:59:59Z" {
		t.Errorf("got extended %v, due_at %v", r["extended"], r["due_at"])
	}
	g.Call("POST", path, "requester", `{"months":2,"reason":"many pages"}`, "Idempotency-Key", "k").Want(200)
	g.Call("POST", path, "requester", `{"months":1,"reason":"again"}`).Problem(409, "already_extended")

	late := g.Submit(`{"selectors":[{"conversation_id":"c-1"}],"received_at":"2025-05-30T09:00:00Z"}`)
	g.Call("POST", "/api/v1/requests/"+late+"/extend", "requester", `{"months":1,"reason":"r"}`).Want(200)
	later := g.Submit(`{"selectors":[{"conversation_id":"c-1"}],"received_at":"2025-05-29T09:00:00Z"}`)
	g.Call("POST", "/api/v1/requests/"+later+"/extend", "requester", `{"months":1,"reason":"r"}`).Problem(409, "too_late")
}

func TestClockStopsWhenTheRequestIsAnswered(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	path := "/api/v1/requests/" + g.id
	waiting := g.Submit(apptest.Minimal)
	g.Call("POST", "/api/v1/requests/"+waiting+"/answered", "requester", "").Problem(409, "wrong_status")
	if r := g.Call("POST", path+"/answered", "requester", "{}").Want(200).Object(); r["answered_at"] != "2025-06-30T10:00:00Z" || r["status"] != "ready" {
		t.Errorf("got answered_at %v in %v", r["answered_at"], r["status"])
	}
	g.Call("POST", path+"/answered", "requester", "").Problem(409, "already_answered")
	g.Call("POST", path+"/extend", "requester", `{"months":1,"reason":"r"}`).Problem(409, "already_answered")
}

func TestARequestIsAnsweredAndReopened(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	path := "/api/v1/requests/" + g.id
	for body, field := range map[string]string{
		`{"archive_sha256":"5fec"}`:                    "archive_sha256",
		`{"outcome":"lost"}`:                           "outcome",
		`{"outcome":""}`:                               "outcome",
		`{"outcome":"given","told_on":"2025-07-01"}`:   "told_on",
		`{"outcome":"given","told_on":"2020-01-01"}`:   "told_on",
		`{"outcome":"given","told_on":"30.06.2025"}`:   "told_on",
		`{"note":"` + strings.Repeat("x", 4001) + `"}`: "note",
	} {
		if p := g.Call("POST", path+"/answered", "requester", body).Problem(422, "invalid_value"); p.Field != field {
			t.Errorf("%.60s: the field is %q, want %q", body, p.Field, field)
		}
	}
	g.Call("POST", path+"/answered", "requester", `{"result":"given"}`).Problem(400, "unknown_field")
	g.Call("POST", path+"/reopen", "requester", `{"reason":"r"}`).Problem(409, "wrong_status")
	r := g.Call("POST", path+"/answered", "requester", `{"outcome":"partly","told_on":"2025-06-30","note":"n"}`).Want(200).Object()
	if want := map[string]any{"outcome": "partly", "told_on": "2025-06-30", "note": "n"}; !cmp.Equal(r["answer"], want) {
		t.Errorf("got answer %v, want %v", r["answer"], want)
	}
	g.Call("POST", path+"/reopen", "requester", "").Problem(422, "invalid_value")
	if r := g.Call("POST", path+"/reopen", "requester", `{"reason":"the letter came back"}`).Want(200).Object(); r["answer"] != nil || r["answered_at"] != nil {
		t.Errorf("reopened: answer %v at %v", r["answer"], r["answered_at"])
	}
	if r := g.Call("POST", path+"/answered", "requester", "").Want(200).Object(); r["answer"].(map[string]any)["outcome"] != "given" {
		t.Errorf("a released result with finds is answered as %v", r["answer"])
	}
}

// TestWhatStaffHaveSaidIsShownOfOneRequest: why it was decided, answered and reopened as it
// was. A list has none of it.
func TestWhatStaffHaveSaidIsShownOfOneRequest(t *testing.T) {
	t.Parallel()
	g := newArchived(t, false)
	path := "/api/v1/requests/" + g.id
	said := func(decision, answer, reopened any) {
		t.Helper()
		r := g.Call("GET", path, "auditor", "").Want(200).Object()
		var note any
		if a, ok := r["answer"].(map[string]any); ok {
			note = a["note"]
		}
		if r["decision_note"] != decision || note != answer || r["reopen_reason"] != reopened {
			t.Errorf("got %v, %v, %v, want %v, %v, %v", r["decision_note"], note, r["reopen_reason"], decision, answer, reopened)
		}
		for _, item := range g.Call("GET", "/api/v1/requests", "auditor", "").Want(200).Object()["items"].([]any) {
			body := fmt.Sprint(item)
			for _, name := range []string{"decision_note", "reopen_reason", "note:", "looked at", "two rows", "came back"} {
				if strings.Contains(body, name) {
					t.Errorf("the list has %q: %s", name, body)
				}
			}
		}
	}
	said(nil, nil, nil)
	g.Call("POST", path+"/approve", "approver", `{"comment":"all of it looked at"}`).Want(200)
	said("all of it looked at", nil, nil)
	g.Call("POST", path+"/answered", "requester", `{"outcome":"partly","note":"two rows name Eve"}`).Want(200)
	said("all of it looked at", "two rows name Eve", nil)
	g.Call("POST", path+"/reopen", "requester", `{"reason":"the letter came back"}`).Want(200)
	said("all of it looked at", nil, "the letter came back")
	g.Call("POST", path+"/answered", "requester", "").Want(200)
	said("all of it looked at", nil, "the letter came back")
}

func TestTheClockRestsAndRunsAgain(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	path := "/api/v1/requests/" + g.Submit(`{"selectors":[{"conversation_id":"c-1"}],"received_at":"2025-06-20T09:00:00Z","regime":"uk"}`)
	g.Call("POST", path+"/resume", "requester", "").Problem(409, "not_paused")
	g.Call("POST", path+"/pause", "requester", `{}`).Problem(422, "invalid_value")
	g.Call("POST", path+"/pause", "requester", `{"reason":"identity","asked_on":"2025-07-01"}`).Problem(422, "invalid_value")
	r := g.Call("POST", path+"/pause", "requester", `{"reason":"identity","asked_on":"2025-06-23"}`).Want(200).Object()
	if r["due_at"] != "2025-07-21T23:59:59Z" || r["status"] != "queued" {
		t.Errorf("paused: due %v, %v", r["due_at"], r["status"]) // the 20th is a Sunday
	}
	g.Call("POST", path+"/pause", "requester", `{"reason":"fee"}`).Problem(409, "already_paused")
	r = g.Call("POST", path+"/resume", "requester", `{"answered_on":"2025-06-30"}`).Want(200).Object()
	if r["due_at"] != "2025-07-28T23:59:59Z" || !strings.Contains(r["due_because"].(string), "the clock rested for 7 days; 2025-07-27 is no working day") {
		t.Errorf("resumed: due %v: %v", r["due_at"], r["due_because"])
	}
	want := []any{map[string]any{"reason": "identity", "asked_on": "2025-06-23", "answered_on": "2025-06-30"}}
	if !cmp.Equal(r["pauses"], want) {
		t.Errorf("got pauses %v, want %v", r["pauses"], want)
	}
	g.Call("POST", "/api/v1/requests", "requester", `{"selectors":[{"conversation_id":"c-1"}],"regime":"roman"}`).Problem(422, "invalid_value")
}

func TestADayOfReceiptIsADay(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for received, want := range map[string]string{"2025-06-30": "2025-07-30T23:59:59Z", "2025-01-31": "2025-02-28T23:59:59Z", "2025-06-29T23:59:59Z": "2025-07-29T23:59:59Z"} {
		r := g.Call("POST", "/api/v1/requests", "requester", `{"selectors":[{"conversation_id":"c-1"}],"received_at":"`+received+`"}`).Want(201).Object()
		if r["due_at"] != want {
			t.Errorf("received on %s: due %v, want %s", received, r["due_at"], want)
		}
	}
	for _, bad := range []string{"2025-07-01", "2025-02-30", "30.06.2025", "yesterday", ""} {
		if p := g.Call("POST", "/api/v1/requests", "requester", `{"selectors":[{"conversation_id":"c-1"}],"received_at":"`+bad+`"}`).Problem(422, "invalid_value"); p.Field != "received_at" {
			t.Errorf("%q: the field is %q", bad, p.Field)
		}
	}
}

func TestPurgedRequestIsGoneWithItsReceipt(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	path := "/api/v1/requests/" + g.id
	g.Call("GET", path+"/receipt", "auditor", "").Problem(404, "no_receipt")
	if a := g.Call("DELETE", path, "admin", "").Want(204); len(a.Body) != 0 {
		t.Errorf("204 has a body: %s", a.Body)
	}
	for _, c := range []struct{ method, path, body string }{
		{"GET", path, ""}, {"DELETE", path, ""}, {"GET", path + "/archive", ""}, {"GET", path + "/coverage", ""}, {"GET", path + "/hold", ""},
		{"POST", path + "/cancel", ""}, {"POST", path + "/answered", ""}, {"POST", path + "/extend", `{"months":1,"reason":"r"}`},
		{"POST", path + "/hold", `{"reason":"r"}`}, {"POST", path + "/links", ""},
	} {
		p := g.Call(c.method, c.path, "admin", c.body).Problem(410, "purged")
		if !strings.Contains(string(p.Receipt), `"reason":"on_demand"`) {
			t.Errorf("%s %s: got receipt %s", c.method, c.path, p.Receipt)
		}
	}
	r := g.Call("GET", path+"/receipt", "auditor", "").Want(200).Object()
	if !strings.Contains(fmt.Sprint(r["text"]), `"reason":"on_demand"`) || r["receipt"].(map[string]any)["by_role"] != "admin" {
		t.Errorf("got %v", r)
	}
}

func TestHeldRequestIsNotPurged(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	path := "/api/v1/requests/" + g.id
	g.Call("GET", path+"/hold", "auditor", "").Problem(404, "not_held")
	g.Call("DELETE", path+"/hold", "admin", "").Problem(409, "not_held")
	g.Call("POST", path+"/hold", "admin", `{"reason":""}`).Problem(422, "invalid_value")
	g.Call("POST", path+"/hold", "admin", `{"reason":"case 17"}`).Want(200)
	if h := g.Call("GET", path+"/hold", "auditor", "").Want(200).Object(); h["reason"] != "case 17" || h["by"] != "token:admin" {
		t.Errorf("got %v", h)
	}
	g.Call("POST", path+"/hold", "admin", `{"reason":"case 18"}`).Problem(409, "held")
	if p := g.Call("DELETE", path, "admin", "").Problem(409, "held"); !strings.Contains(p.Detail, "case 17") {
		t.Errorf("the refusal does not give the reason: %s", p.Detail)
	}
	g.Call("DELETE", path+"/hold", "admin", "").Want(200)
	g.Call("DELETE", path, "admin", "").Want(204)
}

func TestLinkIsShownOnce(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	path := "/api/v1/requests/" + g.id + "/links"
	for _, minutes := range []string{"0", "-1", "43201"} {
		g.Call("POST", path, "requester", `{"minutes":`+minutes+`}`).Problem(422, "invalid_value")
	}
	g.Call("POST", path, "requester", `{"passcode":"12-3 45"}`).Problem(422, "invalid_value")
	g.Call("POST", path, "requester", `{"passcode":"12-3 456"}`).Want(201)
	l := g.Call("POST", path, "requester", `{"minutes":5}`).Want(201).Object()
	address, _ := l["url"].(string)
	token, found := strings.CutPrefix(address, "https://dsr.example/download/")
	if !found || len(token) != 43 || l["expires_at"] != "2025-06-30T10:05:00Z" {
		t.Errorf("got %v", l)
	}
	if strings.Contains(g.Log.String(), token) {
		t.Error("the log has the token")
	}
	if r := g.Call("POST", path, "requester", "").Want(201).Object(); r["url"] == address || r["expires_at"] != "2025-07-07T10:00:00Z" {
		t.Errorf("got %v", r)
	}
	g.Expire(g.id)
	g.Call("POST", path, "requester", "").Problem(409, "not_ready")
}

// TestALinkIsEndedBeforeItsTime: nobody begins a download through it from then on; the others
// of the request stay.
func TestALinkIsEndedBeforeItsTime(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	path := "/api/v1/requests/" + g.id + "/links"
	other := g.Call("POST", path, "requester", "").Want(201).Object()
	made := g.Call("POST", path, "requester", `{"passcode":"12-3 456"}`).Want(201).Object()
	one := path + "/" + made["id"].(string)

	g.Call("DELETE", one, "requester", "", "If-Match", `"99"`).Problem(412, "precondition_failed")
	g.Call("DELETE", one, "requester", "").Want(204)
	g.Call("DELETE", one, "requester", "").Problem(409, "already_ended")
	g.Call("DELETE", path+"/0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c", "requester", "").Problem(404, "not_found")
	g.Call("DELETE", "/api/v1/requests/"+g.Submit(apptest.Minimal)+"/links/"+other["id"].(string), "requester", "").Problem(404, "not_found")

	want := fmt.Sprintf(`{"items":[{"id":%q,"created_at":"2025-06-30T10:00:00Z","created_by":"token:requester","expires_at":"2025-07-07T10:00:00Z","used_at":null,"passcode":true,"ended":true},`+
		`{"id":%q,"created_at":"2025-06-30T10:00:00Z","created_by":"token:requester","expires_at":"2025-07-07T10:00:00Z","used_at":null,"passcode":false,"ended":false}]}`+"\n", made["id"], other["id"])
	if got := string(g.Call("GET", path, "approver", "").Want(200).Body); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for address, want := range map[any]int{made["url"]: 404, other["url"]: 200} {
		g.Call("GET", strings.TrimPrefix(address.(string), "https://dsr.example"), "", "").Want(want)
	}
}

func TestEndOfADownloadIsOnRecord(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	g.Call("GET", g.path, "auditor", "")
	g.Call("GET", g.path, "auditor", "", "Range", "bytes=0-9")
	g.Call("GET", g.path, "auditor", "", "If-None-Match", g.etag)
	g.Call("HEAD", g.path, "auditor", "")
	g.Call("GET", g.path, "auditor", "", "Range", "bytes=999999-")
	g.Call("GET", g.path, "auditor", "", "Range", "bytes=5-5")
	want := "token:auditor sent 131072 bytes, finished true|token:auditor sent 10 bytes, finished true|" +
		"token:auditor sent 1 bytes, finished true" // of answers without data there is none
	if got := strings.Join(ends(g.Rig, 3), "|"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestDownloadThatBreaksOffIsOnRecordAsNotFinished(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	zip := bytes.Repeat([]byte("0123456789abcdef"), 4<<20) // 64 MiB: more than all buffers on the way
	id := g.Submit(apptest.Minimal)
	g.Finish(id, true, zip)
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.URL+"/api/v1/requests/"+id+"/archive", nil)
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
	end := ends(g, 1)[0]
	if !strings.HasSuffix(end, "finished false") || strings.Contains(end, fmt.Sprint(" ", len(zip), " ")) {
		t.Errorf("got %q", end)
	}
}

// ends are how the first downloads ended.
func ends(g *apptest.Rig, n int) (ends []string) {
	for _, e := range g.Await(audit.ArchiveDelivered, n) {
		ends = append(ends, fmt.Sprintf("%s sent %s bytes, finished %s", e.Actor, e.Data["bytes"], e.Data["finished"]))
	}
	return ends
}
