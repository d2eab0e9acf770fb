package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
	"dsr-server/internal/fake/vendor"
)

const (
	pngFile     = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
	fileCanary  = "Zq7canaryInAFile"
	addressFile = "/Zq7canaryInAnAddress.pdf"
)

// fileSite is a real server of files on this machine.
type fileSite struct {
	*httptest.Server
	mu     sync.Mutex
	routes map[string]http.HandlerFunc
	asked  map[string]int
	during func(path string)
}

func serveFiles(t *testing.T, routes map[string]http.HandlerFunc) *fileSite {
	t.Helper()
	s := &fileSite{routes: routes, asked: map[string]int{}, during: func(string) {}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked[r.URL.Path]++
		route, during := s.routes[r.URL.Path], s.during
		s.mu.Unlock()
		during(r.URL.Path)
		if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" || r.Header.Get("X-Api-Key") != "" {
			t.Errorf("a key was sent: %v", r.Header)
		}
		if route == nil {
			http.NotFound(w, r)
			return
		}
		route(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *fileSite) host() string { return strings.TrimPrefix(s.URL, "http://") }

// route puts another answer in place of one.
func (s *fileSite) route(path string, h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.routes[path] = h
}

func (s *fileSite) times(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[path]
}

func says(content string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, content) }
}

func answers(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

// talkOf is one conversation whose messages refer to files at the addresses.
func talkOf(addresses ...string) map[string][]byte {
	var messages []json.RawMessage
	for i, a := range addresses {
		messages = append(messages, fmt.Appendf(nil, `{"_id":"m%03d","conversationId":"c1","time":%d,"type":"BotMessage","outMsg":{"attachment":{"url":%q}}}`, i, 1735703800+i, a))
	}
	return map[string][]byte{
		"conversations.ndjson": []byte(`{"_id":"c1","startTime":1735703772,"lastActionAt":"2025-01-02T00:00:00","metadata":{"email":"ana@example.com"}}` + "\n"),
		"messages.ndjson":      asLines(messages),
	}
}

var ofAnaAlone = question{selectors: []selector{{Key: "email", Value: "ana@example.com"}}}

// fetching are the keys of a source whose files are fetched from the site.
func (s *fileSite) fetching(more string) string {
	return fmt.Sprintf(`, files: {fetch: true, hosts: [%q], allow_loopback: true%s}`, s.host(), more)
}

// fileCounts are the files of a request by source.
func (h *harness) fileCounts(id string) map[string]*dsr.FileCount {
	h.t.Helper()
	var c dsr.Coverage
	if a := h.call("GET", "/api/v1/requests/"+id+"/coverage", ""); a.status != 200 || json.Unmarshal(a.raw, &c) != nil {
		h.t.Fatalf("GET coverage: %d %s", a.status, a.raw)
	}
	counts := map[string]*dsr.FileCount{}
	for _, s := range c.Sources {
		counts[s.Name] = s.Files
	}
	return counts
}

func (h *harness) wantFiles(id string, want map[string]*dsr.FileCount) {
	h.t.Helper()
	if diff := cmp.Diff(want, h.fileCounts(id)); diff != "" {
		h.t.Errorf("files (-want +got):\n%s\n%s", diff, h.story())
	}
}

// files are the names of the entries below files/.
func (b bundle) files() (names []string) {
	for _, name := range slices.Sorted(maps.Keys(b.entries)) {
		if strings.HasPrefix(name, "files/") {
			names = append(names, name)
		}
	}
	return names
}

func fileNamed(source, content, extension string) string {
	sum := sha256.Sum256([]byte(content))
	return "files/" + source + "/" + hex.EncodeToString(sum[:]) + extension
}

func endlessly(w http.ResponseWriter, _ *http.Request) {
	piece := make([]byte, 1<<20)
	for range 2 << 10 {
		if _, err := w.Write(piece); err != nil {
			return
		}
	}
}

// TestFilesAreFetchedOrNamed takes every kind of answer to its place: in the archive, or by
// name in coverage, start page and transcript.
func TestFilesAreFetchedOrNamed(t *testing.T) {
	t.Parallel()
	other := serveFiles(t, map[string]http.HandlerFunc{"/x.png": says(pngFile)})
	var once sync.Once
	s := serveFiles(t, nil)
	s.routes = map[string]http.HandlerFunc{
		"/picture": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, pngFile)
		},
		"/run.png": says("<!DOCTYPE html><script>alert(1)</script>"),
		"/on":      func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/picture", http.StatusFound) },
		"/off": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/x.png", http.StatusFound)
		},
		"/endless": endlessly, "/403": answers(403), "/410": answers(410),
		"/cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "half")
		},
		"/busy": func(w http.ResponseWriter, r *http.Request) {
			refused := false
			once.Do(func() { refused = true })
			if refused {
				w.WriteHeader(503)
				return
			}
			says("%PDF-1.7\n")(w, r)
		},
	}
	h := dumpHouse(t, talkOf(s.URL+"/picture", s.URL+"/run.png", s.URL+"/on", s.URL+"/off", s.URL+"/endless", s.URL+"/403", s.URL+"/404", s.URL+"/410",
		s.URL+"/cut", s.URL+"/busy", other.URL+"/x.png", "http://me:pw@"+s.host()+"/picture", s.URL+"/picture"), s.fetching(", max_size: 1MiB"))
	id := h.submit(ofAnaAlone.body())
	if detail := h.wantReason(id, dsr.ReasonFilesMissing); detail != "6 of the files that messages refer to could not be fetched" {
		t.Errorf("got %q", detail)
	}
	h.wantFiles(id, map[string]*dsr.FileCount{"bot": {Referred: 12, Fetched: 4, Missing: map[string]int64{
		dsr.MissingHostNotListed: 2, dsr.MissingTooLarge: 1, dsr.MissingRefused: 1, dsr.MissingGone: 2, dsr.MissingBroken: 1, dsr.MissingNotAllowed: 1,
	}}})
	b := h.download(id)
	want := []string{fileNamed("bot", pngFile, ".png"), fileNamed("bot", "<!DOCTYPE html><script>alert(1)</script>", ".txt"), fileNamed("bot", "%PDF-1.7\n", ".pdf")}
	slices.Sort(want)
	if diff := cmp.Diff(want, b.files()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	for _, page := range []string{"index.html", "conversations/bot/c1.html"} {
		for _, path := range []string{"/off", "/endless", "/403", "/404", "/410", "/cut"} {
			if !strings.Contains(string(b.entries[page]), s.URL+path) {
				t.Errorf("%s does not name %s", page, path)
			}
		}
	}
	if other.times("/x.png") != 0 || s.times("/cut") != 4 || s.times("/404") != 1 || s.times("/picture") != 2 {
		t.Errorf("asked %v, elsewhere %v", s.asked, other.asked)
	}
}

// TestFilesAreCountedForEveryTypeOfSource: without being told to fetch, nobody is asked, and
// the search is as complete as before.
func TestFilesAreCountedForEveryTypeOfSource(t *testing.T) {
	t.Parallel()
	s := serveFiles(t, nil)
	sample := vendor.Sample()
	messages := soundMessages(sample)
	for i, m := range messages {
		messages[i] = json.RawMessage(strings.Replace(string(m), `{`, fmt.Sprintf(`{"photo":"%s/%d",`, s.URL, i), 1))
	}
	avaamo := vendor.AvaamoSample()
	var entries []json.RawMessage
	for i, e := range avaamo.Entries() {
		entries = append(entries, json.RawMessage(strings.Replace(string(e), `{`, fmt.Sprintf(`{"attachments":[{"url":"%s/avaamo/%d"}],`, s.URL, i), 1)))
	}
	data, err := vendor.NewAvaamoData(vendor.AvaamoRecords{Entries: entries})
	if err != nil {
		t.Fatal(err)
	}
	d := openWithAvaamo(t, avaamoSetup{data: data, dump: map[string][]byte{"conversations.ndjson": asLines(sample.Conversations()), "messages.ndjson": asLines(messages)}})
	live, _ := mustData(t, sample.Conversations(), messages)
	d.countedOnly(ask(typedAddress, firstDevice).over("desk", "old"))
	open(t, live, setup{earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}}).countedOnly(ask(typedAddress).over("bot"))
	if len(s.asked) != 0 {
		t.Errorf("asked %v", s.asked)
	}
}

// countedOnly asks a question of which every message found refers to a file.
func (h *harness) countedOnly(body string) {
	h.t.Helper()
	t, id := h.t, h.submit(body)
	if r := h.until(id, "ready", "review", "failed"); r["status"] != "ready" || r["complete"] != true {
		t.Fatalf("%v, error %v", r["status"], r["error"])
	}
	b := h.download(id)
	for source, count := range h.fileCounts(id) {
		n := int64(len(b.lines(t, "data/"+source+"/messages.ndjson")))
		if diff := cmp.Diff(&dsr.FileCount{Referred: n, Missing: map[string]int64{dsr.MissingNotAllowed: n}}, count); diff != "" || n == 0 {
			t.Errorf("%s has %d messages (-want +got):\n%s", source, n, diff)
		}
	}
	if len(b.files()) != 0 {
		t.Errorf("files %v", b.files())
	}
}

// TestDeclaredPathsAndLimitsHold: files.paths and limits.request_files.
func TestDeclaredPathsAndLimitsHold(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 700<<10)
	s := serveFiles(t, map[string]http.HandlerFunc{"/1": says(large), "/2": says(large + "y"), "/3": says("small")})
	files := talkOf()
	files["messages.ndjson"] = fmt.Appendf(nil, `{"_id":"m1","conversationId":"c1","time":1735703800,"type":"BotMessage","outMsg":{"items":[{"where":"%[1]s/1"},{"where":"%[1]s/2"},{"where":"%[1]s/3"}]}}`+"\n", s.URL)
	h := prepareDump(t, files, s.fetching(", paths: [outMsg.items.*.where]"))
	text, err := os.ReadFile(filepath.Join(h.dir, "dsr.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	h.write("dsr.yaml", "limits: {request_files: 1MiB}\n"+string(text))
	h.start(setup{})
	id := h.submit(ofAnaAlone.body())
	h.until(id, "review")
	h.wantFiles(id, map[string]*dsr.FileCount{"bot": {Referred: 3, Fetched: 2, Missing: map[string]int64{dsr.MissingRequestFull: 1}}})
	if diff := cmp.Diff(2, len(h.download(id).files())); diff != "" {
		t.Error(diff)
	}
}

// TestInnerAddressesAreNotAsked: a name that leads to this machine, without permission.
func TestInnerAddressesAreNotAsked(t *testing.T) {
	t.Parallel()
	s := serveFiles(t, map[string]http.HandlerFunc{"/x.png": says(pngFile)})
	_, port, _ := strings.Cut(s.host(), ":")
	h := dumpHouse(t, talkOf(s.URL+"/x.png", "http://localhost:"+port+"/x.png", "http://169.254.169.254/x.png", "http://10.0.0.1/x.png"),
		fmt.Sprintf(`, files: {fetch: true, hosts: ["%s", "localhost:%s", "169.254.169.254", "10.0.0.1"]}`, s.host(), port))
	id := h.submit(ofAnaAlone.body())
	h.until(id, "review")
	h.wantFiles(id, map[string]*dsr.FileCount{"bot": {Referred: 4, Missing: map[string]int64{dsr.MissingPrivateAddress: 4}}})
	if s.times("/x.png") != 0 {
		t.Error("this machine was asked")
	}
}

// TestAKillCostsOneFile: what has been fetched is not asked for again, what was under way
// leaves nothing behind.
func TestAKillCostsOneFile(t *testing.T) {
	t.Parallel()
	routes := map[string]http.HandlerFunc{}
	var addresses []string
	s := serveFiles(t, routes)
	for i := range 6 {
		routes[fmt.Sprintf("/%d", i)] = says(fmt.Sprintf("%s %d", pngFile, i))
		addresses = append(addresses, fmt.Sprintf("%s/%d", s.URL, i))
	}
	reached, held := make(chan struct{}), make(chan struct{})
	var first atomic.Bool
	s.routes["/3"] = func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, pngFile)
		_ = http.NewResponseController(w).Flush()
		if first.CompareAndSwap(false, true) {
			close(reached)
			<-held
		}
		_, _ = io.WriteString(w, " 3")
	}
	t.Cleanup(sync.OnceFunc(func() { close(held) }))
	h := prepareDump(t, talkOf(addresses...), s.fetching(""))
	p := h.spawn()
	id := h.submit(ofAnaAlone.body())
	h.come("the fourth file is under way", reached)
	p.kill()
	p = h.spawn()
	h.until(id, "ready")
	h.wantFiles(id, map[string]*dsr.FileCount{"bot": {Referred: 6, Fetched: 6, Missing: map[string]int64{}}})
	for i := range 6 {
		want := 1
		if i == 3 {
			want = 2
		}
		if n := s.times(fmt.Sprintf("/%d", i)); n != want {
			t.Errorf("file %d was asked for %d times", i, n)
		}
	}
	b := h.download(id)
	if len(b.files()) != 6 {
		t.Errorf("got %v", b.files())
	}
	h.idle()
	if files, err := os.ReadDir(filepath.Join(h.dir, "data", "archives")); err != nil || len(files) != 7 {
		t.Errorf("the archive folder holds %d files (%v), want the archive and six that go into it", len(files), err)
	}
	h.wantNoAttemptUsed()
	p.kill()
}

// TestARetryFetchesWhatWasMissing and nothing else.
func TestARetryFetchesWhatWasMissing(t *testing.T) {
	t.Parallel()
	s := serveFiles(t, map[string]http.HandlerFunc{"/1": says(pngFile)})
	h := dumpHouse(t, talkOf(s.URL+"/1", s.URL+"/2"), s.fetching(""))
	id := h.submit(ofAnaAlone.body())
	h.wantReason(id, dsr.ReasonFilesMissing)
	first := h.download(id)
	s.route("/2", says("%PDF-1.7\n"))
	if a := h.call("POST", "/api/v1/requests/"+id+"/retry", "{}"); a.status != 200 {
		t.Fatalf("retry: %d %s", a.status, a.raw)
	}
	if r := h.until(id, "ready", "review"); r["status"] != "ready" || r["complete"] != true {
		t.Errorf("got %v, %v", r["status"], r["error"])
	}
	h.wantFiles(id, map[string]*dsr.FileCount{"bot": {Referred: 2, Fetched: 2, Missing: map[string]int64{}}})
	if s.times("/1") != 1 || s.times("/2") != 2 {
		t.Errorf("asked %v", s.asked)
	}
	b := h.download(id)
	for name, body := range first.entries {
		if strings.HasPrefix(name, "data/") && string(b.entries[name]) != string(body) {
			t.Errorf("%s differs", name)
		}
	}
}

// TestFilesAreSealedAndPurged: at rest neither the address nor the content is readable, and
// nothing is left after a purge.
func TestFilesAreSealedAndPurged(t *testing.T) {
	t.Parallel()
	s := serveFiles(t, map[string]http.HandlerFunc{addressFile: says("%PDF-1.7 " + fileCanary)})
	h := dumpHouse(t, talkOf(s.URL+addressFile, s.URL+"/missing"+addressFile), s.fetching(""))
	id := h.submit(ofAnaAlone.body())
	h.until(id, "review")
	if !strings.Contains(string(h.download(id).entries[fileNamed("bot", "%PDF-1.7 "+fileCanary, ".pdf")]), fileCanary) {
		t.Fatal("the file was not fetched")
	}
	for _, canary := range []string{fileCanary, "Zq7canaryInAnAddress"} {
		if names := filesWith(t, filepath.Join(h.dir, "data"), canary); len(names) > 0 {
			t.Errorf("%s is readable in %v", canary, names)
		}
		if holds([]byte(h.log.String()), canary) {
			t.Errorf("%s is in the log", canary)
		}
	}
	if a := h.call("DELETE", "/api/v1/requests/"+id, ""); a.status != 204 {
		t.Fatalf("purge: %d %s", a.status, a.raw)
	}
	h.await("the files have gone, and then their names", func() bool {
		files, err := os.ReadDir(filepath.Join(h.dir, "data", "archives"))
		return err == nil && len(files) == 0 && h.number(`SELECT count(*) FROM archive_files`) == 0
	})
	if n := h.number(`SELECT (SELECT count(*) FROM attachments) + (SELECT count(*) FROM attachment_counts)`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

// TestAStopDoesNotWaitForAFile and uses no attempt up.
func TestAStopDoesNotWaitForAFile(t *testing.T) {
	t.Parallel()
	reached, held := make(chan struct{}), make(chan struct{})
	var first atomic.Bool
	s := serveFiles(t, map[string]http.HandlerFunc{"/1": func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		if first.CompareAndSwap(false, true) {
			close(reached)
			<-held
		}
		_, _ = io.WriteString(w, pngFile)
	}})
	let := sync.OnceFunc(func() { close(held) })
	t.Cleanup(let)
	h := dumpHouse(t, talkOf(s.URL+"/1"), s.fetching(""))
	id := h.submit(ofAnaAlone.body())
	h.come("the file is under way", reached)
	begun := time.Now()
	h.stop()
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("the stop took %v", took)
	}
	let()
	h.start(setup{})
	h.until(id, "ready")
	h.wantNoAttemptUsed()
}

// TestExtractFetchesFiles as a service does.
func TestExtractFetchesFiles(t *testing.T) {
	t.Parallel()
	s := serveFiles(t, map[string]http.HandlerFunc{"/1": says(pngFile)})
	h := prepareDump(t, talkOf(s.URL+"/1", s.URL+"/2"), s.fetching(""))
	const out = "out.zip"
	r := h.runs("extract", "--config", "dsr.yaml", "--metadata", "email=ana@example.com", "--out", out)
	if r.status != 3 || !strings.Contains(r.stdout+r.stderr, "could not be fetched") {
		t.Errorf("got %+v", r)
	}
	raw, err := os.ReadFile(filepath.Join(h.dir, out))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{fileNamed("bot", pngFile, ".png")}, bundle{entries: unzip(t, raw)}.files()); diff != "" {
		t.Error(diff)
	}
}

// TestAnArchiveThatCannotBeWrittenIsGivenUp: naming a file is no progress that would give a
// job its attempts back.
func TestAnArchiveThatCannotBeWrittenIsGivenUp(t *testing.T) {
	t.Parallel()
	s := serveFiles(t, map[string]http.HandlerFunc{"/1": says(pngFile)})
	for name, addresses := range map[string][]string{"package": nil, "files": {s.URL + "/1"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := dumpHouse(t, talkOf(addresses...), s.fetching(""))
			archives := filepath.Join(h.dir, "data", "archives")
			if err := os.Rename(archives, archives+".away"); err != nil {
				t.Fatal(err)
			}
			id := h.submit(ofAnaAlone.body())
			h.await("the request fails", func() bool { return h.call("GET", "/api/v1/requests/"+id, "").json["status"] == "failed" })
			if err := os.Rename(archives+".away", archives); err != nil {
				t.Fatal(err)
			}
			h.call("POST", "/api/v1/requests/"+id+"/retry", "{}")
			h.until(id, "ready")
		})
	}
}
