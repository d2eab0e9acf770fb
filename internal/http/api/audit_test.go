package api_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
)

// newAudited is a service whose log is that of so many requests, after what happened at
// its start.
func newAudited(t *testing.T, requests int) (g *apptest.Rig, ids []string) {
	t.Helper()
	g = apptest.NewRig(t)
	for range requests {
		ids = append(ids, g.Submit(apptest.Minimal))
	}
	return g, ids
}

// eventBody, auditBody and the proofs are what the API documents.
type eventBody struct {
	Index   int64
	Request *string
	Leaf    string
}

type auditBody struct {
	Items     []eventBody
	Size      int64
	NextAfter *int64 `json:"next_after"`
}

type eventProofBody struct {
	Leaf  string
	Proof []string
}

type growthProofBody struct {
	From     int64
	FromRoot string `json:"from_root"`
	Proof    []string
}

func TestAuditLogIsReadPageByPage(t *testing.T) {
	t.Parallel()
	g, ids := newAudited(t, 25)
	var seen []string
	var events int64
	path := "/api/v1/audit?limit=10"
	for path != "" {
		var page auditBody
		if err := json.Unmarshal(g.Call("GET", path, "auditor", "").Want(200).Body, &page); err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Items {
			if e.Request != nil {
				seen = append(seen, *e.Request)
			}
			index, parsed, err := audit.ParseLeaf([]byte(e.Leaf))
			if err != nil || index != e.Index || index != events || e.Request != nil && parsed.Request != *e.Request {
				t.Errorf("event %d is number %d here, or differs from its leaf: %v", e.Index, events, err)
			}
			events++
		}
		path = ""
		if page.NextAfter != nil {
			path = fmt.Sprintf("/api/v1/audit?limit=10&after=%d", *page.NextAfter)
		}
	}
	if diff := cmp.Diff(ids, seen); diff != "" {
		t.Errorf("requests in the log (-want +got):\n%s", diff)
	}
	if items := g.Call("GET", fmt.Sprintf("/api/v1/audit?after=%d", events-1), "auditor", "").Want(200).Object()["items"].([]any); len(items) != 0 {
		t.Errorf("got %v after the last event", items)
	}
	for _, query := range []string{"after=-1", "after=x", "limit=0", "limit=1001", "limit=x"} {
		g.Call("GET", "/api/v1/audit?"+query, "auditor", "").Problem(422, "invalid_value")
	}
	g.Call("GET", "/api/v1/audit?from=1", "auditor", "").Problem(400, "unknown_field")
}

func TestProofsOfTheAPICheckOffline(t *testing.T) {
	t.Parallel()
	g, _ := newAudited(t, 25)
	note := string(g.Call("GET", "/api/v1/audit/checkpoint", "auditor", "").Want(200).Body)
	_, tree, err := audit.ParseCheckpoint([]byte(note))
	if err != nil {
		t.Fatal(err)
	}
	var event eventProofBody
	if err := json.Unmarshal(g.Call("GET", "/api/v1/audit/proof?index=7", "auditor", "").Want(200).Body, &event); err != nil {
		t.Fatal(err)
	}
	if err := audit.CheckRecord(decodeHashes(t, event.Proof), tree, 7, []byte(event.Leaf)); err != nil {
		t.Error(err)
	}
	if err := audit.CheckRecord(decodeHashes(t, event.Proof), tree, 8, []byte(event.Leaf)); err == nil {
		t.Error("the proof holds for another index")
	}
	var growth growthProofBody
	if err := json.Unmarshal(g.Call("GET", "/api/v1/audit/proof?from=9", "auditor", "").Want(200).Body, &growth); err != nil {
		t.Fatal(err)
	}
	older := tlog.Tree{N: growth.From, Hash: decodeHashes(t, []string{growth.FromRoot})[0]}
	if err := audit.CheckTree(decodeHashes(t, growth.Proof), tree, older); err != nil {
		t.Error(err)
	}
	for _, query := range []string{"", "index=1&from=1", "index=2500", "index=x", "size=0&index=1"} {
		g.Call("GET", "/api/v1/audit/proof?"+query, "auditor", "").Want(422)
	}
}

func decodeHashes(t *testing.T, in []string) []tlog.Hash {
	t.Helper()
	out := make([]tlog.Hash, len(in))
	for i, text := range in {
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil || copy(out[i][:], b) != len(out[i]) {
			t.Fatalf("hash %d: %v", i, err)
		}
	}
	return out
}

func TestSigningKeyIsALineOrJSON(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	a := g.Call("GET", "/api/v1/signing-key", "requester", "").Want(200)
	if got := string(a.Body); !strings.HasPrefix(got, "dsr-archive namespaces=") || !strings.HasSuffix(got, "\n") {
		t.Errorf("got %q", got)
	}
	if got := g.Call("GET", "/api/v1/signing-key", "requester", "", "Accept", "application/json").Want(200).Object(); got["fingerprint"] != g.Signer.Fingerprint() {
		t.Errorf("got %v", got)
	}
}
