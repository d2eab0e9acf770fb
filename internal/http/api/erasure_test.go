package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/sign"
)

func TestErasureListIsThereOnceWhatWasFoundIsReleased(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for _, status := range []dsr.Status{dsr.Queued, dsr.Running, dsr.Review, dsr.Rejected, dsr.Cancelled, dsr.Failed} {
		id := g.Submit(apptest.Minimal)
		g.Move(id, status, false)
		g.Call("GET", "/api/v1/requests/"+id+"/erasure-list", "admin", "").Problem(409, "not_ready")
	}
	purged := g.Submit(apptest.Minimal)
	g.Move(purged, dsr.Purged, false)
	g.Call("GET", "/api/v1/requests/"+purged+"/erasure-list", "admin", "").Problem(410, "purged")
	g.Call("GET", "/api/v1/requests/0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c/erasure-list", "admin", "").Problem(404, "not_found")
	if events := g.Events(audit.ErasureListRead); len(events) != 0 {
		t.Errorf("refused readings are on record as readings: %v", events)
	}
}

func TestErasureListIsSignedNamesItsArchiveAndIsOnRecordEachTime(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Submit(apptest.Minimal)
	sum := sha256.Sum256([]byte("zip"))
	want := hex.EncodeToString(sum[:])
	g.Finish(id, true, []byte("zip"))
	for i, then := range []func(){func() { g.Expire(id) }, func() {}} {
		a := g.Call("GET", "/api/v1/requests/"+id+"/erasure-list", "auditor", "").Want(200).Object()
		text := []byte(a["text"].(string))
		var list dsr.ErasureList
		if err := json.Unmarshal(text, &list); err != nil {
			t.Fatal(err)
		}
		if list.Request != id || list.Archive != want || !list.Complete || !list.MadeAt.Equal(g.Clock.Now()) {
			t.Errorf("got %s", text)
		}
		signature, err := sign.ReadSignature([]byte(a["signature"].(string)))
		if err != nil {
			t.Fatal(err)
		}
		if err := signature.Verify(text, sign.ErasureNamespace); err != nil {
			t.Error(err)
		}
		if signature.Verify(text, sign.ReceiptNamespace) == nil {
			t.Error("the signature passes for that of a receipt")
		}
		if events := g.Events(audit.ErasureListRead); len(events) != i+1 || events[i].Request != id || events[i].Actor != "token:auditor" || events[i].Data["archive"] != want {
			t.Errorf("got events %+v", events)
		}
		then()
	}
}
