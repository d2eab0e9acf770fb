package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// listener is a receiver that fails now and then, and keeps what arrives: of each message the first
// time that it was accepted.
type listener struct {
	mu       sync.Mutex
	calls    int
	seen     map[string]bool
	messages map[string][]message // by request, in the order of arrival
}

type message struct{ event, at string }

func (r *listener) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	text, _ := io.ReadAll(req.Body)
	var body struct {
		Type, Timestamp string
		Data            struct{ Request string }
	}
	if json.Unmarshal(text, &body) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.calls++; r.calls%20 == 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if id := req.Header.Get("webhook-id"); !r.seen[id] {
		r.seen[id] = true
		r.messages[body.Data.Request] = append(r.messages[body.Data.Request], message{body.Type, body.Timestamp})
	}
}

// count is how many messages of an event have arrived about a request.
func (r *listener) count(request, event string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.messages[request] {
		if m.event == event {
			n++
		}
	}
	return n
}

// TestNoWebhookIsLostByKills: the process is killed again and again while requests are answered
// and reopened as fast as it goes. Of every event that was committed the receiver is told, and
// of none that was not, in the order of each request; nothing that was acknowledged is lost.
func TestNoWebhookIsLostByKills(t *testing.T) {
	t.Parallel()
	kills := 3
	if os.Getenv("DSR_SOAK") != "" {
		kills = 60
	}
	r := &listener{seen: map[string]bool{}, messages: map[string][]message{}}
	receiver := httptest.NewServer(r)
	t.Cleanup(receiver.Close)
	h := prepareDump(t, nil, "}\nlimits: {reads_per_second: 1000000, submissions_per_second: 1000000}\nwebhooks: {allow_loopback: true")
	p := h.spawn()
	if a := h.call("POST", "/api/v1/webhooks", fmt.Sprintf(`{"url":%q,"events":["request.review","request.answered"]}`, receiver.URL)); a.status != 201 {
		t.Fatalf("POST /webhooks: %d %s", a.status, a.raw)
	}
	var ids []string
	for range 4 {
		id := h.submit(ofAna.body())
		h.until(id, "review")
		ids = append(ids, id)
	}
	random, acknowledged := rand.New(rand.NewPCG(16, 4)), make([]atomic.Int64, len(ids))
	for range kills {
		h.answerUntilKilled(p, ids, acknowledged, random)
		p = h.spawn()
	}
	h.wantTold(r, ids, acknowledged)
	p.terminate(func() {})
}

// answerUntilKilled answers and reopens the requests, each in a row of its own, until the
// process is killed after some of that.
func (h *harness) answerUntilKilled(p *process, ids []string, acknowledged []atomic.Int64, random *rand.Rand) {
	h.t.Helper()
	url := h.url
	var rows sync.WaitGroup
	var done atomic.Int64
	for i, id := range ids {
		rows.Go(func() {
			for {
				status, err := post(h.t, url+"/api/v1/requests/"+id+"/answered", `{"outcome":"withdrawn"}`)
				if err != nil {
					return
				}
				if status == http.StatusOK {
					acknowledged[i].Add(1)
				}
				if _, err := post(h.t, url+"/api/v1/requests/"+id+"/reopen", `{"reason":"test"}`); err != nil {
					return
				}
				done.Add(1)
			}
		})
	}
	enough := int64(1 + random.IntN(20))
	h.await("some answers", func() bool { return done.Load() >= enough })
	pause(h.t, time.Duration(random.IntN(20))*time.Millisecond)
	p.kill()
	rows.Wait()
}

func post(t testing.TB, url, body string) (status int, err error) {
	return send(t, http.MethodPost, url, body)
}

func send(t testing.TB, method, url, body string) (status int, err error) {
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+testToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// wantTold holds the receiver's messages against the audit log.
func (h *harness) wantTold(r *listener, ids []string, acknowledged []atomic.Int64) {
	h.t.Helper()
	h.await("nothing waits to be sent", func() bool { return h.number(`SELECT count(*) FROM deliveries WHERE state = 'waiting'`) == 0 })
	total := 0
	for i, id := range ids {
		committed := h.events("request.answered", id)
		if got := r.count(id, "request.answered"); got != committed || int64(committed) < acknowledged[i].Load() {
			h.t.Errorf("%d answers were told, %d are committed, %d were acknowledged", got, committed, acknowledged[i].Load())
		}
		if got, want := r.count(id, "request.review"), h.events("request.in_review", id); got != want {
			h.t.Errorf("%d reviews were told, %d are committed", got, want)
		}
		for n, m := range r.messages[id][1:] {
			if m.at < r.messages[id][n].at {
				h.t.Errorf("message %d, of %s, arrived before an earlier one, of %s", n+1, r.messages[id][n].at, m.at)
			}
		}
		total += committed
	}
	h.t.Logf("%d answers committed and told, %d calls of the receiver", total, r.calls)
}
