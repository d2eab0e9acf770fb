package ui_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/mail/mailtest"
)

// withMail is a site that tells its staff by way of a mail server on this machine.
func withMail(t *testing.T, server *mailtest.Server) *site {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, server.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	return newSite(t, func(o *apptest.Setup) {
		o.Workers = true
		o.Config = fmt.Sprintf("mail: {host: 127.0.0.1, port: %d, from: dsr@example.com, ca_file: %q}\n", server.Port, ca)
	})
}

func mailChoice(mode, address, language string) url.Values {
	return url.Values{"mail-mode": {mode}, "mail-address": {address}, "mail-language": {language}}
}

// assignTo makes a request and has an administrator assign it to somebody.
func (s *site) assignTo(login, reference string) dsr.Request {
	s.t.Helper()
	r, err := s.Store.Submit(s.t.Context(), dsr.Call{By: byAdmin}, dsr.Submission{Reference: reference, Sources: apptest.Sources[:1],
		Selectors: []dsr.Selector{{ConversationID: "canary-7f3a"}}, ReceivedAt: s.Clock.Now(), Language: "en"})
	if err == nil {
		_, err = s.Store.Amend(s.t.Context(), dsr.Call{By: byAdmin}, r.ID, dsr.Change{Assignee: &login})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func (s *site) await(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: this did not come to be", what)
		}
	}
}

// TestSomebodyIsToldByMailAsTheyChoose: in their language, with an id and a link.
func TestSomebodyIsToldByMailAsTheyChoose(t *testing.T) {
	t.Parallel()
	server := mailtest.New(t, mailtest.Options{})
	s := withMail(t, server)
	s.signIn("requester")
	s.get("/account").says("No e-mail", "E-mails have the ID of a request and a link")
	s.post("/account/mail", mailChoice("each", "Ana <ana@example.com>", "xx")).says("E-mail address: This is not an e-mail address.", "Choose one of the languages.")
	s.post("/account/mail", mailChoice("each", "ana@example.com", "de")).goes("/account")
	s.get("/account").says("Your choice has been saved.")
	if e := s.Events(audit.MailChosen); len(e) != 1 || e[0].Actor != "user:requester" || e[0].Data["mode"] != "each" || len(e[0].Data) != 1 {
		t.Errorf("on record: %+v", e)
	}
	r := s.assignTo("requester", "Eve Example")
	s.await("the message arrives", func() bool { return len(server.Messages()) == 1 })
	m := server.Messages()[0]
	if m.To != "ana@example.com" || !strings.Contains(m.Text, r.ID) || !strings.Contains(m.Text, "Ihnen wurde eine Anfrage zugewiesen") ||
		strings.Contains(m.Text, "Eve") || strings.Contains(m.Text, "canary") {
		t.Errorf("got %+v", m)
	}
	s.post("/account/mail", mailChoice("off", "", "")).goes("/account")
	s.assignTo("requester", "another")
	s.signIn("admin")
	s.get("/settings").says("E-mails to staff", "127.0.0.1")
	if len(server.Messages()) != 1 {
		t.Error("whoever wants no mail gets some")
	}
}

// TestAMailServerThatIsDownHoldsUpNothing: requests are searched, the service is ready, and what
// was given up stands under Settings.
func TestAMailServerThatIsDownHoldsUpNothing(t *testing.T) {
	t.Parallel()
	server := mailtest.New(t, mailtest.Options{Plain: true}) // which is as good as none
	s := withMail(t, server)
	s.signIn("requester")
	s.post("/account/mail", mailChoice("each", "ana@example.com", "en")).goes("/account")
	r := s.assignTo("requester", "Eve Example")
	s.await("the request is done", func() bool {
		now, err := s.Store.Lookup(t.Context(), r.ID)
		return err == nil && (now.Status == dsr.Ready || now.Status == dsr.Review)
	})
	tried := func(state dsr.DeliveryState) bool {
		report, err := s.Store.MailReport(t.Context())
		return err == nil && report.Notices[state] == 1
	}
	s.await("the message waits", func() bool { return tried(dsr.DeliveryWaiting) })
	s.get("/readyz").want(http.StatusOK)
	s.Clock.Add(73 * time.Hour)
	s.await("the message is given up", func() bool { return tried(dsr.DeliveryDead) })
	s.signIn("admin")
	s.get("/settings").says("Given up in the last 30 days", "requester", r.ID, "The mail server offers no TLS")
}

func TestWithoutAMailServerNobodyIsAsked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("admin")
	s.get("/account").saysNot("E-mails to you")
	s.get("/settings").says("E-mails to staff", "none set")
}
