package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"dsr-server/internal/fake/vendor"
)

// submitters submit requests at the same time, each one by one.
type submitters struct {
	h *harness

	mu       sync.Mutex
	numbers  int            // submissions begun
	known    map[int]string // ids of those that were acknowledged, by number
	open     map[int]bool   // those that were not: nobody knows what became of them
	answered chan struct{}  // one for each that was acknowledged, as far as somebody looks
}

const submittersAtOnce = 10

// begin lets them work against the program that answers at present. The returned func waits
// until each has met its end.
func (s *submitters) begin() (wait func()) {
	var all sync.WaitGroup
	url := s.h.url
	for range submittersAtOnce {
		all.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
			defer client.CloseIdleConnections()
			for s.submit(client, url, s.next()) {
			}
		})
	}
	return all.Wait
}

func (s *submitters) next() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.numbers++
	s.open[s.numbers] = true
	return s.numbers
}

// submit reports whether the submission of this number was acknowledged.
func (s *submitters) submit(client *http.Client, url string, number int) bool {
	req, err := http.NewRequestWithContext(s.h.t.Context(), http.MethodPost, url+"/api/v1/requests",
		strings.NewReader(fmt.Sprintf(`{"reference":"L-%d","selectors":[{"conversation_id":"c-%d"}]}`, number, number)))
	if err != nil {
		s.h.t.Error(err)
		return false
	}
	req.Header.Set("Authorization", "Bearer "+testToken)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", fmt.Sprint("load-", number))
	resp, err := client.Do(req)
	if err != nil {
		return false // killed
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusCreated {
		text, _ := io.ReadAll(resp.Body)
		s.h.t.Errorf("submission %d: %d %s", number, resp.StatusCode, text)
		return false
	}
	s.acknowledged(number, resp.Header.Get("Location"))
	return true
}

func (s *submitters) acknowledged(number int, location string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[number] = location[strings.LastIndex(location, "/")+1:]
	delete(s.open, number)
	select {
	case s.answered <- struct{}{}:
	default:
	}
}

// again submits what nobody knows of once more: it was stored or was not, and now is, once.
func (s *submitters) again() {
	s.h.t.Helper()
	open := s.open
	s.open = map[int]bool{}
	for number := range open {
		if !s.submit(s.h.client(), s.h.url, number) {
			s.h.t.Errorf("submission %d is not taken a second time", number)
		}
	}
}

// wantAll holds when everything acknowledged is there, once, on record and with its job.
func (s *submitters) wantAll() {
	s.h.t.Helper()
	for number, id := range s.known {
		if n := s.h.number(`SELECT count(*) FROM requests WHERE id = ? AND reference = ?`, id, fmt.Sprint("L-", number)); n != 1 {
			s.h.t.Errorf("submission %d was acknowledged as %s, and there are %d of it", number, id, n)
		}
	}
	for what, query := range map[string]string{
		"requests":           `SELECT count(*) FROM requests`,
		"events that say so": `SELECT count(*) FROM audit_events WHERE kind = 'request.submitted'`,
		"requests with a job, or planned": `SELECT count(*) FROM requests r WHERE status <> 'queued'
			OR EXISTS (SELECT 1 FROM jobs j WHERE j.kind = 'plan' AND j.key = r.id)`,
	} {
		if n := s.h.number(query); n != len(s.known) {
			s.h.t.Errorf("there are %d %s, %d were acknowledged", n, what, len(s.known))
		}
	}
	s.h.wantAudit()
}

// TestKilledUnderLoad kills the real process while ten submit as fast as they can: what was
// acknowledged is there, and what was not can be sent again, and is there once.
func TestKilledUnderLoad(t *testing.T) {
	t.Parallel()
	kills, unanswered := 3, 0
	if os.Getenv("DSR_SOAK") != "" {
		kills = 60
	}
	h := prepare(t, vendor.Sample(), setup{options: vendor.Options{RateWindow: vendor.Off, Latency: time.Hour},
		top: `limits: {submissions_per_second: 100000, reads_per_second: 100000, open_requests: 100000}`})
	s := &submitters{h: h, known: map[int]string{}, open: map[int]bool{}, answered: make(chan struct{})}
	p := h.spawn()
	for range kills {
		wait := s.begin()
		for range submittersAtOnce {
			h.come("a submission is acknowledged", s.answered)
		}
		pause(t, rand.N(20*time.Millisecond))
		p.kill()
		wait()
		unanswered += len(s.open)
		p = h.spawn()
		s.again()
		s.wantAll()
	}
	t.Logf("%d kills, %d submissions acknowledged, %d of them after the kill that cut them off", kills, len(s.known), unanswered)
	if unanswered == 0 {
		t.Error("no kill cut a submission off, so that they show nothing")
	}
}
