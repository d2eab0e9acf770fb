package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

const otherToken = "test-token-of-the-other-0123456789abcdef"

// TestOneTokenCannotStopTheOthers: with 300 descriptors, one token opens as many streams as
// it can, and connections on which it calls slowly, half or not at all. Everybody else is
// answered. Then the terminal goes, and who reads the log: the service stays.
func TestOneTokenCannotStopTheOthers(t *testing.T) {
	t.Parallel()
	h := &harness{t: t, dir: t.TempDir(), log: &logBuffer{}}
	h.vendor = chaos.New(vendor.Sample(), vendor.Options{Keys: []string{testKey}, Latency: time.Minute})
	server := httptest.NewServer(h.vendor)
	t.Cleanup(server.Close)
	h.configure(server.URL, setup{tokens: ", {name: greedy, role: requester, token_file: ./greedy}"})
	h.write("greedy", otherToken)
	p := h.answering(h.launchUnder("ulimit -n 300"))
	id := h.submit(`{"selectors":[{"conversation_id":"c-1"}]}`)

	host := strings.TrimPrefix(h.url, "http://")
	call := fmt.Sprintf("GET /api/v1/requests/%s/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", id, otherToken)
	var streams []net.Conn
	for range 20 { // limits.streams
		streams = append(streams, h.dials(host, call, http.StatusOK))
	}
	for i, sent := range []string{call, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", call[:80], "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n", ""} {
		for range 150 {
			h.dials(host, sent, 0)
		}
		h.wantAnswered(i)
	}
	h.dials(host, call, http.StatusTooManyRequests)
	for _, stream := range streams {
		if _, err := io.WriteString(stream, "\r\n"); err != nil {
			t.Errorf("a stream that was open before was cut: %v", err)
		}
	}

	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	h.wantAnswered("after a SIGHUP")
	h.wantLogInUTC()
	_ = p.log.Close()
	h.wantAnswered("without a reader of the log") // each call has something to log
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(stopTime):
		t.Error("the program does not stop")
	}
}

// dials sends the text on a connection of its own, which stays open; with a status it waits
// for that.
func (h *harness) dials(host, text string, status int) net.Conn {
	h.t.Helper()
	conn, err := net.Dial("tcp", host)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	_, _ = io.WriteString(conn, text) // it may have been closed already
	if status == 0 {
		return conn
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil) //nolint:bodyclose // the connection is closed
	if err != nil || resp.StatusCode != status {
		h.t.Fatalf("got %v, %v, want %d", resp, err, status)
	}
	return conn
}

// wantAnswered holds when others are answered, each on a connection of its own.
func (h *harness) wantAnswered(when any) {
	h.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
	for _, path := range []string{"/api/v1/requests", "/readyz"} {
		req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.url+path, nil)
		if err != nil {
			h.t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+testToken)
		resp, err := client.Do(req)
		if err != nil {
			h.t.Fatalf("%v: %s: %v", when, path, err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode >= 400 {
			h.t.Errorf("%v: %s: got %s", when, path, resp.Status)
		}
	}
}

// wantLogInUTC holds when every line on standard error is JSON with a time in UTC.
func (h *harness) wantLogInUTC() {
	h.t.Helper()
	for line := range bytes.Lines([]byte(h.log.String())) {
		var entry struct{ Time string }
		if err := json.Unmarshal(line, &entry); err != nil || !strings.HasSuffix(entry.Time, "Z") {
			h.t.Errorf("on standard error: %s", line)
		}
	}
}
