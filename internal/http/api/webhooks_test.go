package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
)

// receiver is a real server that keeps what webhooks send, and answers as the test says.
type receiver struct {
	*httptest.Server
	t      *testing.T
	mu     sync.Mutex
	status int
	got    []received
}

type received struct {
	header http.Header
	body   string
	event  string
	data   map[string]any
}

func receive(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{t: t, status: http.StatusNoContent}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	var m struct {
		Type string
		Data map[string]any
	}
	_ = json.Unmarshal(body, &m)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, received{req.Header, string(body), m.Type, m.Data})
	w.WriteHeader(r.status)
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// until waits for so many calls and returns them all.
func (r *receiver) until(n int) []received {
	r.t.Helper()
	for {
		r.mu.Lock()
		got := slices.Clone(r.got)
		r.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-r.t.Context().Done():
			r.t.Fatalf("%d calls came, not %d", len(got), n)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// untilAsTimeGoes is until for what is tried again: the clock of the test stands by itself.
func (r *receiver) untilAsTimeGoes(g *apptest.Rig, n int) []received {
	r.t.Helper()
	for len(r.until(0)) < n {
		g.Clock.Add(2 * time.Millisecond) // the back-off is one
		pause(r.t)
	}
	return r.until(n)
}

func events(got []received) (names []string) {
	for _, m := range got {
		names = append(names, m.event)
	}
	return names
}

// hooked boots the program with workers and with webhooks to this machine.
func hooked(t *testing.T, further string) *apptest.Rig {
	t.Helper()
	return apptest.NewRig(t, func(o *apptest.Setup) {
		o.Config = "webhooks: {allow_loopback: true" + further + "}\n"
		o.Workers = true
	})
}

// subscribe makes a webhook to the receiver and returns its id and its secret.
func subscribe(g *apptest.Rig, r *receiver, names ...string) (id, secret string) {
	body, _ := json.Marshal(map[string]any{"url": r.URL + "/hook?key=capability", "events": names})
	a := g.Call("POST", "/api/v1/webhooks", "admin", string(body)).Want(201)
	o := a.Object()
	id, secret = o["id"].(string), o["secret"].(string)
	if len(o) != 2 || a.Header.Get("Location") != "/api/v1/webhooks/"+id {
		r.t.Errorf("got %s, Location %s", a.Body, a.Header.Get("Location"))
	}
	return id, secret
}

func verifies(t *testing.T, secret string, m received) bool {
	t.Helper()
	v, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return v.VerifyIgnoringTimestamp([]byte(m.body), m.header) == nil // the test's clock stands
}

// TestWebhookIsToldOfARequestsLife, in its order, with nothing but ids and codes.
func TestWebhookIsToldOfARequestsLife(t *testing.T) {
	t.Parallel()
	g, r := hooked(t, ""), receive(t)
	_, secret := subscribe(g, r, "request.ready", "request.review", "request.answered", "request.rejected")
	id := g.Submit(`{"reference":"PRIV-4711","selectors":[{"conversation_id":"c-1"}]}`) // the sources are empty, which proves nothing
	r.until(1)
	g.Call("POST", "/api/v1/requests/"+id+"/approve", "approver", "").Want(200)
	g.Call("POST", "/api/v1/requests/"+id+"/answered", "requester", `{"outcome":"partly"}`).Want(200)
	got := r.until(3)
	if diff := cmp.Diff([]string{"request.review", "request.ready", "request.answered"}, events(got)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	for i, want := range []map[string]any{
		{"request": id, "status": "review", "complete": false, "code": "unreadable"},
		{"request": id, "status": "ready", "complete": false, "code": "unreadable"},
		{"request": id, "status": "ready", "complete": false, "code": "partly"},
	} {
		if diff := cmp.Diff(want, got[i].data); diff != "" {
			t.Errorf("data (-want +got):\n%s", diff)
		}
		if !verifies(t, secret, got[i]) {
			t.Errorf("%s cannot be verified", got[i].event)
		}
		if strings.Contains(got[i].body, "PRIV-4711") || strings.Contains(got[i].body, "c-1") {
			t.Errorf("%s tells more than ids and codes: %s", got[i].event, got[i].body)
		}
	}
}

// TestWebhookIsToldOnlyOfWhatItWants, and of nothing that happened before it was there.
func TestWebhookIsToldOnlyOfWhatItWants(t *testing.T) {
	t.Parallel()
	g, r := hooked(t, ""), receive(t)
	before := g.Submit(apptest.Minimal)
	waitFor(t, g, before, "review")
	hook, _ := subscribe(g, r, "request.rejected")
	id := g.Submit(apptest.Minimal)
	waitFor(t, g, id, "review")
	g.Call("POST", "/api/v1/requests/"+id+"/reject", "approver", "").Want(200)
	if got := r.until(1); len(got) != 1 || got[0].event != "request.rejected" || got[0].data["request"] != id {
		t.Errorf("got %v", events(got))
	}
	list := deliveries(g, hook, "")
	if len(list) != 1 || list[0]["event"] != "request.rejected" {
		t.Errorf("the log has %v", list)
	}
}

func waitFor(t *testing.T, g *apptest.Rig, id, status string) {
	t.Helper()
	for string(g.Lookup(id).Status) != status {
		pause(t)
	}
}

// pause is between two looks.
func pause(t *testing.T) {
	t.Helper()
	select {
	case <-t.Context().Done():
		t.Fatal("the test ended while waiting")
	case <-time.After(5 * time.Millisecond):
	}
}

func deliveries(g *apptest.Rig, hook, query string) (list []map[string]any) {
	for _, item := range g.Call("GET", "/api/v1/webhooks/"+hook+"/deliveries"+query, "admin", "").Want(200).Object()["items"].([]any) {
		list = append(list, item.(map[string]any))
	}
	return list
}

// settled waits until nothing waits for the webhook, and returns its log, the newest first.
func settled(t *testing.T, g *apptest.Rig, hook string) []map[string]any {
	t.Helper()
	for {
		list := deliveries(g, hook, "")
		if !slices.ContainsFunc(list, func(d map[string]any) bool { return d["state"] == "waiting" }) {
			return list
		}
		pause(t)
	}
}

func TestTestAndReplay(t *testing.T) {
	t.Parallel()
	g, r := hooked(t, ""), receive(t)
	hook, secret := subscribe(g, r, "request.ready")
	test := g.Call("POST", "/api/v1/webhooks/"+hook+"/test", "admin", "").Want(202).Object()
	first := r.until(1)[0]
	if first.event != "webhook.test" || first.data["webhook"] != hook || !verifies(t, secret, first) || first.header.Get("webhook-id") != test["message_id"] {
		t.Errorf("got %s", first.body)
	}
	done := settled(t, g, hook)
	if len(done) != 1 || done[0]["state"] != "delivered" || done[0]["status"] != 204.0 || done[0]["attempts"] != 1.0 || done[0]["id"] != test["id"] {
		t.Errorf("the log has %v", done)
	}
	again := g.Call("POST", "/api/v1/webhooks/"+hook+"/deliveries/"+test["id"].(string)+"/replay", "admin", "{}").Want(202).Object()
	second := r.until(2)[1]
	if again["id"] == test["id"] || second.body != first.body || second.header.Get("webhook-id") != first.header.Get("webhook-id") {
		t.Errorf("the replay is another message: %s after %s", second.body, first.body)
	}
	settled(t, g, hook)
	for _, path := range []string{hook + "/deliveries/nothing/replay", "nothing/deliveries/" + test["id"].(string) + "/replay", "nothing/test"} {
		g.Call("POST", "/api/v1/webhooks/"+path, "admin", "").Problem(404, "not_found")
	}
	for kind, n := range map[audit.Kind]int{audit.WebhookCreated: 1, audit.WebhookTested: 1, audit.WebhookReplayed: 1} {
		if got := g.Events(kind); len(got) != n || got[0].Actor != "token:admin" || got[0].Data["webhook"] != hook || strings.Contains(fmt.Sprint(got), "capability") {
			t.Errorf("%s: got %v", kind, got)
		}
	}
}

// TestRotationOverlaps: both secrets verify until the overlap has ended.
func TestRotationOverlaps(t *testing.T) {
	t.Parallel()
	g, r := hooked(t, ""), receive(t)
	hook, before := subscribe(g, r, "request.ready")
	rotated := g.Call("POST", "/api/v1/webhooks/"+hook+"/rotate", "admin", `{"overlap_hours":2}`).Want(200).Object()
	after := rotated["secret"].(string)
	if before == after || rotated["prior_secret_until"] != "2025-06-30T12:00:00Z" {
		t.Errorf("got %v", rotated)
	}
	test := func(n int, prior bool) {
		g.Call("POST", "/api/v1/webhooks/"+hook+"/test", "admin", "").Want(202)
		m := r.until(n)[n-1]
		if !verifies(t, after, m) || verifies(t, before, m) != prior {
			t.Errorf("message %d: verified by the new secret: %v, by the one before: %v", n, verifies(t, after, m), verifies(t, before, m))
		}
	}
	test(1, true)
	g.Clock.Add(2 * time.Hour)
	test(2, false)
	if got := g.Call("GET", "/api/v1/webhooks/"+hook, "admin", "").Want(200).Object(); got["prior_secret_until"] != nil {
		t.Errorf("got %v", got)
	}
	for _, body := range []string{`{"overlap_hours":-1}`, `{"overlap_hours":169}`} {
		g.Call("POST", "/api/v1/webhooks/"+hook+"/rotate", "admin", body).Problem(422, "invalid_value")
	}
	g.Call("POST", "/api/v1/webhooks/nothing/rotate", "admin", "").Problem(404, "not_found")
}

// TestAFailingReceiverGetsEverythingInOrderLater.
func TestAFailingReceiverGetsEverythingInOrderLater(t *testing.T) {
	t.Parallel()
	g, r := hooked(t, ""), receive(t)
	hook, _ := subscribe(g, r, "request.ready", "request.review", "request.answered")
	r.answer(500)
	id := g.Submit(apptest.Minimal)
	waitFor(t, g, id, "review")
	r.until(1)
	g.Call("POST", "/api/v1/requests/"+id+"/approve", "approver", "").Want(200)
	g.Call("POST", "/api/v1/requests/"+id+"/answered", "requester", "").Want(200)
	for _, m := range r.untilAsTimeGoes(g, 3) {
		if m.event != "request.review" {
			t.Errorf("%s overtakes the review, which has not arrived", m.event)
		}
	}
	if h := g.Call("GET", "/api/v1/webhooks/"+hook, "admin", "").Want(200).Object(); h["waiting"] != 3.0 {
		t.Errorf("got %v", h)
	}
	waiting := deliveries(g, hook, "?state=waiting&limit=1")
	g.Call("POST", "/api/v1/webhooks/"+hook+"/deliveries/"+waiting[0]["id"].(string)+"/replay", "admin", "").Problem(409, "delivery_waiting")
	r.answer(200)
	got := events(r.untilAsTimeGoes(g, len(r.until(3))+3))
	names := []string{}
	for _, d := range settled(t, g, hook) {
		names = append(names, d["event"].(string))
	}
	if diff := cmp.Diff([]string{"request.answered", "request.ready", "request.review"}, names); diff != "" {
		t.Errorf("the log, the newest first (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"request.review", "request.ready", "request.answered"}, got[len(got)-3:]); diff != "" {
		t.Errorf("delivered (-want +got):\n%s", diff)
	}
}

func TestWebhooksAreListedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	g, r := hooked(t, ""), receive(t)
	hook, _ := subscribe(g, r, "source.refused", "request.ready", "request.ready")
	got := g.Call("GET", "/api/v1/webhooks", "admin", "").Want(200).Object()["items"].([]any)
	want := map[string]any{"id": hook, "url": r.URL + "/hook?key=capability", "events": []any{"request.ready", "source.refused"}, "active": true,
		"created_at": "2025-06-30T10:00:00Z", "created_by": "token:admin", "prior_secret_until": nil, "gone_at": nil, "waiting": 0.0, "dead": 0.0}
	if diff := cmp.Diff([]any{want}, got); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	changed := g.Call("PATCH", "/api/v1/webhooks/"+hook, "admin", `{"active":false,"events":["request.review"],"url":null}`).Want(200).Object()
	want["active"], want["events"] = false, []any{"request.review"}
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	g.Call("POST", "/api/v1/webhooks/"+hook+"/test", "admin", "").Problem(409, "webhook_inactive")
	waitFor(t, g, g.Submit(apptest.Minimal), "review") // of which it is not told
	g.Call("PATCH", "/api/v1/webhooks/"+hook, "admin", `{"active":true}`).Want(200)
	g.Call("POST", "/api/v1/webhooks/"+hook+"/test", "admin", "").Want(202)
	if got := events(r.until(1)); got[0] != "webhook.test" {
		t.Errorf("got %v", got)
	}
	g.Call("DELETE", "/api/v1/webhooks/"+hook, "admin", "").Want(204)
	for _, call := range []string{"GET ", "DELETE ", "PATCH ", "GET /deliveries"} {
		method, rest, _ := strings.Cut(call, " ")
		g.Call(method, "/api/v1/webhooks/"+hook+rest, "admin", map[string]string{"PATCH": "{}"}[method]).Problem(404, "not_found")
	}
	if len(g.Events(audit.WebhookChanged)) != 2 || len(g.Events(audit.WebhookDeleted)) != 1 {
		t.Error("not everything is on record")
	}
}

func TestWhatNoWebhookMayBe(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t) // loopback is not allowed
	for body, field := range map[string]string{
		`{"url":"http://tools.example.com/","events":["request.ready"]}`:       "url",
		`{"url":"http://127.0.0.1:9/","events":["request.ready"]}`:             "url",
		`{"url":"https://u:p@tools.example.com/","events":["request.ready"]}`:  "url",
		`{"url":"https://tools.example.com/#a","events":["request.ready"]}`:    "url",
		`{"url":"ftp://tools.example.com/","events":["request.ready"]}`:        "url",
		`{"url":"/hook","events":["request.ready"]}`:                           "url",
		`{"url":"","events":["request.ready"]}`:                                "url",
		`{"events":["request.ready"]}`:                                         "url",
		`{"url":"https://tools.example.com/"}`:                                 "events",
		`{"url":"https://tools.example.com/","events":[]}`:                     "events",
		`{"url":"https://tools.example.com/","events":["request.ready","no"]}`: "events[1]",
		`{"url":"https://tools.example.com/","events":["webhook.test"]}`:       "events[0]",
	} {
		p := g.Call("POST", "/api/v1/webhooks", "admin", body).Problem(422, "invalid_value")
		if p.Field != field {
			t.Errorf("%s: got field %q, want %q", body, p.Field, field)
		}
	}
	for range 20 {
		g.Call("POST", "/api/v1/webhooks", "admin", `{"url":"https://tools.example.com/","events":["request.ready"]}`).Want(201)
	}
	g.Call("POST", "/api/v1/webhooks", "admin", `{"url":"https://tools.example.com/","events":["request.ready"]}`).Problem(409, "too_many_webhooks")
}

// TestSecretsAreSealed: neither they nor the address are to be found in the data folder.
func TestSecretsAreSealed(t *testing.T) {
	t.Parallel()
	g, r := hooked(t, ""), receive(t)
	hook, secret := subscribe(g, r, "request.ready")
	g.Call("POST", "/api/v1/webhooks/"+hook+"/test", "admin", "").Want(202)
	settled(t, g, hook)
	shown := g.Call("GET", "/api/v1/webhooks/"+hook, "admin", "").Want(200)
	files, err := filepath.Glob(filepath.Join(g.Dir, "data", "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // a folder
		}
		for _, canary := range []string{secret, strings.TrimPrefix(secret, "whsec_"), "capability"} {
			if bytes.Contains(text, []byte(canary)) {
				t.Errorf("%s holds %q in clear", filepath.Base(file), canary)
			}
		}
	}
	if strings.Contains(g.Log.String()+string(shown.Body), secret) || strings.Contains(g.Log.String(), "capability") {
		t.Error("the secret or the address is told once more")
	}
}

const callbackSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="

// TestCallbackOfARequest: told of that request alone, at a host that the configuration lists.
func TestCallbackOfARequest(t *testing.T) {
	t.Parallel()
	r := receive(t)
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(callbackSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	g := hooked(t, fmt.Sprintf(", callbacks: [{host: %q, secret_file: %q}]", strings.TrimPrefix(r.URL, "http://"), file))
	waitFor(t, g, g.Submit(apptest.Minimal), "review")
	submitted := g.Call("POST", "/api/v1/requests", "requester", `{"selectors":[{"conversation_id":"c-1"}],"callback_url":"`+r.URL+`/a?b=c"}`).Want(201).Object()
	id := submitted["id"].(string)
	if submitted["callback_url"] != r.URL+"/a?b=c" {
		t.Errorf("got %v", submitted["callback_url"])
	}
	got := r.until(1)
	if len(got) != 1 || got[0].event != "request.review" || got[0].data["request"] != id || !verifies(t, callbackSecret, got[0]) {
		t.Errorf("got %v", got)
	}
	list := settled(t, g, "callback")
	if len(list) != 1 || list[0]["state"] != "delivered" || list[0]["request"] != id {
		t.Errorf("the log has %v", list)
	}
	g.Call("POST", "/api/v1/webhooks/callback/deliveries/"+list[0]["id"].(string)+"/replay", "admin", "").Want(202)
	r.until(2)
	settled(t, g, "callback")
	g.Call("DELETE", "/api/v1/requests/"+id, "admin", "").Want(204)
	if list := deliveries(g, "callback", ""); len(list) != 0 {
		t.Errorf("the purge leaves %v", list)
	}
	for _, address := range []string{"https://elsewhere.example.com/", "http://127.0.0.1:1/", "nothing"} {
		p := g.Call("POST", "/api/v1/requests", "requester", `{"selectors":[{"conversation_id":"c-1"}],"callback_url":"`+address+`"}`).Problem(422, "invalid_value")
		if p.Field != "callback_url" || strings.Contains(p.Detail, address) {
			t.Errorf("%s: got %+v", address, p)
		}
	}
}

func TestDeliveriesArePaged(t *testing.T) {
	t.Parallel()
	g, r := hooked(t, ""), receive(t)
	hook, _ := subscribe(g, r, "request.ready")
	var sent []string
	for range 5 {
		sent = append(sent, g.Call("POST", "/api/v1/webhooks/"+hook+"/test", "admin", "").Want(202).Object()["id"].(string))
	}
	settled(t, g, hook)
	var seen []string
	for query := "?limit=2"; ; {
		page := g.Call("GET", "/api/v1/webhooks/"+hook+"/deliveries"+query, "admin", "").Want(200).Object()
		for _, d := range page["items"].([]any) {
			seen = append(seen, d.(map[string]any)["id"].(string))
		}
		next, more := page["next_cursor"].(string)
		if !more {
			break
		}
		query = "?limit=2&state=delivered&cursor=" + next
	}
	slices.Reverse(sent)
	if diff := cmp.Diff(sent, seen); diff != "" {
		t.Errorf("the newest first (-sent +seen):\n%s", diff)
	}
	g.Call("GET", "/api/v1/webhooks/"+hook+"/deliveries?state=lost", "admin", "").Problem(422, "invalid_value")
	g.Call("GET", "/api/v1/webhooks/"+hook+"/deliveries?limit=201", "admin", "").Problem(422, "invalid_value")
	g.Call("GET", "/api/v1/webhooks/"+hook+"/deliveries?page=2", "admin", "").Problem(400, "unknown_field")
}
