package store

import (
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

// TestAPasscodeIsAskedForAndNotGuessed: wrong ones are counted for good, and end the link.
func TestAPasscodeIsAskedForAndNotGuessed(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	id := l.ready("linked")
	right, wrong := make([]byte, 32), append(make([]byte, 31), 1)
	for _, n := range []byte{1, 2} {
		_, err := l.s.CreateLink(ctx, byAdmin, id, dsr.NewLink{Hash: [32]byte{n}, Life: time.Hour, Passcode: right})
		l.must(err)
	}
	for range dsr.MaxLinkTries - 1 {
		if _, _, err := l.s.LinkedArchive(ctx, [32]byte{1}, wrong); l.code(err) != "wrong_passcode" {
			t.Fatalf("got %v", err)
		}
	}
	if _, _, err := l.s.LinkedArchive(ctx, [32]byte{1}, nil); l.code(err) != "wrong_passcode" {
		t.Errorf("without one: %v", err)
	}
	if _, _, err := l.s.LinkedArchive(ctx, [32]byte{1}, right); l.code(err) != "link_ended" {
		t.Errorf("after %d wrong ones: %v", dsr.MaxLinkTries, err)
	}
	if a, link, err := l.s.LinkedArchive(ctx, [32]byte{2}, right); err != nil || a.RequestID != id || !link.Passcode {
		t.Errorf("got %+v, %+v, %v", a, link, err)
	}
	links, err := l.s.Links(ctx, id)
	l.must(err)
	if len(links) != 2 || links[0].Ended || !links[1].Ended || !links[1].UsedAt.IsZero() {
		t.Errorf("got %+v", links)
	}
}
