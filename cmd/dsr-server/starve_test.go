//go:build !race

// These tests are about memory, which the race detector multiplies: `make test` runs them
// without it.

package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// mostMemory is what the whole process may hold at any time, in KiB: 300 MB.
const mostMemory = 300_000_000 / 1024

// spaces and letters are what bombs are made of.
var (
	spaces  = bytes.Repeat([]byte(" "), 1<<20)
	letters = bytes.Repeat([]byte("x"), 1<<20)
)

// repeated is head, then n times the body, then tail.
func repeated(head string, body []byte, n int, tail string) io.WriterTo {
	return text{head, body, n, tail}
}

type text struct {
	head string
	body []byte
	n    int // of body; negative: without end
	tail string
}

func (x text) WriteTo(w io.Writer) (int64, error) {
	_, err := io.WriteString(w, x.head)
	for i := 0; err == nil && i != x.n; i++ {
		_, err = w.Write(x.body)
	}
	if err == nil {
		_, err = io.WriteString(w, x.tail)
	}
	return 0, err
}

// squeezed is a text as gzip.
func squeezed(t testing.TB, x io.WriterTo) []byte {
	t.Helper()
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if _, err := x.WriteTo(z); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// millions of records that are nothing.
func millions(n int) io.WriterTo {
	const each = 1 << 16
	return repeated(`{"data":[`, bytes.Repeat([]byte("{},"), each), n/each, `{}],"cursor":null}`)
}

// plainly answers with a text.
func plainly(x io.WriterTo) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = x.WriteTo(w) }
}

// packed answers with gzip, as often as one likes: a bomb without end is members in a row.
func packed(status, times int, members ...[]byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(status)
		for range times {
			for _, m := range members {
				if _, err := w.Write(m); err != nil {
					return
				}
			}
		}
	}
}

// hostileAnswers are what a vendor may send instead of a page.
func hostileAnswers(t *testing.T) map[string]http.HandlerFunc {
	t.Helper()
	record := func(i, size int) string {
		return fmt.Sprintf(`{"_id":"%d","startTime":1744651778,"lastActionAt":1744651779,"metadata":{"email":"ana@example.com","text":"%s"}}`, i, letters[:size])
	}
	var many strings.Builder
	for i := range 500 {
		many.WriteString(record(i, 60<<10) + ",")
	}
	var keys strings.Builder
	for i := range 600_000 {
		fmt.Fprintf(&keys, `"k%d":{"email":"ana"},`, i)
	}
	return map[string]http.HandlerFunc{
		"gzip bomb":        packed(200, 1<<10, squeezed(t, repeated(`{"data":[`, spaces, 64, ""))),
		"white space":      plainly(repeated(`{"data":[`, spaces, -1, "")),
		"endless records":  plainly(repeated(`{"data":[`, []byte(record(1, 1000)+","), -1, "")),
		"22 million {}":    packed(200, 1, squeezed(t, millions(22_000_000))),
		"10 million {}":    packed(200, 1, squeezed(t, millions(10_000_000))),
		"300 MB in one":    plainly(repeated(`{"data":[{"_id":"`, letters, 300, `"}],"cursor":null}`)),
		"as much as fits":  plainly(repeated(`{"data":[`+many.String(), []byte(record(901, 60<<10)), 1, `],"cursor":null}`)),
		"one as it fits":   plainly(repeated(`{"data":[`+strings.TrimSuffix(record(1, 10), `"}}`), letters, 15, `"}}],"cursor":null}`)),
		"one large _id":    plainly(repeated(`{"data":[{"metadata":{"email":"ana@example.com"},"startTime":1744651778,"_id":"`, letters, 15, `"}],"cursor":null}`)),
		"millions of keys": plainly(repeated(`{"data":[{"_id":"1","startTime":1744651778,"metadata":{`+keys.String(), nil, 0, `"email":"ana@example.com"}}],"cursor":null}`)),
		"keys inside":      plainly(repeated(`{"data":[{"_id":"1","metadata":{},"value":{"_id":"2",`+keys.String(), nil, 0, `"email":"ana@example.com"}}],"cursor":null}`)),
		"deep":             plainly(repeated(`{"data":[{"_id":`, bytes.Repeat([]byte("["), 1<<20), 31, "")),
		"deep objects":     plainly(repeated(`{"data":[{"_id":`, bytes.Repeat([]byte(`{"a":`), 1<<18), 24, "")),
		"endless headers": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = repeated("HTTP/1.1 200 OK\r\n", []byte("a:\r\n"), -1, "").WriteTo(hijacked(w))
		},
		"endless hints": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = repeated("", []byte("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"), -1, "").WriteTo(hijacked(w))
		},
		"a byte a second": func(w http.ResponseWriter, r *http.Request) {
			tick := time.NewTicker(time.Second)
			defer tick.Stop()
			for {
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
				select {
				case <-tick.C:
				case <-r.Context().Done():
					return
				}
			}
		},
		"5 MB cursor": plainly(repeated(`{"data":[`+record(1, 10)+`],"cursor":"`, letters, 5, `"}`)),
		"a year": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", strconv.Itoa(365*24*3600))
			w.WriteHeader(http.StatusTooManyRequests)
		},
		"error without end": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = repeated("", letters, -1, "").WriteTo(w)
		},
		"error bomb": packed(500, 1<<10, squeezed(t, repeated("", spaces, 64, ""))),
	}
}

// hijacked is the connection of an answer, to write to it as one likes.
func hijacked(w http.ResponseWriter) io.Writer {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return io.Discard
	}
	time.AfterFunc(time.Minute, func() { _ = conn.Close() })
	return conn
}

// hostileVendor answers every call with one handler on a plain listener, and counts them.
func hostileVendor(t *testing.T, answer http.HandlerFunc) (address string, calls *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	calls = &atomic.Int64{}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		answer(w, r)
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return "http://" + listener.Addr().String(), calls
}

// enough is how many calls show what an answer does to the process.
func enough(kind string) int64 {
	switch kind {
	case "a byte a second":
		return 3 // as many as there are readers; they last until they time out
	case "a year":
		return 1 // the source sleeps then
	}
	return 9
}

// TestNoAnswerStarvesTheProcess: whatever a vendor sends, the process stays within its
// memory and stops when it is asked to.
func TestNoAnswerStarvesTheProcess(t *testing.T) {
	t.Parallel()
	for kind, answer := range hostileAnswers(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			address, calls := hostileVendor(t, answer)
			h := &harness{t: t, dir: t.TempDir(), log: &logBuffer{}}
			h.configure(address, setup{earliest: "2024-01-01"})
			p := h.spawn()
			h.submit(ofAna.body())
			h.await("the vendor is called again and again", func() bool { return calls.Load() >= enough(kind) })
			p.wantBounded()
		})
	}
}

// TestAllAnswersAtOnceStarveNobody: one process reads from all of them.
func TestAllAnswersAtOnceStarveNobody(t *testing.T) {
	t.Parallel()
	h := &harness{t: t, dir: t.TempDir(), log: &logBuffer{}}
	all := map[string]*atomic.Int64{}
	for kind, answer := range hostileAnswers(t) {
		address, calls := hostileVendor(t, answer)
		if all[kind] = calls; len(all) == 1 {
			h.configure(address, setup{earliest: "2024-01-01"})
			continue
		}
		h.addVendor(fmt.Sprintf("vendor-%d", len(all)), address)
	}
	p := h.spawn()
	h.submit(ofAna.body())
	lanes := min(8, len(all)) // that are read at the same time
	h.await("most vendors are called", func() bool {
		var called int
		for _, calls := range all {
			if calls.Load() > 0 {
				called++
			}
		}
		return called >= lanes && h.answers()
	})
	p.wantBounded()
}

// addVendor gives the configuration a copy of its first source at another address.
func (h *harness) addVendor(name, address string) {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.dir, "dsr.yaml"))
	if err != nil {
		h.t.Fatal(err)
	}
	head, tail, _ := strings.Cut(string(text), "bootstrap:")
	_, entry, _ := strings.Cut(head, "{name: bot, ")
	entry, _, _ = strings.Cut(entry, "\n")
	entry = baseURL.ReplaceAllString(entry, `base_url: "`+address+`"`)
	h.write("dsr.yaml", head+"  - {name: "+name+", "+entry+"\nbootstrap:"+tail)
}

var baseURL = regexp.MustCompile(`base_url: "[^"]*"`)

// wantBounded holds when the process has kept to its memory and stops in time.
func (p *process) wantBounded() {
	t := p.h.t
	t.Helper()
	most := p.memory()
	begun := time.Now()
	p.terminate(func() { most = max(most, p.memory()) })
	t.Logf("%s: %d MB at most, stopped after %v", t.Name(), most*1024/1_000_000, time.Since(begun).Round(time.Millisecond))
	const limit = mostMemory
	if most > limit {
		t.Errorf("the process held %d MB, want %d at most", most*1024/1_000_000, limit*1024/1_000_000)
	}
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// memory is the most that the process has held so far, in KiB; 0 once it is gone.
func (p *process) memory() int {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "status"))
	if found := highWater.FindSubmatch(status); err == nil && found != nil {
		n, _ := strconv.Atoi(string(found[1]))
		return n
	}
	return 0
}

// zstandardOf is a text as zstandard, with a window of so many bytes; 0: the usual one.
func zstandardOf(t testing.TB, x io.WriterTo, window int) []byte {
	t.Helper()
	var b bytes.Buffer
	options := []zstd.EOption{zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest)}
	if window > 0 {
		options = append(options, zstd.WithWindowSize(window))
	}
	z, err := zstd.NewWriter(&b, options...)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewWriterSize(z, 1<<20)
	if _, err := x.WriteTo(in); err != nil {
		t.Fatal(err)
	}
	if err := in.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hostileFiles are what may lie in a dump.
func hostileFiles(t *testing.T) map[string]struct {
	name string
	body []byte
} {
	t.Helper()
	type file = struct {
		name string
		body []byte
	}
	lines := bytes.Repeat([]byte("{}\n"), 1<<16)
	giga := zstandardOf(t, repeated("", letters, 1<<10, ""), 0)
	record := func(mebibytes int) []byte {
		return squeezed(t, repeated(`{"_id":"a","startTime":1744651778,"metadata":{"email":"ana@example.com","text":"`, letters, mebibytes, "\"}}\n"))
	}
	return map[string]file{
		"zst bomb of one line":       {"conversations.ndjson.zst", bytes.Repeat(giga, 200)},
		"gz bomb of one line":        {"conversations.ndjson.gz", bytes.Repeat(squeezed(t, repeated("", letters, 1<<8, "")), 400)},
		"zst bomb of one page":       {"conversations.json.zst", bytes.Repeat(giga, 200)},
		"22 million {} in lines":     {"conversations.ndjson.gz", squeezed(t, repeated("", lines, 336, ""))},
		"22 million {} in a page":    {"conversations.json.gz", squeezed(t, millions(22_000_000))},
		"22 million bad lines":       {"conversations.ndjson.gz", squeezed(t, repeated("", bytes.Repeat([]byte("x\n"), 1<<16), 336, ""))},
		"white space in a page":      {"conversations.json.gz", squeezed(t, repeated(`{"data":[`, spaces, 300, `]}`))},
		"a window of 128 MiB":        {"conversations.ndjson.zst", zstandardOf(t, repeated("", lines, 1700, ""), 128<<20)},
		"records as large as may be": {"conversations.ndjson.gz", bytes.Repeat(record(15), 4)},
		"records beyond":             {"conversations.ndjson.gz", bytes.Repeat(record(300), 4)},
	}
}

// TestNoFileStarvesTheProcess: the same for the files of a dump, of which several are
// read side by side.
func TestNoFileStarvesTheProcess(t *testing.T) {
	t.Parallel()
	for kind, f := range hostileFiles(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			files := map[string][]byte{"messages.ndjson": []byte("{}\n")}
			for i := range 3 {
				files[strings.Replace(f.name, ".", fmt.Sprintf("-%d.", i), 1)] = f.body
			}
			h := prepareDump(t, files, "")
			p := h.spawn()
			id := h.submit(ofAna.body())
			h.await("it has been read for a while, or to its end", func() bool {
				status := h.call(http.MethodGet, "/api/v1/requests/"+id, "").json["status"]
				return p.worked() > 6*time.Second || status == "review" || status == "ready"
			})
			p.wantBounded()
		})
	}
}

// worked is how much of a processor's time the process has used.
func (p *process) worked() time.Duration {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "stat"))
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if err != nil || len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // USER_HZ is 100
}
