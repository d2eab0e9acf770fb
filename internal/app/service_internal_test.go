package app

import (
	"testing"

	"dsr-server/internal/store"
)

func TestDownloadIsCalledAfterTheReference(t *testing.T) {
	t.Parallel()
	const id = "0198a1b2-0000-7000-8000-000000000001"
	for reference, want := range map[string]string{
		"PRIV-7": "PRIV-7", "": id, "../../etc/passwd": "etc-passwd", "Akte 12/2026 \"x\"\r\n": "Akte-12-2026-x",
		"...": id, "Ünï": "n", "a.b_c-d": "a.b_c-d",
	} {
		if got := downloadName(store.Archive{RequestID: id, Reference: reference}); got != "access-request-"+want+".zip" {
			t.Errorf("%q: got %s, want %s", reference, got, want)
		}
	}
}
