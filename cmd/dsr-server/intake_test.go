package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"dsr-server/internal/fake/vendor"
)

// TestManySubmittersAtOnce: what was answered with 201 is there, once, and the list
// pages through all of it.
func TestManySubmittersAtOnce(t *testing.T) {
	t.Parallel()
	const submitters, each = 8, 5
	h := open(t, vendor.Sample(), setup{options: vendor.Options{RateWindow: vendor.Off}})
	answers := make([][]answer, submitters)
	var all sync.WaitGroup
	for i := range submitters {
		all.Go(func() {
			for j := range each {
				answers[i] = append(answers[i], h.call(http.MethodPost, "/api/v1/requests", fmt.Sprintf(
					`{"reference":"R-%d-%d","selectors":[{"metadata":{"key":"email","value":"nobody-%d-%d@example.com"}}]}`, i, j, i, j)))
			}
		})
	}
	all.Wait()
	want := map[string]string{} // id: reference
	for _, a := range slices.Concat(answers...) {
		if a.status != http.StatusCreated || a.header.Get("Location") != "/api/v1/requests/"+fmt.Sprint(a.json["id"]) {
			t.Fatalf("POST: %d, Location %q, %s", a.status, a.header.Get("Location"), a.raw)
		}
		want[a.json["id"].(string)] = a.json["reference"].(string)
	}
	if len(want) != submitters*each {
		t.Fatalf("%d ids for %d requests", len(want), submitters*each)
	}
	if listed := h.listAll(7); !maps.Equal(listed, want) {
		t.Errorf("%d requests are listed, %d were accepted", len(listed), len(want))
	}
	for id := range want {
		h.until(id, "ready")
		if n := h.events("request.submitted", id); n != 1 {
			t.Errorf("%d events say that %s was submitted", n, id)
		}
	}
}

// listAll follows the list's cursors to the end.
func (h *harness) listAll(limit int) map[string]string {
	h.t.Helper()
	listed, cursor := map[string]string{}, ""
	for pages := 1; ; pages++ {
		a := h.call(http.MethodGet, fmt.Sprintf("/api/v1/requests?limit=%d&cursor=%s", limit, url.QueryEscape(cursor)), "")
		if a.status != http.StatusOK || pages > 100 {
			h.t.Fatalf("GET /requests, page %d: %d %s", pages, a.status, a.raw)
		}
		items := a.json["items"].([]any)
		for _, item := range items {
			r := item.(map[string]any)
			if _, twice := listed[r["id"].(string)]; twice {
				h.t.Errorf("%v is listed twice", r["id"])
			}
			listed[r["id"].(string)] = r["reference"].(string)
		}
		next, more := a.json["next_cursor"].(string)
		if !more {
			return listed
		}
		if cursor = next; len(items) != limit {
			h.t.Errorf("page %d has %d requests and is not the last", pages, len(items))
		}
	}
}

// TestARepeatedSubmissionHasTheEffectOfOne, also when the repeats race each other.
func TestARepeatedSubmissionHasTheEffectOfOne(t *testing.T) {
	t.Parallel()
	const body = `{"selectors":[{"metadata":{"key":"email","value":"nobody@example.com"}}]}`
	h := open(t, vendor.Sample(), setup{options: vendor.Options{RateWindow: vendor.Off}})
	answers := make([]answer, 8)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = h.call(http.MethodPost, "/api/v1/requests", body, "Idempotency-Key", "k-1") })
	}
	all.Wait()
	for _, a := range answers {
		if a.status != http.StatusCreated || a.json["id"] != answers[0].json["id"] {
			t.Errorf("a repeat: %d %s", a.status, a.raw)
		}
	}
	if n := len(h.listAllIDs()); n != 1 {
		t.Errorf("%d requests came of one", n)
	}
	other := strings.Replace(body, "nobody", "somebody", 1)
	if a := h.call(http.MethodPost, "/api/v1/requests", other, "Idempotency-Key", "k-1"); a.status != http.StatusConflict {
		t.Errorf("the key with another body: %d %s", a.status, a.raw)
	}
	// The key is the token's own.
	a := h.call(http.MethodPost, "/api/v1/requests", body, "Idempotency-Key", "k-1", "Authorization", "Bearer "+tokenOf("requester"))
	if a.status != http.StatusCreated || a.json["id"] == answers[0].json["id"] {
		t.Errorf("the key of another token: %d %s", a.status, a.raw)
	}
}

func (h *harness) listAllIDs() (ids []string) {
	h.t.Helper()
	for _, item := range h.call(http.MethodGet, "/api/v1/requests", "").json["items"].([]any) {
		ids = append(ids, item.(map[string]any)["id"].(string))
	}
	return ids
}
