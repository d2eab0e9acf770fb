package http

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"dsr-server/internal/audit"
)

func newAudited(t *testing.T, events int) *rig {
	t.Helper()
	g := newRig(t, unlimited)
	for i := range events {
		g.svc.happen(audit.RequestViewed, fmt.Sprint("request-", i))
	}
	return g
}

func TestAuditLogIsReadPageByPage(t *testing.T) {
	t.Parallel()
	g := newAudited(t, 25)
	var seen []string
	path := "/api/v1/audit?limit=10"
	for path != "" {
		var page auditBody
		if err := json.Unmarshal(g.call("GET", path, "auditor", "").want(200).body, &page); err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Items {
			seen = append(seen, *e.Request)
			if index, parsed, err := audit.ParseLeaf([]byte(e.Leaf)); err != nil || index != e.Index || parsed.Request != *e.Request {
				t.Errorf("event %d and its leaf differ: %v", e.Index, err)
			}
		}
		path = ""
		if page.NextAfter != nil {
			path = fmt.Sprintf("/api/v1/audit?limit=10&after=%d", *page.NextAfter)
		}
	}
	if len(seen) != 25 || seen[0] != "request-0" || seen[24] != "request-24" {
		t.Errorf("got %v", seen)
	}
	if items := g.call("GET", "/api/v1/audit?after=24", "auditor", "").want(200).object()["items"].([]any); len(items) != 0 {
		t.Errorf("got %v after the last event", items)
	}
	for _, query := range []string{"after=-1", "after=x", "limit=0", "limit=1001", "limit=x"} {
		g.call("GET", "/api/v1/audit?"+query, "auditor", "").problem(422, "invalid_value")
	}
	g.call("GET", "/api/v1/audit?from=1", "auditor", "").problem(400, "unknown_field")
}

func TestProofsOfTheAPICheckOffline(t *testing.T) {
	t.Parallel()
	g := newAudited(t, 25)
	note := string(g.call("GET", "/api/v1/audit/checkpoint", "auditor", "").want(200).body)
	_, tree, err := audit.ParseCheckpoint([]byte(note))
	if err != nil {
		t.Fatal(err)
	}
	var event eventProofBody
	if err := json.Unmarshal(g.call("GET", "/api/v1/audit/proof?index=7", "auditor", "").want(200).body, &event); err != nil {
		t.Fatal(err)
	}
	if err := audit.CheckRecord(decodeHashes(t, event.Proof), tree, 7, []byte(event.Leaf)); err != nil {
		t.Error(err)
	}
	if err := audit.CheckRecord(decodeHashes(t, event.Proof), tree, 8, []byte(event.Leaf)); err == nil {
		t.Error("the proof holds for another index")
	}
	var growth growthProofBody
	if err := json.Unmarshal(g.call("GET", "/api/v1/audit/proof?from=9", "auditor", "").want(200).body, &growth); err != nil {
		t.Fatal(err)
	}
	older := tlog.Tree{N: growth.From, Hash: decodeHashes(t, []string{growth.FromRoot})[0]}
	if err := audit.CheckTree(decodeHashes(t, growth.Proof), tree, older); err != nil {
		t.Error(err)
	}
	for _, query := range []string{"", "index=1&from=1", "index=25", "index=x", "size=0&index=1"} {
		g.call("GET", "/api/v1/audit/proof?"+query, "auditor", "").want(422)
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
	g := newRig(t)
	a := g.call("GET", "/api/v1/signing-key", "requester", "").want(200)
	if got := string(a.body); !strings.HasPrefix(got, "dsr-archive namespaces=") || !strings.HasSuffix(got, "\n") {
		t.Errorf("got %q", got)
	}
	if got := g.call("GET", "/api/v1/signing-key", "requester", "", "Accept", "application/json").want(200).object(); got["fingerprint"] != "SHA256:abc" {
		t.Errorf("got %v", got)
	}
}
