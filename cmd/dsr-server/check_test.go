package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/app"
	"dsr-server/internal/fake/vendor"
	"dsr-server/internal/jobs"
	"dsr-server/internal/store"
)

// besides opens a second program on the harness's data folder, as a command does.
func (h *harness) besides(t *testing.T) *app.Program {
	t.Helper()
	p, err := app.OpenBeside(t.Context(), h.p.Config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestCheckTellsWhatTheVendorDoes(t *testing.T) {
	t.Parallel()
	unlimited := vendor.Options{RateWindow: vendor.Off}
	for name, c := range map[string]struct {
		choices vendor.Choices
		source  string
		good    bool
		says    string
	}{
		"start time":         {choices: vendor.Choices{}, good: true, says: "set window_field: start_time"},
		"last action":        {choices: vendor.Choices{WindowField: vendor.LastAction}, good: true, says: "set window_field: last_action"},
		"overlap":            {choices: vendor.Choices{WindowField: vendor.Overlap}, good: true, says: "set window_field: overlap"},
		"as configured":      {choices: vendor.Choices{WindowField: vendor.Overlap}, source: "window_field: overlap", good: true, says: "as configured"},
		"wrongly configured": {choices: vendor.Choices{WindowField: vendor.LastAction}, source: "window_field: start_time", says: "would be missed"},
		"clamped pages":      {choices: vendor.Choices{MaxPerPage: 40}, good: true, says: "set page_size: 40"},
		"capped span":        {choices: vendor.Choices{MaxSpan: 700 * 24 * time.Hour}, good: true, says: "max_range"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := unlimited
			o.Choices = c.choices
			h := build(t, vendor.Sample(), setup{options: o, source: c.source, earliest: "2023-12-01"})
			var out bytes.Buffer
			good, err := checkSource(t.Context(), h.besides(t), &out, "bot")
			if err != nil {
				t.Fatal(err)
			}
			if good != c.good || !strings.Contains(out.String(), c.says) {
				t.Errorf("good %v, want %v and %q in:\n%s", good, c.good, c.says, &out)
			}
		})
	}
}

func TestCheckNamesARefusedKey(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{})
	h.vendor.RevokeKey(testKey)
	var out bytes.Buffer
	good, err := checkSource(t.Context(), h.besides(t), &out, "bot")
	if err != nil || good || !strings.Contains(out.String(), "refuses the key with status 403") {
		t.Errorf("good %v, err %v:\n%s", good, err, &out)
	}
	if strings.Contains(out.String(), testKey) {
		t.Error("the key is shown")
	}
}

// TestCheckWaitsForTheLane: only one process talks to a vendor's host at a time.
func TestCheckWaitsForTheLane(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{options: vendor.Options{RateWindow: vendor.Off}})
	s, _ := h.p.Fulfil.Source("bot")
	other := jobs.New(h.p.Store.DB(), jobs.Options{Owner: jobs.Command})
	held, err := other.Acquire(t.Context(), store.JobLane, s.Lane)
	if err != nil {
		t.Fatal(err)
	}
	said := &waitFor{text: "another process is reading", seen: make(chan struct{})}
	done := make(chan error, 1)
	go func() {
		_, err := checkSource(context.WithoutCancel(t.Context()), h.besides(t), said, "bot")
		done <- err
	}()
	<-said.seen
	if n := h.vendor.Count(""); n != 0 {
		t.Errorf("%d calls while another held the lane", n)
	}
	if err := held.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if h.vendor.Count("") == 0 {
		t.Error("no call after the lane was free")
	}
}

// waitFor closes seen when a text has been written.
type waitFor struct {
	text string
	b    bytes.Buffer
	seen chan struct{}
	done bool
}

func (w *waitFor) Write(p []byte) (int, error) {
	n, err := w.b.Write(p)
	if !w.done && strings.Contains(w.b.String(), w.text) {
		w.done = true
		close(w.seen)
	}
	return n, err
}
