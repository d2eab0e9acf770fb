package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

const batchPath = "/api/v1/requests/batch"

// results are those of an answer: an id is "id", a problem its code and field.
func results(a apptest.Answer) (ids, short []string) {
	var body struct {
		Results []struct {
			ID      string
			Problem *edge.Problem
		}
	}
	if err := json.Unmarshal(a.Want(200).Body, &body); err != nil {
		panic(err)
	}
	for i, r := range body.Results {
		if r.Problem == nil {
			ids, short = append(ids, r.ID), append(short, "id")
			continue
		}
		row := ""
		if r.Problem.Row != i+1 || r.Problem.RequestID != a.Header.Get("X-Request-Id") {
			row = fmt.Sprintf(" in row %d", r.Problem.Row)
		}
		short = append(short, strings.TrimSpace(r.Problem.Code+" "+r.Problem.Field)+row)
	}
	return ids, short
}

// stored is how many requests there are.
func stored(g *apptest.Rig) int { return len(g.Events(audit.RequestSubmitted)) }

const mixed = `{"requests":[{"reference":"B-1","selectors":[{"identifier":"ana@example.com"}]},
	{"selectors":[]}, 7, {"selector":[]}, {"reference":5,"selectors":[]},
	{"selectors":[{"metadata":{"value":"x","match":"near"}}]},
	{"reference":"B-1","selectors":[{"conversation_id":"c"}]},
	{"selectors":[{"conversation_id":"c"}],"window":{"start":"yesterday"}},
	{"selectors":[{"conversation_id":"c"}]}]%s}`

var mixedWant = []string{"id", "invalid_value selectors", "wrong_type", "unknown_field selector", "wrong_type reference",
	"invalid_value selectors[0].metadata.match", "duplicate_reference reference", "invalid_value window.start", "id"}

func TestEachRowOfABatchIsJudgedByItself(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	ids, got := results(g.Call("POST", batchPath, "requester", fmt.Sprintf(mixed, "")))
	if diff := cmp.Diff(mixedWant, got); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if n := stored(g); n != 2 {
		t.Errorf("%d requests are stored, want 2", n)
	}
	if r := g.Lookup(ids[0]); r.Reference != "B-1" || r.Status != dsr.Queued || r.CreatedBy != "token:requester" {
		t.Errorf("stored is %+v", r)
	}
}

func TestAtomicBatchStoresAllOrNone(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	p := g.Call("POST", batchPath, "requester", fmt.Sprintf(mixed, `,"atomic":true`)).Problem(422, "batch_refused")
	var got []string
	for _, row := range p.Problems {
		got = append(got, fmt.Sprintf("%d %s", row.Row, row.Code))
	}
	want := []string{"2 invalid_value", "3 wrong_type", "4 unknown_field", "5 wrong_type", "6 invalid_value", "7 duplicate_reference", "8 invalid_value"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if n := stored(g); n != 0 {
		t.Errorf("%d requests are stored, want none", n)
	}
	ids, _ := results(g.Call("POST", batchPath, "requester", `{"atomic":true,"requests":[`+apptest.Minimal+`,`+apptest.Minimal+`]}`))
	if n := stored(g); n != 2 || len(ids) != 2 {
		t.Errorf("%d requests are stored, want 2", n)
	}
}

// TestBatchSentAgainStoresNothingTwice: the key is that of the call as a whole.
func TestBatchSentAgainStoresNothingTwice(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	body := `{"requests":[{"selectors":[]},` + apptest.Minimal + `,` + apptest.Minimal + `]}`
	first, _ := results(g.Call("POST", batchPath, "requester", body, "Idempotency-Key", "k"))
	again, _ := results(g.Call("POST", batchPath, "requester", body, "Idempotency-Key", "k"))
	if diff := cmp.Diff(first, again); diff != "" || len(first) != 2 || stored(g) != 2 {
		t.Errorf("ids differ (-first +again):\n%s", diff)
	}
	for _, other := range []string{`{"requests":[` + apptest.Minimal + `]}`, strings.Replace(body, "{", `{"atomic":true,`, 1)} {
		g.Call("POST", batchPath, "requester", other, "Idempotency-Key", "k").Problem(409, "idempotency_key_reused")
	}
	g.Call("POST", "/api/v1/requests", "requester", apptest.Minimal, "Idempotency-Key", "k").Problem(409, "idempotency_key_reused")
}

// TestBatchIsOneCallAndItsRowsCountAsOpen: rows beyond the limit are refused, each with it.
func TestBatchIsOneCallAndItsRowsCountAsOpen(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t, limited, func(o *apptest.Setup) { o.Config = "limits: {open_requests: 60}\n" })
	body := func(n int) string {
		return `{"requests":[` + strings.TrimSuffix(strings.Repeat(apptest.Minimal+",", n), ",") + `]}`
	}
	ids, got := results(g.Call("POST", batchPath, "requester", body(62)))
	if len(ids) != 60 || got[60] != "too_many_open_requests" || got[61] != "too_many_open_requests" {
		t.Errorf("got %d requests, and %v", len(ids), got[60:])
	}
}

func TestModeIsOneOfTwo(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for _, mode := range []string{`"screen"`, `"package"`, `null`} {
		got := g.Call("POST", "/api/v1/requests", "requester", `{"selectors":[{"conversation_id":"c"}],"mode":`+mode+`}`).Want(201).Object()["mode"]
		if want := strings.ReplaceAll(strings.Trim(mode, `"`), "null", "package"); got != want {
			t.Errorf("%s: got %v, want %s", mode, got, want)
		}
	}
	p := g.Call("POST", "/api/v1/requests", "requester", `{"selectors":[{"conversation_id":"c"}],"mode":"look"}`).Problem(422, "invalid_value")
	if p.Field != "mode" || !strings.Contains(p.Detail, "package, screen") {
		t.Errorf("got %+v", p)
	}
}

func TestBatchNamesItsLimits(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	many := strings.TrimSuffix(strings.Repeat(apptest.Minimal+",", dsr.MaxBatch+1), ",")
	for _, c := range []struct {
		body, code, field, says string
		status                  int
	}{
		{`{"requests":[` + many + `]}`, "invalid_value", "requests", "1000", 422},
		{`{"requests":[]}`, "invalid_value", "requests", "1000", 422},
		{`{"atomic":true}`, "invalid_value", "requests", "1000", 422},
		{`{"requests":[],"rows":[]}`, "unknown_field", "rows", "openapi.json", 400},
		{`{"requests":[{]}`, "malformed", "", "JSON", 400},
		{`{"requests":["` + strings.Repeat("x", edge.MaxBatchBody) + `"]}`, "body_too_large", "", "8 MiB", 413},
	} {
		p := g.Call("POST", batchPath, "requester", c.body).Problem(c.status, c.code)
		if p.Field != c.field || !strings.Contains(p.Detail, c.says) {
			t.Errorf("%.60s: got field %q, detail %q", c.body, p.Field, p.Detail)
		}
	}
	if n := stored(g); n != 0 {
		t.Errorf("%d requests are stored, want none", n)
	}
}
