package main

import (
	"bytes"
	"database/sql"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	"dsr-server/internal/fake/vendor"
)

func unlimitedFake() vendor.Options { return vendor.Options{RateWindow: vendor.Off} }

func TestFiguresAreTrueAndNameNobody(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{earliest: "2023-12-01", options: unlimitedFake()})
	id := h.submit(canaryRequest)
	h.until(id, "ready")
	if a := h.call("GET", "/metrics", "", "Authorization", "Bearer wrong"); a.status != http.StatusUnauthorized {
		t.Errorf("without a token: %d", a.status)
	}
	text := string(h.do("GET", "/metrics", "", http.StatusOK).raw)
	for _, want := range []string{`dsr_requests{status="ready"} 1`, `dsr_requests{status="failed"} 0`, `dsr_requests_overdue 0`,
		`dsr_jobs{kind="sweep",state="due"} 1`, `dsr_webhook_deliveries{state="dead"} 0`, `dsr_webhook_deliveries{state="waiting"} 0`, `dsr_mail_notices{state="dead"} 0`,
		`dsr_source_last_good_timestamp_seconds{source="bot"}`, "dsr_next_due_timestamp_seconds", "go_goroutines",
		`dsr_http_requests_total{method="POST",route="/api/v1/requests",status="201"} 1`, `dsr_http_request_duration_seconds_count{method="POST",route="/api/v1/requests"} 1`,
		`dsr_job_attempts_total{kind="package",outcome="finished"} 1`, `dsr_pages_read_total{endpoint="conversations",source="bot"}`,
		`dsr_records_read_total{endpoint="messages",source="bot"}`, `dsr_vendor_calls_total{endpoint="messages",lane="`, `outcome="good"}`,
		`dsr_limiter_wait_seconds_count{endpoint="conversations",lane="`, `dsr_lane_gap_seconds{endpoint="messages",lane="`, `dsr_lane_readers{lane="`,
		`dsr_requests_due_soon{days="7"} 0`, "dsr_ready 1", "dsr_disk_free_bytes", "dsr_build_info{version="} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the figures:\n%s", want, text)
		}
	}
	if strings.Contains(text, "93F1") || strings.Contains(text, id) {
		t.Error("the figures name somebody")
	}
	sources := h.do("GET", "/api/v1/sources", "", http.StatusOK).json["items"].([]any)
	if s := sources[0].(map[string]any); len(sources) != 1 || s["health"] != "good" || s["name"] != "bot" {
		t.Errorf("got sources %v", sources)
	}
}

func TestFiguresMoveToTheDebugListener(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{top: "debug_listen: 127.0.0.1:0", options: unlimitedFake()})
	if a := h.call("GET", "/metrics", ""); a.status != http.StatusNotFound {
		t.Errorf("on the public listener: %d", a.status)
	}
	for _, path := range []string{"/metrics", "/debug/pprof/goroutine?debug=1"} {
		resp, err := http.Get("http://" + h.p.DebugAddr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || len(body) == 0 {
			t.Errorf("%s: %d, %v", path, resp.StatusCode, err)
		}
	}
}

func TestTokensWorkUntilTheyAreRevoked(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{options: unlimitedFake()})
	secret := h.do("POST", "/api/v1/tokens", `{"name":"tickets","role":"auditor"}`, http.StatusCreated).json["token"].(string)
	as := func(path string) int { return h.call("GET", path, "", "Authorization", "Bearer "+secret).status }
	if got := as("/api/v1/requests"); got != http.StatusOK {
		t.Errorf("with the new token: %d", got)
	}
	if got := as("/api/v1/tokens"); got != http.StatusForbidden {
		t.Errorf("an auditor lists tokens: %d", got)
	}
	if found := h.filesWith(secret); len(found) > 0 {
		t.Errorf("the secret is in %v", found)
	}
	cfg := filepath.Join(h.dir, "dsr.yaml")
	for _, c := range []struct {
		args []string
		want int
	}{
		{[]string{"token", "add", "--role", "auditor", "tickets"}, 1}, {[]string{"token", "add", "--role", "auditor", "a/b"}, 1},
		{[]string{"token", "add", "--role", "admin", "other"}, 0}, {[]string{"token", "list"}, 0},
		{[]string{"token", "add", "--role", "admin", "--scope", "read", "--scope", "archives", "--expires", "2199-12-31", "third"}, 0},
		{[]string{"token", "add", "--role", "admin", "--scope", "all", "fourth"}, 1}, {[]string{"token", "add", "--role", "admin", "--expires", "soon", "fourth"}, 1},
		{[]string{"token", "rotate", "--overlap", "1h", "other"}, 0}, {[]string{"token", "rotate", "--overlap", "721h", "other"}, 1}, {[]string{"token", "rotate", "nobody"}, 1},
		{[]string{"token", "revoke", "tickets"}, 0}, {[]string{"token", "revoke", "tickets"}, 1},
	} {
		if got := run(t.Context(), append(c.args, "--config", cfg)); got != c.want {
			t.Errorf("%v ends with %d, want %d", c.args, got, c.want)
		}
	}
	if got := as("/api/v1/requests"); got != http.StatusUnauthorized {
		t.Errorf("with the revoked token: %d", got)
	}
}

func TestPeopleAreAddedAndDisabledFromTheCommandLine(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{options: unlimitedFake()})
	ana, faults := dsr.NewPerson("ana", "", dsr.Approver)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if err := addPerson(t.Context(), h.p.Store, ana, "short"); dsr.KindOf(err) != dsr.Invalid {
		t.Errorf("a short password: %v", err)
	}
	password, err := readPassword(strings.NewReader("a-long-and-right-one\r\nmore"))
	if err != nil || password != "a-long-and-right-one" {
		t.Fatalf("got %q, %v", password, err)
	}
	if err := addPerson(t.Context(), h.p.Store, ana, password); err != nil {
		t.Fatal(err)
	}
	signIn := func() int {
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := client.PostForm(h.url+"/sign-in", url.Values{"login": {"ana"}, "password": {password}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		return resp.StatusCode
	}
	if got := signIn(); got != http.StatusSeeOther {
		t.Errorf("signing in: %d", got)
	}
	if err := changePassword(t.Context(), h.p.Store, "ANA", "short"); dsr.KindOf(err) != dsr.Invalid {
		t.Errorf("a short new password: %v", err)
	}
	if err := changePassword(t.Context(), h.p.Store, "nobody", "a-new-and-right-one"); dsr.KindOf(err) != dsr.NotFound {
		t.Errorf("a password for nobody: %v", err)
	}
	if err := changePassword(t.Context(), h.p.Store, "ANA", "a-new-and-right-one"); err != nil {
		t.Fatal(err)
	}
	if got := signIn(); got == http.StatusSeeOther {
		t.Error("the forgotten password still works")
	}
	if password = "a-new-and-right-one"; signIn() != http.StatusSeeOther {
		t.Error("the new password does not work")
	}
	cfg := filepath.Join(h.dir, "dsr.yaml")
	for _, args := range [][]string{{"user", "list"}, {"user", "disable", "ANA"}, {"user", "disable", "ana"}} {
		if got := run(t.Context(), append(args, "--config", cfg)); got != 0 {
			t.Errorf("%v ends with %d", args, got)
		}
	}
	if got := run(t.Context(), []string{"user", "disable", "nobody", "--config", cfg}); got != 1 {
		t.Errorf("disabling nobody ends with %d", got)
	}
	if got := signIn(); got == http.StatusSeeOther {
		t.Error("somebody who was disabled signs in")
	}
}

func TestLinkHandsOutTheArchiveOnce(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{earliest: "2023-12-01", options: unlimitedFake()})
	id := h.submit(canaryRequest)
	h.until(id, "ready")
	whole := h.download(id).raw
	address := h.do("POST", "/api/v1/requests/"+id+"/links", "", http.StatusCreated).json["url"].(string)
	token := address[strings.LastIndex(address, "/")+1:]
	if !strings.HasPrefix(address, h.url) || len(h.filesWith(token)) > 0 || strings.Contains(h.log.String(), token) {
		t.Errorf("the link %s is not ours or was kept", address)
	}
	hash := auth.HashToken(token)
	if found := h.filesWith(string(hash[:])); len(found) == 0 {
		t.Error("the hash of the token is not kept, so the search above proves nothing")
	}
	post := func() (int, []byte) {
		resp, err := http.Post(address, "application/x-www-form-urlencoded", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, body
	}
	if status, body := post(); status != http.StatusOK || !bytes.Equal(body, whole) {
		t.Errorf("got %d and %d bytes, want the archive", status, len(body))
	}
	if status, _ := post(); status != http.StatusNotFound {
		t.Errorf("a second time: %d", status)
	}
}

func TestAuditVerifyEndsWithOneWhenTheLogIsAltered(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{options: unlimitedFake()})
	h.submit(canaryRequest)
	h.stop()
	db, err := sql.Open("sqlite3", filepath.Join(h.dir, "data", "dsr.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{`DROP TRIGGER audit_events_fixed`, `UPDATE audit_events SET leaf = CAST(replace(CAST(leaf AS TEXT), 'request.submitted', 'request.cancelled') AS BLOB)`} {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	cfg := filepath.Join(h.dir, "dsr.yaml")
	if got := run(t.Context(), []string{"audit", "verify", "--config", cfg}); got != 1 {
		t.Errorf("audit verify ends with %d, want 1", got)
	}
	if err := os.Remove(filepath.Join(h.dir, "data", "dsr.db")); err != nil {
		t.Fatal(err)
	}
	if got := run(t.Context(), []string{"audit", "verify", "--config", cfg}); got != 2 {
		t.Errorf("without a database audit verify ends with %d, want 2", got)
	}
}

func TestEventsEndWithTheRequest(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{earliest: "2023-12-01", options: unlimitedFake()})
	id := h.submit(canaryRequest)
	text := string(h.do("GET", "/api/v1/requests/"+id+"/events", "", http.StatusOK).raw)
	last := text[strings.LastIndex(text, "event: status"):]
	if !strings.Contains(last, `{"status":"ready","complete":true}`) || !strings.Contains(last, "event: progress") {
		t.Errorf("got %s", text)
	}
}
