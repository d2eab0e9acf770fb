package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"dsr-server/internal/audit"
	edge "dsr-server/internal/http"
)

// recorded is refusals whose events are kept as text, with a clock that the test moves.
type recorded struct {
	*refusals
	at     time.Time
	events []string
	fault  error
}

func newRecorded() *recorded {
	r := &recorded{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	r.refusals = newRefusals(&Program{env: Env{Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return r.at }}})
	r.write = func(_ context.Context, kind audit.Kind, actor, client, code string, count int) error {
		if r.fault == nil {
			r.events = append(r.events, fmt.Sprintf("%s %s %s %s %d", kind, actor, client, code, count))
		}
		return r.fault
	}
	return r
}

func (r *recorded) take() []string {
	events := r.events
	r.events = nil
	slices.Sort(events)
	return events
}

func (r *recorded) wants(t *testing.T, events ...string) {
	t.Helper()
	if got := r.take(); !slices.Equal(got, events) {
		t.Errorf("on record: %q, want %q", got, events)
	}
}

func TestRefusalsAreToldAtOnceAndThenCounted(t *testing.T) {
	t.Parallel()
	r := newRecorded()
	bad := edge.Refusal{Code: "bad_token", Client: "203.0.113.9"}
	forbidden := edge.Refusal{Code: "forbidden", Client: "192.0.2.1", Principal: "token:ci"}
	for range 5 {
		r.add(t.Context(), bad)
		r.add(t.Context(), forbidden)
		r.add(t.Context(), edge.Refusal{Code: "no_token", Client: "203.0.113.9"})
	}
	r.wants(t, "call.refused token:ci 192.0.2.1 forbidden 1", "token.refused unknown 203.0.113.9 bad_token 1")
	r.at = r.at.Add(refusalsEvery)
	r.add(t.Context(), bad)
	r.wants(t, "call.refused token:ci 192.0.2.1 forbidden 4", "token.refused unknown 203.0.113.9 bad_token 5")
	r.flush(t.Context())
	r.wants(t)
}

func TestKindsOfRefusals(t *testing.T) {
	t.Parallel()
	r := newRecorded()
	for code, want := range map[string]audit.Kind{
		"sign_in_refused": audit.SignInRefused, "sign_in_throttled": audit.SignInSlowed, "bad_token": audit.TokenRefused, "link_ended": audit.TokenRefused,
		"forbidden": audit.CallRefused, "rate_limited": audit.CallThrottled, "anything": audit.CallRefused,
	} {
		r.add(t.Context(), edge.Refusal{Code: code, Client: "c", Principal: "user:ana"})
		r.wants(t, fmt.Sprintf("%s user:ana c %s 1", want, code))
		if !slices.Contains(audit.Kinds, want) {
			t.Errorf("%s is not among the kinds", want)
		}
	}
}

// TestStrangersCannotFillTheLog: however many addresses they have, and for however long.
func TestStrangersCannotFillTheLog(t *testing.T) {
	t.Parallel()
	r := newRecorded()
	total := 0
	for minute := range 60 {
		for i := range 500 {
			r.add(t.Context(), edge.Refusal{Code: "bad_token", Client: fmt.Sprintf("%d.%d", minute, i)})
		}
		r.at = r.at.Add(refusalsEvery)
		total += len(r.take())
	}
	if most := 2*(refusalsBurst+60*5) + 2*60; total > most {
		t.Errorf("%d events, want %d at most", total, most)
	}
	r.flush(t.Context())
	if last := r.take(); !slices.Contains(last, "token.refused unknown several bad_token 494") {
		t.Errorf("the rest is not counted together: %q", last)
	}
	r.add(t.Context(), edge.Refusal{Code: "forbidden", Client: "192.0.2.1", Principal: "token:ci"})
	r.wants(t, "call.refused token:ci 192.0.2.1 forbidden 1")
}

func TestRefusalsThatCannotBeStoredAreCountedOn(t *testing.T) {
	t.Parallel()
	r := newRecorded()
	r.fault = errors.New("disk full")
	for range 3 {
		r.add(t.Context(), edge.Refusal{Code: "bad_token", Client: "c"})
	}
	r.flush(t.Context())
	r.fault = nil
	r.flush(t.Context())
	r.wants(t, "token.refused unknown c bad_token 3")
}
