package ui_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

var byAdmin = dsr.Principal{ID: "user:admin", Role: dsr.Admin}

// hooked is a site that may tell this machine.
func hooked(t *testing.T) *site {
	t.Helper()
	return newSite(t, func(o *apptest.Setup) { o.Config = "webhooks: {allow_loopback: true}\n" })
}

func TestAWebhooksSecretIsShownOnce(t *testing.T) {
	t.Parallel()
	s := hooked(t)
	s.signIn("admin")
	s.get("/webhooks").says("There is no webhook yet.")
	s.get("/webhooks/new").says("archive ready", "source refused").saysNot("webhook.test")
	page := s.post("/webhooks", url.Values{"url": {"https://tools.example.com/dsr"}, "events": {"request.ready", "request.overdue"}}).want(http.StatusOK).says("It is shown only now")
	secret := attr(page.byID("secret"), "value")
	if _, err := dsr.HookKey(secret); err != nil {
		t.Fatalf("the secret is %q", secret)
	}
	list := s.get("/webhooks").says("https://tools.example.com/dsr", "archive ready, deadline passed", "active")
	if strings.Contains(string(list.Body), secret) {
		t.Error("the secret is shown a second time")
	}
	if e := s.Events(audit.WebhookCreated); len(e) != 1 || e[0].Actor != "user:admin" || e[0].Data["host"] != "tools.example.com" {
		t.Errorf("on record: %+v", e)
	}
}

func TestAWebhookNeedsAnAddressAndEvents(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("admin")
	for says, form := range map[string]url.Values{
		"Address: Give an address that begins with https://": {"url": {"http://127.0.0.1/"}, "events": {"request.ready"}},
		"Tell of: Choose at least one.":                      {"url": {"https://tools.example.com/dsr"}},
	} {
		page := s.post("/webhooks", form).says(says)
		if !strings.Contains(string(page.Body), form.Get("url")) {
			t.Errorf("%s: what was typed is lost", says)
		}
	}
}

// TestTheLogOfAWebhook: a test that fails is given up, sent again and arrives.
func TestTheLogOfAWebhook(t *testing.T) {
	t.Parallel()
	s := hooked(t)
	s.signIn("admin")
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(receiver.Close)
	made, err := s.Store.CreateWebhook(t.Context(), byAdmin, receiver.URL, dsr.HookEvents)
	if err != nil {
		t.Fatal(err)
	}
	path := "/webhooks/" + made.ID
	s.get(path).says("Nothing has been sent yet.", receiver.URL)
	s.post(path+"/test", nil).goes(path)
	s.get(path).says("A test is sent.", "waits").saysNot("Send again")
	s.Exec(`UPDATE deliveries SET state = 'dead', next_at = NULL, ended_at = created_at, status = 503, failure = 'status', attempts = 17`)
	s.get(path).says("given up", "It answers with status 503.", "17", "Send again")
	s.get("/webhooks").says("messages were given up")
	var id string
	if err := s.Store.DB().QueryRowContext(t.Context(), `SELECT id FROM deliveries`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	s.post(path+"/deliveries/"+id+"/replay", nil).goes(path)
	s.get(path).says("The message is sent once more.", "waits", "given up")
	s.get("/webhooks/callback").says("What is sent to the addresses that requests name themselves.", "Nothing has been sent yet.")
	s.get(path+"/delete").says("That cannot be undone", receiver.URL)
	s.post(path+"/delete", nil).goes("/webhooks")
	s.get("/webhooks").says("The webhook has been deleted.", "There is no webhook yet.")
	for _, gone := range []string{path, path + "/delete"} {
		s.get(gone).want(http.StatusNotFound)
	}
}

func TestWebhooksAreForAdministrators(t *testing.T) {
	t.Parallel()
	s := hooked(t)
	made, err := s.Store.CreateWebhook(t.Context(), byAdmin, "https://tools.example.com/dsr", dsr.HookEvents)
	if err != nil {
		t.Fatal(err)
	}
	for _, login := range []string{"requester", "approver", "auditor"} {
		s.client = s.browser()
		s.signIn(login)
		for _, path := range []string{"/webhooks", "/webhooks/new", "/webhooks/" + made.ID, "/webhooks/" + made.ID + "/delete", "/webhooks/callback"} {
			s.get(path).want(http.StatusForbidden)
		}
		for _, path := range []string{"/webhooks", "/webhooks/" + made.ID + "/test", "/webhooks/" + made.ID + "/delete", "/webhooks/" + made.ID + "/deliveries/x/replay"} {
			s.post(path, nil).want(http.StatusForbidden)
		}
	}
}

// webhookPath is the page of a webhook with a message in each state.
func (g *gallery) webhookPath() string {
	g.t.Helper()
	ctx := g.t.Context()
	made, err := g.Store.CreateWebhook(ctx, byAdmin, "https://tools.example.com/dsr", dsr.HookEvents)
	for range 3 {
		if err == nil {
			_, err = g.Store.TestWebhook(ctx, byAdmin, made.ID)
		}
	}
	if err != nil {
		g.t.Fatal(err)
	}
	for state, failure := range map[string]any{"dead": "private", "delivered": nil} {
		g.Exec(`UPDATE deliveries SET state = ?, next_at = NULL, ended_at = created_at, failure = ?, attempts = 1
			WHERE number = (SELECT min(number) FROM deliveries WHERE state = 'waiting' AND webhook_id = ?)`, state, failure, made.ID)
	}
	return "/webhooks/" + made.ID
}
