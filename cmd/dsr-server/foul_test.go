package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dsr-server/internal/fake/vendor"
)

// stranger is what a foul vendor puts where no data belongs: somebody who has nothing to
// do with the request. The name is of letters only, so that no filter of characters stops it.
const (
	strangerName  = "Ottilie Fremdling"
	strangerEmail = "stranger.z9w4@elsewhere.example"
	stranger      = strangerName + " " + strangerEmail
)

// foulAnswers are whole answers, as bytes, that hold the stranger in a place where a
// library of HTTP, JSON or gzip might repeat it.
var foulAnswers = map[string]string{
	"length too small":      "HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n{\"data\":[{\"_id\":\"a\",\"n\":\"" + stranger + "\"}],\"cursor\":null}",
	"more behind the page":  "HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{\"data\":[],\"cursor\":null}" + stranger,
	"more behind chunks":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n19\r\n{\"data\":[],\"cursor\":null}\r\n0\r\n\r\n" + stranger,
	"an answer behind":      "HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{\"data\":[],\"cursor\":null}HTTP/1.1 200 " + stranger + "\r\n\r\n",
	"more behind nothing":   "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + stranger,
	"header without colon":  "HTTP/1.1 200 OK\r\n" + stranger + "\r\n\r\n",
	"header name":           "HTTP/1.1 200 OK\r\n" + stranger + ": 1\r\n\r\n",
	"header continued":      "HTTP/1.1 200 OK\r\n " + stranger + "\r\n\r\n",
	"status line":           stranger + "\r\n\r\n",
	"protocol":              strangerEmail + "/1.1 200 OK\r\n\r\n",
	"status":                "HTTP/1.1 " + strangerEmail + " OK\r\n\r\n",
	"content length":        "HTTP/1.1 200 OK\r\nContent-Length: " + stranger + "\r\n\r\n",
	"two content lengths":   "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: " + stranger + "\r\n\r\n",
	"transfer encoding":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + stranger + "\r\n\r\n",
	"chunk size":            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + stranger + "\r\n",
	"trailer":               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n19\r\n{\"data\":[],\"cursor\":null}\r\n0\r\n" + stranger + "\r\n\r\n",
	"no gzip":               "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 49\r\n\r\n" + stranger,
	"coding":                "HTTP/1.1 200 OK\r\nContent-Encoding: " + stranger + "\r\nContent-Length: 0\r\n\r\n",
	"reason phrase":         "HTTP/1.1 503 " + stranger + "\r\nContent-Length: 49\r\n\r\n" + stranger,
	"date":                  "HTTP/1.1 503 Busy\r\nDate: " + stranger + "\r\nContent-Length: 0\r\n\r\n",
	"retry after":           "HTTP/1.1 429 Slow\r\nRetry-After: " + stranger + "\r\nContent-Length: 0\r\n\r\n",
	"informational":         "HTTP/1.1 103 " + stranger + "\r\nLink: " + stranger + "\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
	"protocol switched":     "HTTP/1.1 101 " + stranger + "\r\nUpgrade: " + strangerEmail + "\r\nConnection: upgrade\r\n\r\n" + stranger,
	"error object":          "HTTP/1.1 200 OK\r\nContent-Length: 61\r\n\r\n{\"error\":\"" + stranger + "\"}",
	"a name for data":       "HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n{\"data\":\"" + stranger + "\"}",
	"a name for a record":   "HTTP/1.1 200 OK\r\nContent-Length: 62\r\n\r\n{\"data\":[\"" + stranger + "\"]}",
	"a name for the cursor": "HTTP/1.1 200 OK\r\nContent-Length: 76\r\n\r\n{\"data\":[],\"cursor\":{\"" + stranger + "\":1}}",
	"broken JSON":           "HTTP/1.1 200 OK\r\nContent-Length: 57\r\n\r\n{\"data\":" + stranger,
	"sign-in page":          "HTTP/1.1 200 OK\r\nContent-Length: 55\r\n\r\n<html>" + stranger,
}

// foulRefusals are not worth repeating: each ends the source.
var foulRefusals = map[string]string{
	"where a redirect leads":  "HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/?who=" + strangerEmail + "\r\nContent-Length: 0\r\n\r\n",
	"a redirect to no URL":    "HTTP/1.1 302 Found\r\nLocation: http://[" + strangerEmail + "\r\nContent-Length: 0\r\n\r\n",
	"what the vendor says":    "HTTP/1.1 422 Bad\r\nContent-Length: 70\r\n\r\n{\"error\":\"" + strangerName + " may not read the bot of " + strangerName + "\"}",
	"reason of a refusal":     "HTTP/1.1 404 " + stranger + "\r\nContent-Length: 0\r\n\r\n",
	"what the vendor demands": "HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm=\"" + stranger + "\"\r\nContent-Length: 0\r\n\r\n",
}

// foulVendor stands before a vendor and answers some calls itself, on connections that it
// keeps open, as a vendor's server does.
type foulVendor struct {
	good http.Handler

	mu     sync.Mutex
	queue  []string // answers still to be given, to every other call
	always string   // the answer to every call, if not empty
	calls  int
}

func (f *foulVendor) next() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.always != "" {
		return f.always
	}
	f.calls++
	if f.calls%2 == 1 || len(f.queue) == 0 {
		return ""
	}
	answer := f.queue[0]
	f.queue = f.queue[1:]
	return answer
}

func (f *foulVendor) set(always string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.always = always
}

func (f *foulVendor) left() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.queue)
}

func (f *foulVendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := f.next()
	if answer == "" {
		f.good.ServeHTTP(w, r)
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	go serveFoul(conn, answer)
}

// serveFoul keeps the connection until the caller leaves or calls again.
func serveFoul(conn net.Conn, answer string) {
	defer conn.Close()
	_, _ = io.WriteString(conn, answer)
	_, _ = conn.Read(make([]byte, 1))
}

func serveVendor(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// foulVendors is the real program between a foul vendor of each kind.
type foulVendors struct {
	*harness
	bot, desk *foulVendor
	shown     bytes.Buffer // what people and programs were shown beside the log
}

func newFoulVendors(t *testing.T) *foulVendors {
	t.Helper()
	h := prepare(t, canaryData(t), setup{pageSize: 2, earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}, source: "timeout: 3s"})
	f := &foulVendors{harness: h, bot: &foulVendor{good: h.vendor}, desk: &foulVendor{good: http.NotFoundHandler()}}
	for _, answer := range foulAnswers {
		f.bot.queue = append(f.bot.queue, answer)
	}
	f.configure(serveVendor(t, f.bot), setup{pageSize: 2, earliest: "2023-12-01", source: "timeout: 3s"})
	h.write("avaamo-user", avaamoUser)
	text, err := os.ReadFile(filepath.Join(h.dir, "dsr.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	source := fmt.Sprintf("  - {name: desk, type: avaamo, base_url: %q, agent_id: \"7\", access_token_file: ./avaamo-user, earliest: 2025-01-01, rate: 100/s, timeout: 3s}\nbootstrap:",
		serveVendor(t, f.desk))
	h.write("dsr.yaml", strings.Replace(string(text), "bootstrap:", source, 1))
	return f
}

// show keeps what an answer of the API says.
func (f *foulVendors) show(a answer) answer {
	f.t.Helper()
	f.shown.Write(a.raw)
	return a
}

// command runs a command of the program beside the service.
func (f *foulVendors) command(args ...string) {
	f.t.Helper()
	self, err := os.Executable()
	if err != nil {
		f.t.Fatal(err)
	}
	cmd := exec.CommandContext(f.t.Context(), self, append(args, "--config", filepath.Join(f.dir, "dsr.yaml"))...)
	cmd.Env = []string{asProgram + "=1", "TMPDIR=" + f.dir}
	said, err := cmd.CombinedOutput()
	if len(said) == 0 {
		f.t.Errorf("%v says nothing (%v)", args, err)
	}
	f.shown.Write(said)
}

func (f *foulVendors) wantNoStranger(where string, text []byte) {
	f.t.Helper()
	for _, value := range []string{strangerName, strangerEmail} {
		for _, line := range bytes.Split(text, []byte("\n")) {
			if holds(line, value) {
				f.t.Errorf("%s: there is %q: %s", where, value, line)
			}
		}
	}
}

// TestNoVendorsByteLeaks has a vendor misbehave in every way we know and looks for what it
// said everywhere: on standard error, in files, in answers, in the archive of somebody else.
func TestNoVendorsByteLeaks(t *testing.T) {
	t.Parallel()
	f := newFoulVendors(t)
	program := f.spawn()
	complete, found := f.search()
	if n := f.bot.left(); n > 0 {
		t.Fatalf("%d foul answers were not given: the search was too short", n)
	}
	if complete && !found {
		t.Error("the result is called complete, and the conversation was not found")
	}
	if _, found := f.search(); !found {
		t.Error("the conversation was not found when the vendor answered well again")
	}
	for _, kinds := range []map[string]string{foulAnswers, foulRefusals} {
		for _, answer := range kinds {
			f.bot.set(answer)
			f.show(f.call(http.MethodPost, "/api/v1/sources/bot/check", "{}"))
		}
	}
	for _, vendor := range []*foulVendor{f.bot, f.desk} {
		for what, answer := range foulRefusals {
			vendor.set(answer)
			f.refused(what)
		}
	}
	f.command("check")
	f.command("extract", "--source", "desk", "--metadata", "*=nobody", "--out", filepath.Join(f.dir, "extract.zip"))
	f.show(f.call(http.MethodGet, "/metrics", ""))
	f.show(f.call(http.MethodGet, "/api/v1/audit", ""))
	f.show(f.call(http.MethodGet, "/api/v1/sources", ""))
	program.terminate(func() {})
	if !strings.Contains(f.log.String(), "vendor call failed") || f.shown.Len() < 10_000 {
		t.Errorf("the log has %d bytes, shown were %d: the search looks at nothing", len(f.log.String()), f.shown.Len())
	}
	f.wantNoStranger("standard error", []byte(f.log.String()))
	f.wantNoStranger("answers", f.shown.Bytes())
	for _, value := range []string{strangerName, strangerEmail} {
		if found := filesWith(t, f.dir, value); len(found) > 0 {
			t.Errorf("%q is in %v", value, found)
		}
	}
}

// search says whether the bot was read whole and the conversation found. A page may hold no
// record or name no next page: it counts as read then, and the result is incomplete.
func (f *foulVendors) search() (complete, found bool) {
	f.t.Helper()
	id := f.submitFor("bot")
	complete = f.until(id, "ready", "review")["complete"] == true
	archive := f.download(id)
	for name, body := range archive.entries {
		f.wantNoStranger("archive, "+name, body)
	}
	return complete, strings.Contains(string(archive.entries["data/bot/messages.ndjson"]), canaries["message"])
}

func (f *foulVendors) submitFor(source string) string {
	f.t.Helper()
	body, err := json.Marshal(map[string]any{"sources": []string{source}, "selectors": []any{
		map[string]any{"metadata": map[string]any{"key": "email", "value": canaries["email"]}},
	}})
	if err != nil {
		f.t.Fatal(err)
	}
	return f.submit(string(body))
}

// refused has a request end at vendors that refuse, and keeps all that is said of it.
func (f *foulVendors) refused(what string) {
	f.t.Helper()
	for _, source := range []string{"bot", "desk"} {
		id := f.submitFor(source)
		for deadline := time.Now().Add(time.Minute); ; pause(f.t, 50*time.Millisecond) {
			a := f.show(f.call(http.MethodGet, "/api/v1/requests/"+id, ""))
			if a.json["status"] == "review" || a.json["status"] == "ready" {
				break
			}
			if time.Now().After(deadline) {
				f.t.Fatalf("%s: %s\n%s", what, a.raw, f.log.tail())
			}
		}
		f.show(f.call(http.MethodGet, "/api/v1/requests/"+id+"/coverage?view=staff", ""))
		for name, body := range f.download(id).entries {
			f.wantNoStranger(what+": archive, "+name, body)
		}
	}
}
