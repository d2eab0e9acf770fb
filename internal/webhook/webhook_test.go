package webhook_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"dsr-server/internal/dsr"
	"dsr-server/internal/outbox"
	"dsr-server/internal/webhook"
)

// queue is the messages under one key, in memory.
type queue struct {
	messages []dsr.Outgoing
	dead     bool // the lease is lost
	stopping chan struct{}
}

func (q *queue) NextDelivery(context.Context) (*dsr.Outgoing, error) {
	for _, m := range q.messages {
		if m.State == dsr.DeliveryWaiting {
			return &m, nil
		}
	}
	return nil, nil
}

func (q *queue) Tried(_ context.Context, d dsr.Delivery, status int, failure string, again time.Time) error {
	i := slices.IndexFunc(q.messages, func(m dsr.Outgoing) bool { return m.ID == d.ID })
	m := &q.messages[i]
	m.Attempts++
	m.Status, m.Failure, m.NextAt = status, failure, again
	switch {
	case failure == "":
		m.State = dsr.DeliveryDelivered
	case again.IsZero():
		m.State = dsr.DeliveryDead
	}
	return nil
}

func (q *queue) NoteWakes(context.Context) error { return nil }
func (q *queue) Alive() bool                     { return !q.dead }
func (q *queue) Stopping() <-chan struct{}       { return q.stopping }

func (q *queue) add(address string, secrets ...string) {
	id := fmt.Sprint("d", len(q.messages)+1)
	q.messages = append(q.messages, dsr.Outgoing{URL: address, Secrets: secrets, Delivery: dsr.Delivery{ID: id, Webhook: "w", MessageID: "msg_" + id,
		Body: `{"type":"request.ready","data":{"n":"` + id + `"}}`, State: dsr.DeliveryWaiting, CreatedAt: start}})
}

var start = time.Now()

func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:])
	return dsr.HookSecretPrefix + base64.StdEncoding.EncodeToString(b[:])
}

// receiver is a real server that keeps what it gets and answers as the test says.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	heads  []http.Header
}

func receive(t *testing.T, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.bodies, r.heads = append(r.bodies, string(body)), append(r.heads, req.Header)
		r.mu.Unlock()
		answer(w, req)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.bodies)
}

func accept(http.ResponseWriter, *http.Request) {}

func sender(t *testing.T, change func(*webhook.Options)) *webhook.Sender {
	t.Helper()
	o := webhook.Options{AllowLoopback: true, Agent: "test", Backoff: func(int) time.Duration { return 0 }}
	if change != nil {
		change(&o)
	}
	s := webhook.New(o)
	t.Cleanup(s.Close)
	return s
}

// TestSignedWithEverySecretInForce is judged by the library that the standard's authors give
// to receivers.
func TestSignedWithEverySecretInForce(t *testing.T) {
	t.Parallel()
	r := receive(t, accept)
	fresh, prior, other := newSecret(), newSecret(), newSecret()
	q := &queue{}
	q.add(r.URL, fresh, prior)
	if err := sender(t, nil).Deliver(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	for secret, want := range map[string]bool{fresh: true, prior: true, other: false} {
		verifier, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify([]byte(r.got()[0]), r.heads[0]); (err == nil) != want {
			t.Errorf("verified: %v, want %v", err, want)
		}
		if verifier.Verify([]byte(r.got()[0]+" "), r.heads[0]) == nil {
			t.Error("another body is verified too")
		}
	}
	if h := r.heads[0]; h.Get("webhook-id") != "msg_d1" || h.Get("Content-Type") != "application/json" || h.Get("User-Agent") != "test" {
		t.Errorf("got headers %v", h)
	}
}

func TestWhatComesOfATry(t *testing.T) {
	t.Parallel()
	elsewhere := receive(t, accept)
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		status  int
		failure string
	}{
		"204": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, 204, ""},
		"500": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, 500, dsr.HookStatus},
		"404": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, 404, dsr.HookStatus},
		"410": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(410) }, 410, dsr.HookGone},
		"redirect": {func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, elsewhere.URL, http.StatusTemporaryRedirect)
		}, 307, dsr.HookRedirect},
		"broken": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, dsr.HookNoAnswer},
		"silent": {func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }, 0, dsr.HookTimeout},
		"endless": {func(w http.ResponseWriter, req *http.Request) {
			for req.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
					return
				}
			}
		}, 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := receive(t, c.answer)
			q := &queue{}
			q.add(r.URL, newSecret())
			later := func(o *webhook.Options) {
				o.Backoff = func(int) time.Duration { return time.Hour }
				if c.failure == dsr.HookTimeout {
					o.Timeout = 50 * time.Millisecond
				}
			}
			err := sender(t, later).Deliver(t.Context(), q)
			if _, waits := errors.AsType[outbox.Later](err); waits != (c.failure != "" && c.failure != dsr.HookGone) {
				t.Errorf("got %v", err)
			}
			if m := q.messages[0]; m.Status != c.status || m.Failure != c.failure || m.Attempts != 1 {
				t.Errorf("got status %d, failure %q, %d attempts; want %d, %q, 1", m.Status, m.Failure, m.Attempts, c.status, c.failure)
			}
		})
	}
	t.Cleanup(func() {
		if n := len(elsewhere.got()); n != 0 {
			t.Errorf("a redirect was followed %d times", n)
		}
	})
}

func TestOnlyAddressesThatMayBeCalledAre(t *testing.T) {
	t.Parallel()
	r := receive(t, accept)
	for address, want := range map[string]string{
		"https://10.1.2.3/": dsr.HookPrivate, "https://169.254.169.254/latest": dsr.HookPrivate, "https://[::ffff:10.1.2.3]/": dsr.HookPrivate, "https://localhost/": dsr.HookPrivate,
		r.URL: dsr.HookNotAllowed, // http
	} {
		q := &queue{}
		q.add(address, newSecret())
		_ = sender(t, func(o *webhook.Options) { o.AllowLoopback, o.Backoff = false, outbox.Backoff }).Deliver(t.Context(), q)
		if q.messages[0].Failure != want {
			t.Errorf("%s: got %q, want %q", address, q.messages[0].Failure, want)
		}
	}
	if len(r.got()) != 0 {
		t.Error("it was called")
	}
}

// TestNothingOvertakes: what follows waits for what has failed, until it arrives.
func TestNothingOvertakes(t *testing.T) {
	t.Parallel()
	var n int
	r := receive(t, func(w http.ResponseWriter, _ *http.Request) {
		if n++; n%3 != 0 {
			w.WriteHeader(503)
		}
	})
	q, secret := &queue{}, newSecret()
	for range 3 {
		q.add(r.URL, secret)
	}
	if err := sender(t, nil).Deliver(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range q.messages {
		want = append(want, m.Body, m.Body, m.Body)
	}
	if diff := cmp.Diff(want, r.got()); diff != "" {
		t.Errorf("received (-want +got):\n%s", diff)
	}
}

// TestGivenUpAfterThreeDays, with what follows sent then.
func TestGivenUpAfterThreeDays(t *testing.T) {
	t.Parallel()
	now := start
	r := receive(t, func(w http.ResponseWriter, _ *http.Request) {
		if now.Before(start.Add(outbox.GiveUpAfter - 6*time.Hour)) {
			w.WriteHeader(500)
		}
	})
	gone := receive(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	q, s := &queue{}, sender(t, func(o *webhook.Options) { o.Backoff, o.Now = outbox.Backoff, func() time.Time { return now } })
	q.add(gone.URL, newSecret())
	q.add(r.URL, newSecret())
	for {
		err := s.Deliver(t.Context(), q)
		if err == nil {
			break
		}
		later, waits := errors.AsType[outbox.Later](err)
		if !waits {
			t.Fatal(err)
		}
		now = later.Until
	}
	first, second := q.messages[0], q.messages[1]
	if first.State != dsr.DeliveryDead || first.Failure != dsr.HookStatus || second.State != dsr.DeliveryDelivered || second.Attempts != 1 {
		t.Errorf("got %s after %d tries, then %s after %d", first.State, first.Attempts, second.State, second.Attempts)
	}
	if first.Attempts < 15 || now.Before(start.Add(66*time.Hour)) || now.After(start.Add(outbox.GiveUpAfter)) {
		t.Errorf("%d tries, the last after %s", first.Attempts, now.Sub(start))
	}
}

func TestAReceiverMayAskToBeLeftAlone(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "999999": time.Hour, "-1": 0, "soon": 0,
		start.Add(3 * time.Minute).UTC().Format(http.TimeFormat): 3*time.Minute - time.Duration(start.Nanosecond()), start.Add(-time.Hour).UTC().Format(http.TimeFormat): 0,
		start.Add(48 * time.Hour).UTC().Format(http.TimeFormat): time.Hour,
	} {
		r := receive(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(503)
		})
		q := &queue{}
		q.add(r.URL, newSecret())
		s := sender(t, func(o *webhook.Options) {
			o.Now, o.Backoff = func() time.Time { return start }, func(int) time.Duration { return time.Second }
		})
		_ = s.Deliver(t.Context(), q)
		if got := q.messages[0].NextAt.Sub(start); got != max(want, time.Second) {
			t.Errorf("Retry-After %s: got %s, want %s", header, got, max(want, time.Second))
		}
	}
}

// TestCallbacksAreSignedByTheirHost: and those whose host is not listed are not called.
func TestCallbacksAreSignedByTheirHost(t *testing.T) {
	t.Parallel()
	r := receive(t, accept)
	secret := newSecret()
	host := strings.TrimPrefix(r.URL, "http://")
	for _, callbacks := range []map[string]string{{host: secret}, {"tools.example.com": secret}, nil} {
		q := &queue{}
		q.add(r.URL + "/hook")
		q.messages[0].Webhook = dsr.CallbackHook
		_ = sender(t, func(o *webhook.Options) { o.Callbacks, o.Backoff = callbacks, outbox.Backoff }).Deliver(t.Context(), q)
		want := dsr.HookNotAllowed
		if callbacks[host] != "" {
			want = ""
		}
		if q.messages[0].Failure != want {
			t.Errorf("%v: got %q, want %q", callbacks, q.messages[0].Failure, want)
		}
	}
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.got()) != 1 || verifier.Verify([]byte(r.got()[0]), r.heads[0]) != nil {
		t.Errorf("got %v", r.got())
	}
}

func TestNothingIsSentWithoutTheLease(t *testing.T) {
	t.Parallel()
	r := receive(t, accept)
	stopping := make(chan struct{})
	close(stopping)
	for _, q := range []*queue{{dead: true}, {stopping: stopping}} {
		q.add(r.URL, newSecret())
		err := sender(t, nil).Deliver(t.Context(), q)
		if _, stopped := errors.AsType[outbox.Stopped](err); !stopped || q.messages[0].Attempts != 0 {
			t.Errorf("got %v after %d tries", err, q.messages[0].Attempts)
		}
	}
	if len(r.got()) != 0 {
		t.Error("something was sent")
	}
}
